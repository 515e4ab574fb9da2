//! `redact`: empties the text of one revision wherever it lies, and says where it is still.

use std::io::{self, Write};

use memex_proto::v1::{ErrorReason, RedactRevisionRequest};
use serde_json::json;

use super::confirm::confirm;
use super::files::revisions_table;
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{self, counted, style};
use memex_view::RevisionView;

/// What the help of `redact` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex log user/profile.md                       find the revision
  memex redact rev_… --reason 'a password was pasted'
  memex redact rev_… --reason 'asked for by mail' --yes --json

The revision's record stays, its text is gone for good: from the file's history, from dreams and
from remembered requests. Proposals that have to do with it end, and so does a running dream, which
may have read it. A file's current text cannot be redacted: write or delete the file first.
Revisions that still contain the text are listed, each to be redacted by itself.";

/// Arguments of `redact`.
#[derive(Debug, clap::Args)]
pub struct RedactArgs {
    /// The revision, rev_…; none that is a file's current text
    #[arg(value_name = "REV")]
    revision: String,
    /// Why; it takes the place of the revision's own reason, so it must not repeat the text
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// `memex redact`.
pub async fn run(context: &Context, args: RedactArgs) -> Result<(), Failure> {
    let id = args.revision;
    let question = format!("The text of {id} will be gone for good. Redact it? [y/N]");
    confirm(context, args.yes, &question, &["y", "Y", "yes"], "nothing was redacted")?;
    let request = RedactRevisionRequest { revision_id: id.clone(), reason: args.reason, request_id: request_id() };
    let answer = context.call(|| async { context.admin().redact_revision(request.clone()).await }).await;
    let redacted = answer.map_err(|failure| failure.about(&id).advised(ErrorReason::WrongUser, UNKNOWN))?;
    let still_contained: Vec<RevisionView> = redacted.still_contained.into_iter().map(Into::into).collect();
    let (changed, ended) = (redacted.changed, redacted.ended_dream_ids);
    if context.json {
        let view = json!({"changed": changed, "still_contained": still_contained, "ended_dream_ids": ended});
        return Ok(output::json(&view)?);
    }
    let mut out = output::out();
    writeln!(out, "{id} {}", if changed { "is redacted" } else { "was redacted already" })?;
    if !ended.is_empty() {
        writeln!(out, "ended {}: {}", counted(ended.len() as i64, "dream"), ended.join(", "))?;
    }
    Ok(write_still_contained(&mut out, still_contained)?)
}

const UNKNOWN: &str = "look at the id, rev_…, in memex log; it must be of your workspace";

fn write_still_contained(out: &mut impl Write, revisions: Vec<RevisionView>) -> io::Result<()> {
    if revisions.is_empty() {
        return writeln!(out, "no other revision contains its text");
    }
    let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
    let contain = if revisions.len() == 1 { "contains" } else { "contain" };
    let count = counted(revisions.len() as i64, "other revision");
    writeln!(out, "{notice}{count} still {contain} its text{reset}; redact each by itself:")?;
    revisions_table(revisions).write(out)
}
