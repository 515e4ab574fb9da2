//! `dream approve`: adopts a proposal, or some of its files.

use std::io::{self, Write};

use memex_proto::v1::{ApproveDreamRequest, ApproveDreamResponse};
use serde_json::json;

use crate::commands::files::revisions_table;
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{self, counted, safe_line};
use crate::user::OwnerArg;
use memex_view::{DreamView, RevisionView};

/// What the help of `dream approve` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream approve drm_…
  memex dream approve drm_… user/tea.md user/trip.md    these files alone
  memex dream approve drm_… --reason 'she said so on the phone'

The proposal is judged again before anything is adopted. Files that stand or fall together are
approved together: `memex dream show` says which. What is not approved waits as a new proposal.";

/// Arguments of `dream approve`.
#[derive(Debug, clap::Args)]
pub struct ApproveArgs {
    /// The dream, drm_…; it must be proposed
    id: String,
    /// The files to adopt, each with all of its group; unless given, all
    #[arg(value_name = "PATH")]
    paths: Vec<String>,
    /// Why; kept with the dream
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    owner: OwnerArg,
}

/// `memex dream approve`.
pub async fn run(context: &Context, args: ApproveArgs) -> Result<(), Failure> {
    let request = ApproveDreamRequest {
        dream_id: args.id,
        paths: args.paths,
        reason: args.reason,
        request_id: request_id(),
        user_id: args.owner.user.unwrap_or_default(),
    };
    let approved = approve(context, &request).await?;
    if context.json {
        let revisions: Vec<RevisionView> = approved.revisions.into_iter().map(Into::into).collect();
        let (dream, rest) = (approved.dream.map(DreamView::from), approved.rest.map(DreamView::from));
        return Ok(output::json(&json!({"dream": dream, "revisions": revisions, "rest": rest}))?);
    }
    Ok(write_approved(&mut output::out(), &request.dream_id, approved)?)
}

/// Adopts a proposal, or the files of it that are named.
///
/// # Errors
/// As ApproveDream.
pub async fn approve(context: &Context, request: &ApproveDreamRequest) -> Result<ApproveDreamResponse, Failure> {
    let answer = context.call(|| async { context.dreams().approve_dream(request.clone()).await }).await;
    answer.map_err(|failure| failure.about(&request.dream_id))
}

/// What was adopted, and where the rest waits.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_approved(out: &mut impl Write, dream_id: &str, approved: ApproveDreamResponse) -> io::Result<()> {
    let revisions: Vec<RevisionView> = approved.revisions.into_iter().map(Into::into).collect();
    let made = counted(revisions.len() as i64, "revision");
    writeln!(out, "{} is approved: adopted by {made}", safe_line(dream_id))?;
    revisions_table(revisions).write(out)?;
    match approved.rest {
        Some(rest) => {
            let (id, files) = (safe_line(&rest.dream_id), counted(rest.paths.len() as i64, "file"));
            writeln!(out, "the rest, {files}, waits as {id}; see memex dream show {id}")
        }
        None => Ok(()),
    }
}
