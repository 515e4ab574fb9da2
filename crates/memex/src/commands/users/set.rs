//! `users set` and `users readmit`: what is changed of one user.

use std::io::Write as _;

use memex_proto::v1::{ErrorReason, UpdateUserRequest, UpdateUserResponse};
use serde_json::json;

use crate::commands::config::values;
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{self, safe_line};
use crate::user::parse_user;
use memex_view::UserView;

use super::show::write_user;

/// What the help of `users set` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex users set ada dream_mode=review
  memex users set ada dream_max_writes=5 --reset dream_mode
  memex users set ada --reset dream_mode --reset dream_guard

A user's key may only narrow what the workspace says; see memex config get.";

/// What the help of `users readmit` ends with.
pub const READMIT_EXAMPLES: &str = "\
Examples:
  memex users readmit ada

Their next write begins a new, empty memory; what was erased does not come back, and their old
tokens stay revoked.";

const NOT_ERASED: &str = "see whether they were erased, and how far that is: memex erase USER --status";

/// Arguments of `users set`.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// The user; never taken from the settings
    #[arg(value_name = "USER", value_parser = parse_user)]
    user: String,
    /// KEY=VALUE, once or more; or one KEY and its VALUE
    #[arg(value_name = "KEY=VALUE", required_unless_present = "reset")]
    settings: Vec<String>,
    /// A key to put back to what the workspace says; may be given again
    #[arg(long, value_name = "KEY")]
    reset: Vec<String>,
}

/// Arguments of `users readmit`.
#[derive(Debug, clap::Args)]
pub struct ReadmitArgs {
    /// The user; never taken from the settings
    #[arg(value_name = "USER", value_parser = parse_user)]
    user: String,
}

/// `memex users set`.
pub async fn run(context: &Context, args: SetArgs) -> Result<(), Failure> {
    let (user_id, values) = (args.user, values(&args.settings)?);
    let request = UpdateUserRequest { user_id, values, reset_keys: args.reset, ..UpdateUserRequest::default() };
    let answer = update(context, request).await?;
    let user = UserView::from(answer.user.unwrap_or_default());
    if context.json {
        return Ok(output::json(&json!({"user": user, "changed": answer.changed}))?);
    }
    let mut out = output::out();
    write_user(&mut out, &user)?;
    if !answer.changed {
        writeln!(out, "nothing changed: it was so already")?;
    }
    Ok(())
}

/// `memex users readmit`.
pub async fn readmit(context: &Context, args: ReadmitArgs) -> Result<(), Failure> {
    let request = UpdateUserRequest { user_id: args.user.clone(), readmit: true, ..UpdateUserRequest::default() };
    let answer = update(context, request).await;
    let answer = answer.map_err(|failure| failure.advised(ErrorReason::WrongState, NOT_ERASED))?;
    if context.json {
        return Ok(output::json(&json!({"user_id": args.user, "changed": answer.changed}))?);
    }
    let user = safe_line(&args.user);
    let said = match answer.changed {
        true => "may be written again; their next write begins a new memory",
        false => "was readmitted already",
    };
    Ok(writeln!(output::out(), "{user} {said}")?)
}

async fn update(context: &Context, request: UpdateUserRequest) -> Result<UpdateUserResponse, Failure> {
    let request = UpdateUserRequest { request_id: request_id(), ..request };
    context.call(|| async { context.admin().update_user(request.clone()).await }).await
}
