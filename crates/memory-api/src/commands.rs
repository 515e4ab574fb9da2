//! The commands of memory-api on the machine: serve, migrate, bootstrap, config, tombstones.

pub mod bootstrap;
pub mod config;
pub mod tombstones;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};
use memex_core::clock::SystemClock;
use memex_runtime::causes::with_causes;
use memex_runtime::lifecycle::{EXIT_OK, EXIT_SETTINGS, EXIT_UNAVAILABLE, Shutdown};
use memex_runtime::settings::Mistakes;
use memex_runtime::{panics, telemetry, threads};
use sqlx::Connection as _;

use crate::Guards;
use crate::args::{DatabaseArgs, MigrateArgs, ServeArgs};
use crate::epoch;
use crate::store::{Store, connect, migrate};

/// The service that owns memory in Postgres.
#[derive(Debug, Parser)]
#[command(name = "memory-api", version, about)]
pub struct MemoryApi {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What memory-api does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve gRPC.
    Serve(ServeArgs),
    /// Bring the database to this version's schema; a rerun changes nothing.
    Migrate(MigrateArgs),
    /// Make a workspace with its first tokens; takes the values in the files where they exist, writes them where not.
    Bootstrap(bootstrap::BootstrapArgs),
    /// Read or set the deployment's runtime keys.
    Config(config::ConfigArgs),
    /// Keep who was erased beside the backups, and erase them again where one was restored.
    Tombstones(tombstones::TombstonesArgs),
}

/// Why a command on the machine did not do what it should.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Bad settings: all of them.
    #[error(transparent)]
    Settings(#[from] Mistakes),
    /// The database could not be brought to this version.
    #[error(transparent)]
    Migrate(#[from] migrate::MigrateError),
    /// A statement failed.
    #[error("the database could not be reached or refused")]
    Database(#[source] sqlx::Error),
    /// Postgres stores nothing now.
    #[error("{0}; repeat the command when it does")]
    Unwritable(String),
    /// A function or a table of this version is not there.
    #[error("the database lacks this version's schema; run `memory-api migrate`")]
    SchemaMissing,
    /// Postgres answers at the database's URL and lets nobody in.
    #[error("Postgres refuses DATABASE_URL: correct the URL, or make the role or the database that it names")]
    NotLetIn(#[source] sqlx::Error),
    /// Nothing answers at the database's URL.
    #[error(
        "Postgres cannot be reached at DATABASE_URL; start it (or install it: apt-get install postgresql, dnf install \
         postgresql-server, brew install postgresql@17), correct the URL, or run `memex up`, which brings its own"
    )]
    Unreachable(#[source] sqlx::Error),
    /// A token's file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Something cannot be as asked.
    #[error("{0}")]
    Refused(String),
}

impl CommandError {
    /// The exit code that goes with it.
    pub fn exit_code(&self) -> u8 {
        match self {
            CommandError::Settings(_) => EXIT_SETTINGS,
            CommandError::Refused(_) | CommandError::File { .. } => memex_runtime::lifecycle::EXIT_REFUSED,
            CommandError::Migrate(_) | CommandError::Database(_) | CommandError::Unreachable(_) => EXIT_UNAVAILABLE,
            CommandError::SchemaMissing | CommandError::NotLetIn(_) | CommandError::Unwritable(_) => EXIT_UNAVAILABLE,
        }
    }

    fn connecting(error: sqlx::Error) -> Self {
        // 57P03 and 53300 pass by themselves: it is starting or full.
        let code = error.as_database_error().and_then(|refused| refused.code());
        match code.as_deref() {
            Some("57P03" | "53300") | None => Self::Unreachable(error),
            Some(_) => Self::NotLetIn(error),
        }
    }
}

impl From<sqlx::Error> for CommandError {
    fn from(error: sqlx::Error) -> Self {
        if crate::error::is_missing(&error) { Self::SchemaMissing } else { Self::Database(error) }
    }
}

/// Runs a command to its end on a runtime of its own.
pub fn run(memory_api: MemoryApi) -> ExitCode {
    let runtime = match threads::runtime() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error, EXIT_UNAVAILABLE),
    };
    runtime.block_on(execute(memory_api, |_| ()))
}

/// Runs a command to its end; `ready` hears where `serve` listens.
pub async fn execute(memory_api: MemoryApi, ready: impl FnOnce(SocketAddr)) -> ExitCode {
    match memory_api.command {
        Command::Serve(args) => run_serve(args, ready).await,
        Command::Migrate(args) => done(migrate_database(&args.database).await),
        Command::Bootstrap(args) => done(bootstrap::bootstrap(&args).await.map(|made| made.print())),
        Command::Config(args) => done(config::config(&args).await),
        Command::Tombstones(args) => done(tombstones::tombstones(&args).await),
    }
}

/// Serves as a process of its own: signals, logs, exit code. `ready` hears the bound address.
pub async fn run_serve(args: ServeArgs, ready: impl FnOnce(SocketAddr)) -> ExitCode {
    panics::log_panics_without_text();
    if let Err(mistakes) = crate::run::settings(&args) {
        return failed(&mistakes, EXIT_SETTINGS);
    }
    let telemetry = match telemetry::init("memory-api", &args.telemetry) {
        Ok(telemetry) => telemetry,
        Err(error) => return failed(&error, EXIT_SETTINGS),
    };
    let shutdown = match Shutdown::on_signals() {
        Ok(shutdown) => shutdown,
        Err(error) => return failed(&error, EXIT_UNAVAILABLE),
    };
    if let Some(endpoint) = telemetry.exporting_to() {
        tracing::info!(endpoint, "spans are exported to {endpoint}");
    }
    if let Some(endpoint) = telemetry.metrics_to() {
        tracing::info!(endpoint, "metrics are exported to {endpoint}");
    }
    let (clock, meters) = (Arc::new(SystemClock), telemetry.meters());
    let served = crate::serve(args, clock, Guards::default(), meters, shutdown, ready).await;
    let code = match served {
        Ok(()) => ExitCode::from(EXIT_OK),
        Err(error) => failed(&error, error.exit_code()),
    };
    telemetry.shutdown().await;
    code
}

/// Brings the database to this version's schema.
///
/// # Errors
/// Bad settings, or a database that cannot be reached or is newer than this binary.
pub async fn migrate_database(database: &DatabaseArgs) -> Result<(), CommandError> {
    let owner = owner_pool(database).await?;
    migrate::migrate(&owner).await?;
    // What may take long in a large dump is done before it is served; what somebody holds meanwhile, `serve` goes on with.
    epoch::begin(&Store::new(owner)).await.map_err(refused)?;
    Ok(())
}

/// The owner's pool, or every mistake in its settings. Connects once by itself, because a pool says only that it timed
/// out and not why.
pub(crate) async fn owner_pool(database: &DatabaseArgs) -> Result<sqlx::PgPool, CommandError> {
    let mut mistakes = Mistakes::new();
    let settings = database.owner(&mut mistakes);
    mistakes.into_result()?;
    let settings = settings.ok_or_else(|| CommandError::Refused("no database URL is given".to_owned()))?;
    let probe = sqlx::PgConnection::connect(&settings.url).await.map_err(CommandError::connecting)?;
    probe.close().await.map_err(CommandError::connecting)?;
    Ok(connect::pool(&settings)?)
}

fn done(result: Result<(), CommandError>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::from(EXIT_OK),
        Err(error) => failed(&error, error.exit_code()),
    }
}

/// An error of the store, as a command tells it.
fn refused(error: crate::error::Error) -> CommandError {
    match error {
        crate::error::Error::Database(source) => CommandError::from(source),
        crate::error::Error::Overloaded => CommandError::Database(sqlx::Error::PoolTimedOut),
        unwritable @ crate::error::Error::Unwritable { .. } => CommandError::Unwritable(unwritable.to_string()),
        other => CommandError::Refused(other.to_string()),
    }
}

/// Prints an error with its causes.
#[allow(clippy::print_stderr)]
fn failed(error: &dyn std::error::Error, code: u8) -> ExitCode {
    eprintln!("error: {}", with_causes(error));
    ExitCode::from(code)
}
