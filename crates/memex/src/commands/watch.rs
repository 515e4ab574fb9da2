//! `watch`: follows changes as they happen, over restarts of memory-api.

use std::io::{self, Write as _};
use std::time::Duration;

use memex_proto::reason::Refusal;
use memex_proto::v1::watch_changes_response::Event;
use memex_proto::v1::{ChangedFile, Erasure, ErrorReason, WatchChangesRequest, WatchChangesResponse};
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::retry::{Backoff, Classify};
use serde_json::json;
use tonic::{Code, Status, Streaming};

use crate::context::{Context, classify};
use crate::failure::Failure;
use crate::output::{self, safe_line, style};
use crate::user::UserArg;
use memex_view::{ChangedFileView, RevisionView};

/// What the help of `watch` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex watch --user ada                   what changes from now on, a line a change
  memex watch --all-users --json           of all users, as JSON lines
  memex watch --user ada --from-beginning  every change there was, then what comes
  memex watch --user ada --after CURSOR    from where an earlier watch ended

With --json each line has the cursor after it, and \"change\", \"erasure\" or neither; a failure is the
last line. The watch goes on where memory-api is gone for a while, and misses nothing. Ctrl-C ends
it and says the cursor.";

/// The first wait before memory-api is looked for again, and the longest.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

const EXPIRED: &str = "begin again without --after, or with --from-beginning for every change";

const NOBODY: &str =
    "name the user: --user, MEMEX_USER, or `user` in the settings file; --all-users watches the whole workspace";

/// Arguments of `watch`.
#[derive(Debug, clap::Args)]
pub struct WatchArgs {
    #[command(flatten)]
    user: UserArg,
    /// All users of the workspace and what they share, whatever user the settings name
    #[arg(long, visible_alias = "all", conflicts_with = "user")]
    all_users: bool,
    /// Where an earlier watch ended
    #[arg(long, value_name = "CURSOR", conflicts_with = "from_beginning")]
    after: Option<String>,
    /// Every change since the beginning first
    #[arg(long)]
    from_beginning: bool,
}

/// `memex watch`.
pub async fn run(context: &Context, args: WatchArgs) -> Result<(), Failure> {
    let stop = Shutdown::on_signals()?;
    let request = WatchChangesRequest {
        user_id: if args.all_users { String::new() } else { context.user(&args.user) },
        all_users: args.all_users,
        cursor: args.after.unwrap_or_default(),
        from_beginning: args.from_beginning,
    };
    let mut watch = Watch { context, request };
    let ended = tokio::select! {
        () = stop.triggered() => None,
        ended = watch.follow() => Some(ended),
    };
    match ended {
        Some(ended) => {
            let ended = ended.map_err(|failure| failure.of_user(&args.user));
            ended.map_err(|failure| failure.advised(ErrorReason::CursorExpired, EXPIRED).advised_on("user_id", NOBODY))
        }
        None => Err(Failure::Left(match watch.request.cursor.as_str() {
            "" => "nothing had come yet".to_owned(),
            cursor => format!("go on with --after {cursor}"),
        })),
    }
}

/// A watch, and from where it goes on.
struct Watch<'a> {
    context: &'a Context,
    request: WatchChangesRequest,
}

impl Watch<'_> {
    /// Prints what comes until the watched user is erased or memory-api refuses.
    async fn follow(&mut self) -> Result<(), Failure> {
        // What cannot be reached at first is told at once; what was there comes back.
        let (context, request) = (self.context, self.request.clone());
        let mut stream = context.call(|| async { context.history().watch_changes(request.clone()).await }).await?;
        self.say("watching; Ctrl-C ends it")?;
        let mut waits = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        loop {
            let ended = loop {
                match stream.message().await {
                    Ok(Some(event)) => {
                        waits.reset();
                        if self.print(event)? {
                            return Ok(());
                        }
                    }
                    Ok(None) => break None,
                    Err(status) => break Some(status),
                }
            };
            stream = self.again(ended, &mut waits).await?;
        }
    }

    /// The stream after one that ended, with `status` where it was not ended in order.
    async fn again(
        &self,
        status: Option<Status>,
        waits: &mut Backoff,
    ) -> Result<Streaming<WatchChangesResponse>, Failure> {
        let least = |status: &Status| passing(status).ok_or_else(|| self.context.failure(status));
        // Judged before it is said: a watch that is refused for good waits for nobody.
        let mut wait = status.as_ref().map_or(Ok(None), least)?;
        self.say("memory-api is gone; waiting for it")?;
        loop {
            tokio::time::sleep(waits.next_after(wait)).await;
            match self.context.history().watch_changes(self.request.clone()).await {
                Ok(stream) => {
                    self.say("memory-api is back")?;
                    return Ok(stream.into_inner());
                }
                Err(again) => wait = least(&again)?,
            }
        }
    }

    /// Prints an event and keeps its cursor; true where nothing can come after it.
    fn print(&mut self, event: WatchChangesResponse) -> Result<bool, Failure> {
        let WatchChangesResponse { cursor, event } = event;
        let last = !self.request.all_users && matches!(event, Some(Event::Erasure(_)));
        if self.context.json {
            output::json(&match event {
                Some(Event::Change(change)) => json!({"cursor": cursor, "change": ChangedFileView::from(change)}),
                Some(Event::Erasure(Erasure { user_id, memory_id })) => {
                    json!({"cursor": cursor, "erasure": {"user_id": user_id, "memory_id": memory_id}})
                }
                None => json!({"cursor": cursor}),
            })?;
        } else {
            match event {
                Some(Event::Change(change)) => write_change(change)?,
                Some(Event::Erasure(erased)) => {
                    let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
                    let who = [erased.user_id, erased.memory_id].into_iter().find(|name| !name.is_empty());
                    let who = safe_line(&who.unwrap_or_default());
                    writeln!(output::out(), "{notice}{who} was erased: what is known of them must go{reset}")?;
                }
                None => {}
            }
        }
        self.request.cursor = cursor;
        Ok(last)
    }

    /// Tells a person, beside standard output, how the watch is.
    fn say(&self, what: &str) -> io::Result<()> {
        if self.context.json { Ok(()) } else { writeln!(anstream::stderr(), "{what}") }
    }
}

/// One line: when, whose, where, what, by whom, why.
fn write_change(change: ChangedFile) -> io::Result<()> {
    let revision = RevisionView::from(change.revision.unwrap_or_default());
    let named = |name: &str, value: String| if value.is_empty() { value } else { format!("  {name} {value}") };
    let user = if change.user_id.is_empty() { "-".to_owned() } else { change.user_id };
    let line = format!(
        "{}  {user}  {}  version {}  {}  by {}{}{}{}",
        revision.created_at.unwrap_or_default(),
        revision.path,
        revision.version,
        revision.operation,
        revision.actor,
        named("from", revision.moved_from),
        named("in", revision.dream_id),
        if revision.reason.is_empty() { String::new() } else { format!(": {}", revision.reason) },
    );
    writeln!(output::out(), "{}", safe_line(&line))
}

/// Whether a watch that ended so can go on, and how long to wait at least.
pub fn passing(status: &Status) -> Option<Option<Duration>> {
    if let Classify::Transient { after } = classify(status) {
        return Some(after);
    }
    let lost = match Refusal::of(status) {
        Some(refusal) => refusal.reason == ErrorReason::DeadlineExceeded,
        None => matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled),
    };
    lost.then_some(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_goes_on_after_what_passes_by_itself_alone() {
        let passes = |status: Status| passing(&status).is_some();
        let refused = |reason| Refusal::new(reason, "why").into_status();
        assert!(passes(Status::unavailable("gone")) && passes(Status::deadline_exceeded("late")));
        assert!(passes(refused(ErrorReason::Overloaded)) && passes(refused(ErrorReason::DeadlineExceeded)));
        for reason in [ErrorReason::CursorExpired, ErrorReason::TokenInvalid, ErrorReason::WrongUser] {
            assert!(!passes(refused(reason)), "{reason:?}");
        }
        assert!(!passes(Status::unimplemented("older")));
    }
}
