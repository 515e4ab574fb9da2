//! `pause` and `resume`: whether a user is dreamt at all.

use std::io::Write as _;

use memex_proto::v1::{PauseUserRequest, ResumeUserRequest};
use serde_json::json;

use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output;
use crate::user::UserArg;

/// What the help of `pause` ends with.
pub const PAUSE_EXAMPLES: &str = "\
Examples:
  memex pause --user ada
  memex pause --user ada --reason 'asked for it on the phone'";

/// What the help of `resume` ends with.
pub const RESUME_EXAMPLES: &str = "\
Examples:
  memex resume --user ada";

/// Arguments of `pause`.
#[derive(Debug, clap::Args)]
pub struct PauseArgs {
    /// Why; kept with the pause
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    user: UserArg,
}

/// Arguments of `resume`.
#[derive(Debug, clap::Args)]
pub struct ResumeArgs {
    #[command(flatten)]
    user: UserArg,
}

/// `memex pause`.
pub async fn pause(context: &Context, args: PauseArgs) -> Result<(), Failure> {
    let request = PauseUserRequest { user_id: context.user(&args.user), reason: args.reason, request_id: request_id() };
    let answer = context.call(|| async { context.admin().pause_user(request.clone()).await }).await;
    let answer = answer.map_err(|failure| failure.of_user(&args.user))?;
    let canceled = Some(answer.canceled_dream_id).filter(|dream| !dream.is_empty());
    if context.json {
        return Ok(output::json(&json!({"changed": answer.changed, "canceled_dream_id": canceled}))?);
    }
    let mut out = output::out();
    writeln!(out, "{}", if answer.changed { "paused: no dream until it is resumed" } else { "was paused already" })?;
    if let Some(dream) = canceled {
        writeln!(out, "ended the running dream {dream}")?;
    }
    Ok(())
}

/// `memex resume`.
pub async fn resume(context: &Context, args: ResumeArgs) -> Result<(), Failure> {
    let request = ResumeUserRequest { user_id: context.user(&args.user), request_id: request_id() };
    let answer = context.call(|| async { context.admin().resume_user(request.clone()).await }).await;
    let answer = answer.map_err(|failure| failure.of_user(&args.user))?;
    let due = memex_view::time(answer.due_at);
    if context.json {
        return Ok(output::json(&json!({"changed": answer.changed, "due_at": due}))?);
    }
    let mut out = output::out();
    writeln!(out, "{}", if answer.changed { "resumed" } else { "was not paused" })?;
    match due {
        Some(due) => writeln!(out, "due at {due}")?,
        None => writeln!(out, "nothing is to be dreamt now")?,
    }
    Ok(())
}
