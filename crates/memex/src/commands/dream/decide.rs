//! `dream reject` and `dream cancel`: end a dream of which nothing is adopted.

use std::io::Write as _;

use memex_proto::v1::{CancelDreamRequest, Dream, RejectDreamRequest};
use serde_json::json;

use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{self, counted};
use crate::user::OwnerArg;
use memex_view::DreamView;

/// What the help of `dream reject` ends with.
pub const REJECT_EXAMPLES: &str = "\
Examples:
  memex dream reject drm_…
  memex dream reject drm_… --reason 'these are two different trips'

Nothing of it is adopted, and its pairs of lines are not proposed again.";

/// What the help of `dream cancel` ends with.
pub const CANCEL_EXAMPLES: &str = "\
Examples:
  memex dream cancel drm_…
  memex dream cancel drm_… --reason 'not before the move is over'

Nothing of it is adopted, and what it looked at is dreamt over again. `memex pause` keeps dreams away;
`memex dream reject` keeps these pairs of lines away.";

/// Arguments of `dream reject` and `dream cancel`.
#[derive(Debug, clap::Args)]
pub struct DecideArgs {
    /// The dream, drm_…
    id: String,
    /// Why; kept with the dream
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    owner: OwnerArg,
}

/// `memex dream reject`.
pub async fn reject(context: &Context, args: DecideArgs) -> Result<(), Failure> {
    let request = RejectDreamRequest {
        dream_id: args.id,
        reason: args.reason,
        request_id: request_id(),
        user_id: args.owner.user.unwrap_or_default(),
    };
    let dream = reject_dream(context, &request).await?;
    let files = counted(dream.paths.len() as i64, "file");
    say(context, dream, &format!("{} is rejected: {files} stay as they are", request.dream_id))
}

/// `memex dream cancel`.
pub async fn cancel(context: &Context, args: DecideArgs) -> Result<(), Failure> {
    let request = CancelDreamRequest {
        dream_id: args.id,
        reason: args.reason,
        request_id: request_id(),
        user_id: args.owner.user.unwrap_or_default(),
    };
    let answer = context.call(|| async { context.dreams().cancel_dream(request.clone()).await }).await;
    let dream = answer.map_err(|failure| failure.about(&request.dream_id))?.dream.unwrap_or_default();
    say(context, dream, &format!("{} is canceled: nothing of it is adopted", request.dream_id))
}

/// Says no to a proposal.
///
/// # Errors
/// As RejectDream.
pub async fn reject_dream(context: &Context, request: &RejectDreamRequest) -> Result<Dream, Failure> {
    let answer = context.call(|| async { context.dreams().reject_dream(request.clone()).await }).await;
    Ok(answer.map_err(|failure| failure.about(&request.dream_id))?.dream.unwrap_or_default())
}

fn say(context: &Context, dream: Dream, told: &str) -> Result<(), Failure> {
    if context.json {
        return Ok(output::json(&json!({"dream": DreamView::from(dream)}))?);
    }
    Ok(writeln!(output::out(), "{}", output::safe_line(told))?)
}
