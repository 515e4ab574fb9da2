//! `show`: one revision, with its text.

use std::io::Write as _;

use memex_proto::v1::GetRevisionRequest;
use serde_json::json;

use super::cat::write_text;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table::write_facts;
use crate::output::{self, safe_line, style};
use crate::user::OwnerArg;
use memex_view::RevisionView;

/// What the help of `show` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex show rev_…                what a revision was, and its text
  memex show rev_… --text > a.md  its text alone
  memex show rev_… --json         {\"revision\": {…}, \"content\": \"…\"}

memex log lists revisions with their ids.";

/// Arguments of `show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The revision, rev_…
    #[arg(value_name = "REV")]
    revision: String,
    /// Print its text alone
    #[arg(long)]
    text: bool,
    #[command(flatten)]
    owner: OwnerArg,
}

/// `memex show`.
pub async fn run(context: &Context, args: ShowArgs) -> Result<(), Failure> {
    let request = GetRevisionRequest { revision_id: args.revision, user_id: args.owner.user.unwrap_or_default() };
    let found = context.call(|| async { context.history().get_revision(request.clone()).await }).await?;
    let revision = RevisionView::from(found.revision.unwrap_or_default());
    if context.json {
        return Ok(output::json(&json!({"revision": revision, "content": found.content}))?);
    }
    if !args.text {
        write_revision(revision)?;
    }
    write_text(&found.content)
}

/// What is to be known of a revision, and an empty line.
fn write_revision(revision: RevisionView) -> Result<(), Failure> {
    let mut out = output::out();
    let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
    let (id, path) = (safe_line(&revision.revision_id), safe_line(&revision.path));
    writeln!(out, "{head}{id}{reset} {path} at version {}, {}", revision.version, revision.operation)?;
    let imported = revision.imported.map(|from| {
        let (when, dream) = (from.created_at.unwrap_or_default(), from.dream_id);
        format!("{} {when} {dream}", from.actor).trim_end().to_owned()
    });
    let facts = [
        ("by", revision.actor),
        ("source", revision.source),
        ("when", revision.created_at.unwrap_or_default()),
        ("reason", revision.reason),
        ("moved from", revision.moved_from),
        ("imported", imported.unwrap_or_default()),
        ("dream", revision.dream_id),
        ("sequence", revision.sequence.to_string()),
        ("bytes", revision.size_bytes.to_string()),
        ("sha256", revision.sha256),
        ("hidden characters", if revision.hidden_unicode { "yes".to_owned() } else { String::new() }),
        ("request", revision.request_id),
        ("trace", revision.trace_id),
    ];
    write_facts(&mut out, &facts)?;
    Ok(writeln!(out)?)
}
