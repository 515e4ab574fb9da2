//! `erase`: erases a user for ever, and tells how far that is.

mod wait;

use std::io::{self, Write};
use std::time::Duration;

use memex_proto::v1::{EraseUserRequest, ErasureState, ErasureStatus, ErrorReason, GetErasureRequest, GetUserRequest};
use serde_json::json;

use super::confirm::{ask_somebody, confirm};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::table::write_facts;
use crate::output::{self, counted, safe_line};
use crate::user::parse_user;
use memex_view::ErasureView;

/// What the help of `erase` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex export --archive ada.jsonl --user ada   what they may ask for first
  memex erase ada                               asks, erases, waits until nothing is left
  memex erase ada --yes --json                  in a script
  memex erase ada --yes --no-wait               begin it and go on
  memex erase ada --status                      how far it is

From the moment of the call nothing of the user can be read or written, their tokens are revoked
and a running dream ends; rows then go in batches, also across restarts. What stays is a
tombstone without the user's id. A later write for the same id is refused until an operator
readmits it: memex users readmit ada.";

/// Arguments of `erase`.
#[derive(Debug, clap::Args)]
pub struct EraseArgs {
    /// The user; never taken from the settings
    #[arg(value_name = "USER", value_parser = parse_user)]
    user: String,
    /// Do not ask
    #[arg(long)]
    yes: bool,
    /// Do not wait until nothing is left
    #[arg(long, conflicts_with = "wait_seconds")]
    no_wait: bool,
    /// How long to wait at most
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait_seconds: u64,
    /// Tell how far an erasure is, and erase nothing
    #[arg(long, conflicts_with_all = ["yes", "no_wait", "wait_seconds"])]
    status: bool,
}

/// `memex erase`.
pub async fn run(context: &Context, args: EraseArgs) -> Result<(), Failure> {
    let user = args.user.as_str();
    if args.status {
        let erasure = erasure(context, user).await?;
        return say(context, user, erasure);
    }
    ask(context, user, args.yes).await?;
    // Made once: whatever is sent again is the same erasure of the same user.
    let request = EraseUserRequest { user_id: user.to_owned(), request_id: request_id() };
    let begun = context.call(|| async { context.admin().erase_user(request.clone()).await }).await?;
    let mut erasure = begun.erasure.unwrap_or_default();
    if !args.no_wait && erasure.state() == ErasureState::Running {
        erasure = wait::done(context, user, erasure, Duration::from_secs(args.wait_seconds)).await?;
    }
    say(context, user, erasure)
}

const GONE: &str = "All of it will be gone for good, with its history.";

/// Says what will be lost, and wants the user's id typed.
async fn ask(context: &Context, user: &str, yes: bool) -> Result<(), Failure> {
    ask_somebody(context, yes)?;
    if yes {
        return Ok(());
    }
    let request = GetUserRequest { user_id: user.to_owned() };
    let found = context.call(|| async { context.admin().get_user(request.clone()).await }).await;
    let reason = found.as_ref().err().and_then(Failure::reason);
    let what = match (found, reason) {
        (Ok(answer), _) => {
            let (files, revisions) = answer.user.map(|user| (user.files, user.sequence)).unwrap_or_default();
            let has = format!("{} and {}", counted(files, "file"), counted(revisions, "revision"));
            format!("{user} has {has}. {GONE}")
        }
        // One that has begun can be asked for again, and waited for.
        (Err(_), Some(ErrorReason::UserErased)) => format!("{user} is being erased already. {GONE}"),
        // Whom only a token names is erased as well; where nothing names them, the erasure itself says so.
        (Err(_), Some(ErrorReason::UserNotFound)) => {
            format!("{user} has no memory; their tokens will be revoked for good.")
        }
        (Err(failure), _) => return Err(failure),
    };
    let question = format!("{what}\nType {user} to erase:");
    confirm(context, yes, &question, &[user], "nothing was erased")
}

/// How far the user's erasure is.
///
/// # Errors
/// As GetErasure.
async fn erasure(context: &Context, user: &str) -> Result<ErasureStatus, Failure> {
    let request = GetErasureRequest { user_id: user.to_owned() };
    let answer = context.call(|| async { context.admin().get_erasure(request.clone()).await }).await;
    let answer = answer.map_err(|failure| failure.advised(ErrorReason::UserNotFound, NOT_ERASED))?;
    Ok(answer.erasure.unwrap_or_default())
}

const NOT_ERASED: &str = "no erasure of this user was asked for; see whether they are there: memex users show USER";

fn say(context: &Context, user: &str, erasure: ErasureStatus) -> Result<(), Failure> {
    let state = erasure.state();
    let erasure = ErasureView::from(erasure);
    if context.json {
        return Ok(output::json(&json!({"user_id": user, "erasure": erasure}))?);
    }
    let mut out = output::out();
    write_headline(&mut out, user, state)?;
    let facts = [
        ("asked for at", erasure.requested_at.unwrap_or_default()),
        ("with", erasure.token_id),
        ("done at", erasure.done_at.unwrap_or_default()),
        ("rows deleted", erasure.deleted_rows.to_string()),
    ];
    Ok(write_facts(&mut out, &facts)?)
}

fn write_headline(out: &mut impl Write, user: &str, state: ErasureState) -> io::Result<()> {
    let user = safe_line(user);
    match state {
        ErasureState::Done => writeln!(out, "{user} is erased: nothing is left but the tombstone"),
        _ => writeln!(out, "{user} is being erased, and can be reached no more; see memex erase {user} --status"),
    }
}
