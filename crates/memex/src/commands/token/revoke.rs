//! `token revoke`: ends a token.

use std::io::Write as _;

use memex_proto::v1::{ErrorReason, RevokeTokenRequest};
use serde_json::json;

use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output;

/// What the help of `token revoke` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex token list --user ada      find its id
  memex token revoke tok_…

It is refused everywhere within 5 seconds, and for good.";

const UNKNOWN: &str = "look at the id, tok_…, in memex token list --all; it must be of your workspace";

/// Arguments of `token revoke`.
#[derive(Debug, clap::Args)]
pub struct RevokeArgs {
    /// The token's id, tok_…; never its value
    // Looked at below: clap repeats the value that it refuses.
    #[arg(value_name = "ID")]
    id: String,
}

/// What every token's value begins with.
const VALUE: &str = "mx_";

/// `memex token revoke`.
pub async fn run(context: &Context, args: RevokeArgs) -> Result<(), Failure> {
    // A value stands in the shell's history already; it need not be printed, nor travel in a request and its log.
    if args.id.trim_start().starts_with(VALUE) {
        return Err(Failure::Usage("this is a token's value; its id begins with tok_: memex token list".to_owned()));
    }
    let request = RevokeTokenRequest { token_id: args.id.clone(), request_id: request_id() };
    let answer = context.call(|| async { context.admin().revoke_token(request.clone()).await }).await;
    let changed = answer.map_err(|failure| failure.advised(ErrorReason::WrongUser, UNKNOWN))?.changed;
    if context.json {
        return Ok(output::json(&json!({"token_id": args.id, "changed": changed}))?);
    }
    let said = if changed { "is revoked" } else { "was revoked already" };
    Ok(writeln!(output::out(), "{} {said}", output::safe_line(&args.id))?)
}
