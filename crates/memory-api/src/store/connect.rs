//! How a pool is made: as the service's role, bounded, with every statement's time limited.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection as _, PgConnection, PgPool};

/// How long a call waits for a connection before it is shed with OVERLOADED.
pub(super) const ACQUIRE: Duration = Duration::from_secs(2);

/// How long a statement of the service waits for a lock before its call is shed with OVERLOADED: half of what it may take
/// at all. Whoever holds a scope holds it for less, but for an import.
pub const LOCK_WAIT: Duration = Duration::from_secs(5);

/// How long the rest of an abandoned statement may take before its connection is given up. With the time between two looks
/// of Postgres at its client ([`LOOKS_FOR_CLIENT`]), this is how long the statement may outlive its call.
pub(super) const ABANDONED: Duration = Duration::from_millis(100);

/// How often Postgres looks, while a statement runs or waits for a lock, whether its client is still there.
const LOOKS_FOR_CLIENT: &str = "50ms";

/// What a pool is made from.
#[derive(Clone, Debug)]
pub struct PoolSettings {
    /// `postgres://…`.
    pub url: String,
    /// Connections at most.
    pub max_connections: u32,
    /// Whether each connection takes the service's role, memex_app, which changes memory only through the doors
    /// (migrations/0090_rights.sql): so where only the owner's URL is given.
    pub set_role: bool,
    /// How long a statement waits for a lock; `None`: as long as it may take at all.
    pub lock_wait: Option<Duration>,
}

/// A pool that connects when it is first used, so that the service starts, and says that it is not ready, while
/// Postgres is away.
///
/// # Errors
/// Where the URL cannot be read.
pub fn pool(settings: &PoolSettings) -> Result<PgPool, sqlx::Error> {
    let options = PgConnectOptions::from_str(&settings.url)?.application_name("memory-api").options([
        ("statement_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "30s"),
        // How soon Postgres ends the statement of a connection that was given up; see `is_reusable`.
        ("client_connection_check_interval", LOOKS_FOR_CLIENT),
        // A statement is short; where a plan costs much on paper, as one does that must scan though scans are switched off,
        // compiling it would take a hundred times as long as running it.
        ("jit", "off"),
    ]);
    // Among the options, so that who connects as the pool does, as lanes do, takes the role too.
    let options = if settings.set_role { options.options([("role", "memex_app")]) } else { options };
    let lock_timeout = settings.lock_wait.map(|wait| ("lock_timeout", format!("{}ms", wait.as_millis())));
    let options = options.options(lock_timeout);
    Ok(PgPoolOptions::new()
        .max_connections(settings.max_connections)
        // Kept however quiet it is; the first is made when it is first used.
        .min_connections(1)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .after_release(|connection, _| Box::pin(async move { Ok(is_reusable(connection).await) }))
        .connect_lazy_with(options))
}

/// Whether a connection that comes back may serve another call; closed where not.
///
/// A call whose deadline passes, or whose caller leaves, is dropped, wherever it waits. Its statement goes on in Postgres
/// regardless, and until that ends, its connection is of no use to anybody. So where an answer is still owed and does not
/// come soon, the connection is closed: Postgres looks for its client while a statement runs or waits for a lock
/// (`client_connection_check_interval`), finds none, and ends the statement and its transaction. This needs no second
/// connection, holds for every statement of the pool without its knowing, and costs nothing where no answer is owed.
async fn is_reusable(connection: &mut PgConnection) -> bool {
    // `flush` waits for the answers that are owed, and sends nothing of its own.
    let answered = tokio::time::timeout(ABANDONED, connection.flush()).await;
    if answered.is_err() {
        tracing::debug!("a statement was abandoned: its connection is closed, so that Postgres ends it");
    }
    matches!(answered, Ok(Ok(())))
}
