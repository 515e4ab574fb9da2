//! `mv`: another path for a file, with its history.

use std::io::Write as _;

use memex_proto::v1::{ErrorReason, MoveFileRequest};

use super::written::{ReasonArg, Written};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::{self, safe_line};
use crate::user::UserArg;

/// What the help of `mv` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex mv user/tea.md user/drinks/tea.md
  memex mv user/tea.md user/drinks/tea.md --expected-version 3 --user ada

A file stays in its scope: user/ or shared/. Nothing is overwritten, and the history comes along.";

/// Arguments of `mv`.
#[derive(Debug, clap::Args)]
pub struct MvArgs {
    /// The path that the file has
    #[arg(value_name = "OLD")]
    path: String,
    /// The path that it gets
    #[arg(value_name = "NEW")]
    new_path: String,
    /// The version that you have read; unless given, whatever is current
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    expected_version: Option<i64>,
    #[command(flatten)]
    why: ReasonArg,
    #[command(flatten)]
    user: UserArg,
}

const TAKEN: &str = "nothing was moved; take another path, or delete the file that stands there: memex rm NEW";

/// `memex mv`.
pub async fn run(context: &Context, args: MvArgs) -> Result<(), Failure> {
    let request = MoveFileRequest {
        user_id: context.user(&args.user),
        path: args.path.clone(),
        new_path: args.new_path,
        expected_version: args.expected_version,
        reason: args.why.reason,
        request_id: request_id(),
    };
    let answer = context.call(|| async { context.memory().move_file(request.clone()).await }).await;
    let moved = answer.map_err(|failure| failure.about(&args.path).of_user(&args.user));
    let moved = moved.map_err(|failure| failure.advised(ErrorReason::FileExists, TAKEN))?;
    if context.json {
        return Written::from(moved).say(context);
    }
    let (old, new) = (safe_line(&args.path), safe_line(&request.new_path));
    let version = moved.file.map(|file| file.version).unwrap_or_default();
    let mut out = output::out();
    if moved.changed {
        writeln!(out, "{old} is now {new} at version {version} ({})", moved.revision_id)?;
    } else {
        writeln!(out, "{old} stays at version {version}: both paths are the same")?;
    }
    Ok(())
}
