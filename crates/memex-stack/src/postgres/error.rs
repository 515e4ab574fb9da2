//! What can go wrong with an embedded Postgres, said so that the reader knows what to do next.

use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

/// How to come by a Postgres, for every error that means there is none.
const HOW_TO_INSTALL: &str = "Install it:
  Debian, Ubuntu    apt-get install postgresql
  Fedora, RHEL      dnf install postgresql-server
  macOS             brew install postgresql@17
or set MEMEX_POSTGRES_BIN to the directory that holds its initdb and postgres,
or set DATABASE_URL to use a server of your own";

/// Why an embedded Postgres could not be found, started, asked or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PostgresError {
    /// No directory that was searched holds both `initdb` and `postgres`.
    #[error("no PostgreSQL was found on this machine. {HOW_TO_INSTALL}")]
    NotFound,
    /// Only versions older than 14 were found.
    #[error("PostgreSQL {version} in {} is too old: 14 or newer is needed. {HOW_TO_INSTALL}", dir.display())]
    TooOld {
        /// The version, as the program says it.
        version: String,
        /// The directory that holds it.
        dir: PathBuf,
    },
    /// `MEMEX_POSTGRES_BIN` names a directory without a working `initdb` and `postgres`.
    #[error(
        "MEMEX_POSTGRES_BIN is {}, which does not hold a working initdb and postgres: correct it, or unset it and \
         PostgreSQL is searched for. {HOW_TO_INSTALL}",
        dir.display()
    )]
    OverrideUnusable {
        /// What the variable says.
        dir: PathBuf,
    },
    /// Neither `MEMEX_DATA_DIR` nor `XDG_DATA_HOME` nor `HOME` says where data may be kept.
    #[error("no directory to keep data in: set MEMEX_DATA_DIR")]
    NoDataDirectory,
    /// Running as root, and there is neither a `postgres` nor a `nobody` to run the server as.
    #[error("Postgres refuses to run as root, and this machine has no user postgres or nobody to run it as")]
    NoAccount,
    /// The account that the server runs as cannot reach its directory.
    #[error("user {account} cannot pass through {}: run chmod o+x on it, or set MEMEX_DATA_DIR to another place", dir.display())]
    Unreachable {
        /// The first directory that refuses it.
        dir: PathBuf,
        /// The account's name.
        account: String,
    },
    /// Another process runs a server on this directory.
    #[error("another Memex already uses {}{}; waited {waited:?} for it", data_dir.display(), named(*holder))]
    Locked {
        /// The instance's directory.
        data_dir: PathBuf,
        /// The process that said it holds the lock, where it is known.
        holder: Option<u32>,
        /// How long the lock was waited for.
        waited: Duration,
    },
    /// The data was written by another major version, which cannot read it.
    #[error(
        "{} was made by PostgreSQL {found}, and these programs are {binaries}: point MEMEX_POSTGRES_BIN at \
         version {found}, or dump it with pg_dump {found}, move the directory away and restore",
        data_dir.display()
    )]
    OtherVersion {
        /// The cluster's directory.
        data_dir: PathBuf,
        /// The major version that made the data.
        found: String,
        /// The major version of the programs at hand.
        binaries: u32,
    },
    /// The data is there and its password is not.
    #[error("{} is missing, and without it the database beside it cannot be opened", path.display())]
    PasswordMissing {
        /// Where the password is kept.
        path: PathBuf,
    },
    /// A server left behind on this directory did not end.
    #[error("processes {pids:?} of an earlier server still use {}: stop them and start again", data_dir.display())]
    StillRunning {
        /// The cluster's directory.
        data_dir: PathBuf,
        /// The processes that use it.
        pids: Vec<i32>,
    },
    /// `initdb` failed.
    #[error("initdb ended with {status}:\n{output}")]
    Initdb {
        /// How it ended.
        status: ExitStatus,
        /// What it said.
        output: String,
    },
    /// The server ended before it was ready.
    #[error("Postgres ended with {status} before it was ready; the end of {}:\n{tail}", log.display())]
    Died {
        /// How it ended.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The log's last lines of this start.
        tail: String,
    },
    /// The server runs and does not answer a query.
    #[error("Postgres was not ready after {waited:?}; the end of {}:\n{tail}", log.display())]
    NotReady {
        /// How long it was given.
        waited: Duration,
        /// Its log.
        log: PathBuf,
        /// The log's last lines of this start.
        tail: String,
        /// What the last attempt to ask it met.
        #[source]
        last: Option<sqlx::Error>,
    },
    /// A database's name is not of lower-case letters, digits and `_`, or longer than 63 bytes.
    #[error("{name:?} is no name for a database: use a-z, 0-9 and _, at most 63, no digit first")]
    InvalidName {
        /// The name that was given.
        name: String,
    },
    /// The database is already there.
    #[error("the database {name} is already there")]
    DatabaseExists {
        /// Its name.
        name: String,
    },
    /// A statement failed.
    #[error("could not {doing}")]
    Sql {
        /// What was being done.
        doing: String,
        /// What the server or the connection said.
        #[source]
        source: sqlx::Error,
    },
    /// A file or a process could not be handled.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}

impl PostgresError {
    /// Says what was being done to which path when the system refused.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}

fn named(holder: Option<u32>) -> String {
    holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}
