//! How a pool is made: as the service's role, bounded, with every statement's time limited.

use std::str::FromStr as _;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// How long a call waits for a connection before it is shed with OVERLOADED.
const ACQUIRE: Duration = Duration::from_secs(2);

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
        ("client_connection_check_interval", "1s"),
    ]);
    // Among the options, so that who connects as the pool does, as lanes do, takes the role too.
    let options = if settings.set_role { options.options([("role", "memex_app")]) } else { options };
    Ok(PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .acquire_timeout(ACQUIRE)
        .test_before_acquire(false)
        .connect_lazy_with(options))
}
