//! `dream revert`: undoes an applied dream.

use std::io::Write as _;

use memex_proto::v1::{RevertDreamRequest, RevertGroup};
use serde_json::{Value, json};

use crate::commands::files::revisions_table;
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{self, counted};
use crate::user::OwnerArg;
use memex_view::{DreamView, RevisionView};

/// What the help of `dream revert` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream revert drm_… --reason 'the old address is right'
  memex dream revert drm_… user/tea.md         merge with what was written to it since

The dream's files get new revisions with their texts from before it. A file that was changed since
is left, with those that stand or fall with it. A revert can be reverted in the same way.";

/// Arguments of `dream revert`.
#[derive(Debug, clap::Args)]
pub struct RevertArgs {
    /// The dream, drm_…; it must be applied
    id: String,
    /// Files that were changed since: their groups are merged with the later edits instead of left
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Why; kept with the revisions
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    owner: OwnerArg,
}

/// `memex dream revert`.
pub async fn run(context: &Context, args: RevertArgs) -> Result<(), Failure> {
    let request = RevertDreamRequest {
        dream_id: args.id.clone(),
        reason: args.reason,
        request_id: request_id(),
        user_id: args.owner.user.unwrap_or_default(),
        paths: args.paths,
    };
    let answer = context.call(|| async { context.dreams().revert_dream(request.clone()).await }).await;
    let undone = answer.map_err(|failure| failure.about(&args.id))?;
    let revisions: Vec<RevisionView> = undone.revisions.into_iter().map(Into::into).collect();
    if context.json {
        let dream = undone.dream.map(DreamView::from);
        let left: Vec<Value> = undone.left.into_iter().map(group).collect();
        let revert = undone.revert_id;
        return Ok(output::json(&json!({"dream": dream, "revisions": revisions, "left": left, "revert_id": revert}))?);
    }
    let mut out = output::out();
    writeln!(out, "{} is undone by {}", args.id, counted(revisions.len() as i64, "revision"))?;
    for group in &undone.left {
        writeln!(out, "left as they are: {} ({})", group.paths.join(", "), group.reason)?;
    }
    if !undone.revert_id.is_empty() {
        writeln!(out, "memex dream revert {} undoes that", undone.revert_id)?;
    }
    Ok(revisions_table(revisions).write(&mut out)?)
}

fn group(group: RevertGroup) -> Value {
    json!({"paths": group.paths, "reason": group.reason, "current_version": group.current_version})
}
