//! `users unpark`: dreams for a user again whose dreams had failed too often.

use std::io::Write as _;

use memex_proto::v1::UnparkUserRequest;
use serde_json::json;

use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{self, safe_line};
use crate::user::parse_user;

/// What the help of `users unpark` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream list --user ada        the dreams that failed; memex dream show has the cause
  memex users unpark ada

A user is parked after dream_max_attempts failed dreams in a row. No dream comes by itself until
they are unparked, or until one that `memex dream start` asked for ends well.";

/// Arguments of `users unpark`.
#[derive(Debug, clap::Args)]
pub struct UnparkArgs {
    /// The user; never taken from the settings
    #[arg(value_name = "USER", value_parser = parse_user)]
    user: String,
}

/// `memex users unpark`.
pub async fn run(context: &Context, args: UnparkArgs) -> Result<(), Failure> {
    let request = UnparkUserRequest { user_id: args.user.clone(), request_id: request_id() };
    let answer = context.call(|| async { context.dreams().unpark_user(request.clone()).await }).await?;
    let due = memex_view::time(answer.due_at);
    if context.json {
        return Ok(output::json(&json!({"user_id": args.user, "changed": answer.changed, "due_at": due}))?);
    }
    let mut out = output::out();
    let said = if answer.changed { "is no longer parked" } else { "was not parked" };
    writeln!(out, "{} {said}", safe_line(&args.user))?;
    match due {
        Some(due) => writeln!(out, "due at {due}")?,
        None => writeln!(out, "nothing is to be dreamt now")?,
    }
    Ok(())
}
