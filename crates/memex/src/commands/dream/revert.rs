//! `dream revert`: undoes an applied dream.

use std::io::Write as _;

use memex_proto::v1::RevertDreamRequest;
use serde_json::json;

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

The dream's files get new revisions with their texts from before it. Where one was changed since,
nothing is undone.";

/// Arguments of `dream revert`.
#[derive(Debug, clap::Args)]
pub struct RevertArgs {
    /// The dream, drm_…; it must be applied
    id: String,
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
    };
    let answer = context.call(|| async { context.dreams().revert_dream(request.clone()).await }).await;
    let undone = answer.map_err(|failure| failure.about(&args.id))?;
    let revisions: Vec<RevisionView> = undone.revisions.into_iter().map(Into::into).collect();
    if context.json {
        let dream = undone.dream.map(DreamView::from);
        return Ok(output::json(&json!({"dream": dream, "revisions": revisions}))?);
    }
    let mut out = output::out();
    writeln!(out, "{} is undone by {}", args.id, counted(revisions.len() as i64, "revision"))?;
    Ok(revisions_table(revisions).write(&mut out)?)
}
