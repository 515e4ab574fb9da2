//! What can go wrong in memory-api, and the one place that makes a `Status` of it.

use std::time::Duration;

use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use memex_runtime::trace::current_trace;
use tonic::Status;

/// How long a caller should wait before repeating a call that Postgres could not serve, or for which there was no place.
const DATABASE_RETRY: Duration = Duration::from_secs(1);

/// Why a call was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An expected refusal: what the caller is told.
    #[error("refused: {}", .refusal.message)]
    Refused {
        /// What the caller is told.
        refusal: Box<Refusal>,
        /// Whether its access-log row is committed already.
        logged: bool,
    },
    /// Postgres failed or could not be reached.
    #[error("a statement failed")]
    Database(#[source] sqlx::Error),
    /// Postgres answers and stores nothing now: it is read-only, or lacks disk, memory or another resource. The statement
    /// was undone.
    #[error("Postgres stores nothing now: it answered {code}")]
    Unwritable {
        /// Postgres's code.
        code: String,
    },
    /// Postgres cannot be reached.
    #[error("Postgres cannot be reached")]
    Away,
    /// The call found no place, or no connection in time: it is shed.
    #[error("too much work is in flight")]
    Overloaded,
    /// Something that cannot happen did: a row that breaks an invariant, a task that panicked.
    #[error("unexpected: {0}")]
    Unexpected(&'static str),
}

/// The result of everything that a call does.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Error::Refused { refusal: Box::new(refusal), logged: false }
    }
}

impl From<sqlx::Error> for Error {
    fn from(source: sqlx::Error) -> Self {
        match source.as_database_error().and_then(|db| db.code()).as_deref() {
            // What mx_not_erased_1 raises: the statement was undone with everything that it read or wrote.
            Some("MX001") => erased().into(),
            Some("MX002") => readmitted().into(),
            Some(code) if is_unwritable(code) => Error::Unwritable { code: code.to_owned() },
            None if matches!(source, sqlx::Error::PoolTimedOut) => Error::Overloaded,
            _ => Error::Database(source),
        }
    }
}

impl Error {
    /// A refusal whose access-log row was written in the transaction that decided it.
    pub fn logged(refusal: Refusal) -> Self {
        Error::Refused { refusal: Box::new(refusal), logged: true }
    }

    /// Whether a connection to Postgres broke, or could not be made.
    pub fn is_out_of_reach(&self) -> bool {
        matches!(self, Error::Database(source) if unreachable(source))
    }

    /// Whether a statement failed because a function or table of ours is not there.
    pub fn is_missing_schema(&self) -> bool {
        let Error::Database(source) = self else { return false };
        // 42501: no right to it yet.
        let code = source.as_database_error().and_then(|error| error.code());
        is_missing(source) || code.is_some_and(|code| code == "42501")
    }

    /// Whether what this process remembers of the scope is no longer so: its user was erased.
    pub fn is_of_an_erased_scope(&self) -> bool {
        matches!(self.reason(), Some(ErrorReason::UserErased | ErrorReason::DatabaseUnavailable))
    }

    /// The refusal's reason; `None` where it is a failure.
    pub fn reason(&self) -> Option<ErrorReason> {
        match self {
            Error::Refused { refusal, .. } => Some(refusal.reason),
            Error::Database(_) | Error::Unwritable { .. } | Error::Away | Error::Overloaded => None,
            Error::Unexpected(_) => None,
        }
    }

    /// The reason that the caller is told, of a failure too.
    pub fn told_reason(&self) -> ErrorReason {
        match self {
            Error::Refused { refusal, .. } => refusal.reason,
            Error::Database(source) => database_reason(source),
            Error::Unwritable { .. } | Error::Away => ErrorReason::DatabaseUnavailable,
            Error::Overloaded => ErrorReason::Overloaded,
            Error::Unexpected(_) => ErrorReason::Internal,
        }
    }
}

/// The refusal of a worker that does not hold the dream, or holds it no longer.
pub fn lease_lost() -> Refusal {
    Refusal::new(
        ErrorReason::LeaseLost,
        "this dream is not, or no longer, this worker's: stop, and drop what is left of it",
    )
}

/// The refusal of whatever is asked of a user who was erased.
pub fn erased() -> Refusal {
    Refusal::new(ErrorReason::UserErased, "the user was erased or is being erased")
}

/// The refusal of dreams of a user for whom they are paused.
pub fn paused() -> Refusal {
    Refusal::new(ErrorReason::UserPaused, "dreaming is paused for this user; ResumeUser lifts it")
}

/// The refusal of dreams while the switch is off.
pub fn dreaming_disabled() -> Refusal {
    let message = "dreaming is switched off: `dream_enabled` must be true for the deployment and for the workspace";
    Refusal::new(ErrorReason::DreamingDisabled, message)
}

/// What this process remembers of a user is from before they were erased and readmitted: a repeat looks again.
pub fn readmitted() -> Refusal {
    let message = "the user was erased and readmitted meanwhile; nothing was done: repeat it with the same request_id";
    Refusal::new(ErrorReason::DatabaseUnavailable, message).retry_after(Duration::ZERO)
}

/// A refusal for one field: which, and the rule that it breaks.
pub fn field(name: &str, rule: impl Into<String>) -> Refusal {
    let rule = rule.into();
    Refusal::new(ErrorReason::FieldInvalid, format!("{name}: {rule}")).violation(name, rule)
}

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match error {
            Error::Refused { refusal, .. } => refusal.into_status(),
            Error::Database(source) => database_status(&source),
            Error::Unwritable { code } => {
                tracing::warn!(code, "Postgres stores nothing now: it answered {code}");
                unavailable("the database stores nothing now; nothing was done: repeat it with the same request_id")
            }
            Error::Away => {
                tracing::warn!("Postgres cannot be reached");
                unavailable(OUT_OF_REACH)
            }
            Error::Overloaded => overloaded(),
            Error::Unexpected(what) => {
                tracing::error!(what, "an invariant does not hold: {what}");
                internal()
            }
        }
    }
}

/// The answer to a message over the size limit.
pub fn message_too_large() -> Status {
    too_large_message().into_status()
}

fn too_large_message() -> Refusal {
    Refusal::new(ErrorReason::MessageTooLarge, "the message is over 4 MiB; ask for less, or send it in parts")
}

/// The answer to a call whose headers are over the size limit.
pub fn headers_too_large() -> Status {
    Refusal::new(ErrorReason::MessageTooLarge, "the call's headers are over 16 KiB; send less metadata").into_status()
}

/// The answer to a message that is none of the call's.
pub fn malformed() -> Status {
    malformed_message().into_status()
}

fn malformed_message() -> Refusal {
    field("message", "must be a message of this call's type, as memex.v1 defines it")
}

/// The refusal of a caller's stream that broke off, or whose next message cannot be read: tonic's status tells which.
pub fn unreadable_stream(status: &Status) -> Refusal {
    if status.code() == tonic::Code::OutOfRange { too_large_message() } else { malformed_message() }
}

/// The refusal of a caller who leaves the service waiting within a stream.
pub fn stalled(what: &str, wait: Duration) -> Refusal {
    let message = format!("{what} for {} seconds; begin again with the same request_id", wait.as_secs());
    Refusal::new(ErrorReason::DeadlineExceeded, message)
}

/// The answer to a call for which there is no place.
pub fn overloaded() -> Status {
    Refusal::new(ErrorReason::Overloaded, "too much work is in flight; wait and repeat")
        .retry_after(DATABASE_RETRY)
        .into_status()
}

/// The refusal of a change that others were always quicker than.
pub fn always_outrun() -> Refusal {
    let message = "the file changed at every try; nothing was done: wait and repeat it with the same request_id";
    Refusal::new(ErrorReason::Overloaded, message).retry_after(DATABASE_RETRY)
}

/// The answer to a call whose time is up.
pub fn late() -> Status {
    let message = "the call's deadline passed; a change may have happened: repeat it with the same request_id";
    Refusal::new(ErrorReason::DeadlineExceeded, message).into_status()
}

/// The answer where Postgres is away, and where it stores nothing.
fn unavailable(message: &str) -> Status {
    Refusal::new(ErrorReason::DatabaseUnavailable, message).retry_after(DATABASE_RETRY).into_status()
}

/// Whether a code of Postgres says that it stores nothing now, whatever the statement is.
fn is_unwritable(code: &str) -> bool {
    // 25006: read-only. 53: no disk (53100), no memory (53200), over a limit (53400). 58: the system failed, as disks do.
    // 53300, too many connections, is an answer to connecting: see `unreachable`.
    code == "25006" || (code.starts_with("53") || code.starts_with("58")) && code != "53300"
}

/// Whether Postgres is out of reach, as against having refused a statement.
fn unreachable(source: &sqlx::Error) -> bool {
    match source {
        sqlx::Error::Io(_) | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed | sqlx::Error::Tls(_) => true,
        // An answer that broke off, or that belongs to another question: the connection can no longer be used.
        sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed => true,
        // 08: connection exception; 57P: shutting down or starting; 53300: too many connections.
        sqlx::Error::Database(db) => {
            db.code().is_some_and(|code| code.starts_with("08") || code.starts_with("57P") || code == "53300")
        }
        _ => false,
    }
}

/// Whether a function or a table of ours is not there.
pub(crate) fn is_missing(source: &sqlx::Error) -> bool {
    // 42883: undefined function, 42P01: undefined table.
    source.as_database_error().and_then(|db| db.code()).is_some_and(|code| matches!(code.as_ref(), "42883" | "42P01"))
}

/// What a caller is told where Postgres is away.
const OUT_OF_REACH: &str =
    "the database cannot be reached; the change may have happened: repeat it with the same request_id";

/// Postgres's code of a statement that was undone because it gave way in a deadlock.
const DEADLOCK: &str = "40P01";

/// Whether a statement was undone for a lock: one that did not come in time, or that it gave way for. Repeated it finds its
/// way.
pub(crate) fn waited_in_vain(code: &str) -> bool {
    matches!(code, "55P03" | DEADLOCK)
}

/// Tells operators of a deadlock: two calls that lock in different orders are a defect of ours.
pub(crate) fn tell_of_deadlock(code: &str) {
    if code == DEADLOCK {
        tracing::warn!("a statement gave way in a deadlock; Postgres's log has both sides of it");
    }
}

/// What a statement's failure is to a caller.
fn database_reason(source: &sqlx::Error) -> ErrorReason {
    let code = source.as_database_error().and_then(|db| db.code());
    let failed_with = |wanted: &str| code.as_deref() == Some(wanted);
    match source {
        _ if code.as_deref().is_some_and(waited_in_vain) => ErrorReason::Overloaded,
        _ if failed_with("57014") => ErrorReason::DeadlineExceeded,
        _ if is_missing(source) || unreachable(source) => ErrorReason::DatabaseUnavailable,
        _ => ErrorReason::Internal,
    }
}

fn database_status(source: &sqlx::Error) -> Status {
    let reason = database_reason(source);
    let message = match reason {
        ErrorReason::Overloaded => {
            tell_of_deadlock(source.as_database_error().and_then(|db| db.code()).as_deref().unwrap_or(""));
            return overloaded();
        }
        ErrorReason::DeadlineExceeded => {
            return Refusal::new(reason, "the statement took longer than it may").into_status();
        }
        ErrorReason::DatabaseUnavailable if is_missing(source) => {
            tracing::error!("the database lacks this version's schema; run `memory-api migrate`");
            "the database is not ready for this version yet"
        }
        ErrorReason::DatabaseUnavailable => {
            tracing::warn!(error = %source, "Postgres cannot be reached");
            OUT_OF_REACH
        }
        _ => {
            // The message of a database error can quote a value, so its code and constraint are logged and nothing else.
            let db = source.as_database_error();
            tracing::error!(
                code = db.and_then(|d| d.code()).as_deref().unwrap_or(""),
                constraint = db.and_then(|d| d.constraint()).unwrap_or(""),
                "a statement failed unexpectedly"
            );
            return internal();
        }
    };
    Refusal::new(reason, message).retry_after(DATABASE_RETRY).into_status()
}

fn internal() -> Status {
    let refusal = Refusal::new(ErrorReason::Internal, "an unexpected failure; the trace id finds it in the logs");
    match current_trace() {
        Some(ids) => refusal.fact("trace_id", ids.trace_hex()).into_status(),
        None => refusal.into_status(),
    }
}
