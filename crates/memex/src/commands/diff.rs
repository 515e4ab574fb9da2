//! `diff`: what changed between two versions of a file.

use std::io::{IsTerminal as _, Write as _};

use memex_core::limits::MAX_CONTEXT_LINES;
use memex_proto::v1::DiffRevisionsRequest;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, diff};
use crate::user::UserArg;
use memex_view::RevisionView;

/// What the help of `diff` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex diff user/profile.md                  what the last change did
  memex diff user/profile.md --from 3         from version 3 to the current one
  memex diff user/profile.md --from 3 --to 5 --context 0
  memex diff user/profile.md > last.patch     as patch and git apply read it";

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The file, such as user/profile.md
    path: String,
    /// The version before; unless given, the one before --to
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    from: Option<i64>,
    /// The version after; unless given, the current one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    to: Option<i64>,
    /// How many lines of context around each change; unless given, 3
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..=i64::from(MAX_CONTEXT_LINES)))]
    context: Option<i32>,
    #[command(flatten)]
    user: UserArg,
}

/// `memex diff`.
pub async fn run(context: &Context, args: DiffArgs) -> Result<(), Failure> {
    let request = DiffRevisionsRequest {
        user_id: context.user(&args.user),
        path: args.path.clone(),
        from_version: args.from.unwrap_or_default(),
        to_version: args.to.unwrap_or_default(),
        context_lines: args.context,
    };
    let answer = context.call(|| async { context.history().diff_revisions(request.clone()).await }).await;
    let compared = answer.map_err(|failure| failure.about(&args.path).of_user(&args.user))?;
    if context.json {
        let (from, to) = (compared.from.map(RevisionView::from), compared.to.map(RevisionView::from));
        return Ok(output::json(&json!({
            "diff": compared.diff, "from": from, "to": to,
            "added_lines": compared.added_lines, "deleted_lines": compared.deleted_lines,
        }))?);
    }
    if compared.diff.is_empty() {
        return Ok(output::nothing("no difference: the texts are the same")?);
    }
    // What is not for a terminal goes byte for byte, so that it can be applied.
    if std::io::stdout().is_terminal() {
        return Ok(diff::write_unified(&mut output::out(), &compared.diff)?);
    }
    Ok(std::io::stdout().write_all(compared.diff.as_bytes())?)
}
