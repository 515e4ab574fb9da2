//! The groups of arguments and variables that commands of memory-api share; every mistake is reported at once.

use std::path::PathBuf;

use clap::Args;
use memex_runtime::lifecycle::LifecycleArgs;
use memex_runtime::server::{LoadArgs, ServerArgs, ServerTlsArgs};
use memex_runtime::settings::{Given, Mistakes};
use memex_runtime::telemetry::TelemetryArgs;

use crate::erasure_key::ErasureKey;
use crate::store::connect::{LOCK_WAIT, PoolSettings};

/// Where Postgres is.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Postgres")]
pub struct DatabaseArgs {
    /// Where Postgres is, as the service's role: postgres://user:password@host/database
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// The same as the owner's role, for migrate, bootstrap and the access log's partitions. Without it DATABASE_URL is
    /// the owner's, and serve takes the role memex_app.
    #[arg(long, env = "MEMEX_OWNER_DATABASE_URL", hide_env_values = true)]
    pub owner_database_url: Option<String>,
    /// Connections at most, 2 to 500 [default: 16]
    #[arg(long, env = "MEMEX_MAX_CONNECTIONS", value_name = "COUNT", default_value = "", hide_default_value = true)]
    pub max_connections: Given<u32>,
}

impl DatabaseArgs {
    /// Connections at most where nothing is said: enough to keep a few cores of Postgres busy, few of its default 100.
    const MAX_CONNECTIONS: u32 = 16;

    /// Connections at most.
    pub fn connections(&self, mistakes: &mut Mistakes) -> u32 {
        let setting = "--max-connections / MEMEX_MAX_CONNECTIONS";
        mistakes.number(setting, &self.max_connections, Self::MAX_CONNECTIONS, 2..=500)
    }

    /// The service's pool settings.
    pub fn service(&self, mistakes: &mut Mistakes) -> Option<PoolSettings> {
        let max_connections = self.connections(mistakes);
        let url = checked(self.database_url.as_ref(), "--database-url / DATABASE_URL", mistakes)?;
        Some(PoolSettings {
            url,
            max_connections,
            set_role: self.owner_database_url.is_none(),
            lock_wait: Some(LOCK_WAIT),
        })
    }

    /// The owner's pool settings.
    pub fn owner(&self, mistakes: &mut Mistakes) -> Option<PoolSettings> {
        let given = self.owner_database_url.as_ref().or(self.database_url.as_ref());
        let url = checked(given, "--owner-database-url / MEMEX_OWNER_DATABASE_URL, or DATABASE_URL", mistakes)?;
        Some(PoolSettings { url, max_connections: 2, set_role: false, lock_wait: None })
    }
}

fn checked(url: Option<&String>, setting: &str, mistakes: &mut Mistakes) -> Option<String> {
    match url.map(String::as_str) {
        None | Some("") => {
            mistakes.add(
                setting,
                "must be given: postgres://user:password@host/database (or start `memex up`, which brings its own)",
            );
            None
        }
        Some(url) if url.parse::<sqlx::postgres::PgConnectOptions>().is_err() => {
            mistakes.add(setting, "must be a URL such as postgres://user:password@host/database");
            None
        }
        Some(url) => Some(url.to_owned()),
    }
}

/// The key under which erased users are remembered.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Erasure")]
pub struct ErasureArgs {
    /// A file with the key under which erased users are remembered, as `memory-api bootstrap --erasure-key-file` makes
    /// it; the same for every replica. Without it nobody can be erased
    #[arg(long, env = "MEMEX_ERASURE_KEY_FILE", value_name = "FILE")]
    pub erasure_key_file: Option<PathBuf>,
}

impl ErasureArgs {
    /// The key; `None` where no file is given.
    pub(crate) fn key(&self, mistakes: &mut Mistakes) -> Option<ErasureKey> {
        let file = self.erasure_key_file.as_deref().filter(|file| !file.as_os_str().is_empty())?;
        let read = std::fs::read_to_string(file).map_err(|error| format!("cannot be read: {error}"));
        let key = read.and_then(|text| ErasureKey::parse(&text).map_err(str::to_owned));
        let setting = "--erasure-key-file / MEMEX_ERASURE_KEY_FILE";
        key.map_err(|rule| mistakes.add(setting, format_args!("{}: {rule}", file.display()))).ok()
    }
}

/// `memory-api serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where to listen.
    #[command(flatten)]
    pub server: ServerArgs,
    /// What encrypts the connection.
    #[command(flatten)]
    pub tls: ServerTlsArgs,
    /// How much it does at once.
    #[command(flatten)]
    pub load: LoadArgs,
    /// Where Postgres is.
    #[command(flatten)]
    pub database: DatabaseArgs,
    /// What erasing takes.
    #[command(flatten)]
    pub erasure: ErasureArgs,
    /// Logs and traces.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
    /// How it ends.
    #[command(flatten)]
    pub lifecycle: LifecycleArgs,
}

/// `memory-api migrate`.
#[derive(Clone, Debug, Args)]
pub struct MigrateArgs {
    /// Where Postgres is.
    #[command(flatten)]
    pub database: DatabaseArgs,
}
