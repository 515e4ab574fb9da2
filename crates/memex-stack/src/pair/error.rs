//! What can go wrong with the pair, said so that the reader knows what to do next.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use memex_runtime::lifecycle::{EXIT_INTERRUPTED, EXIT_REFUSED, EXIT_SETTINGS, EXIT_UNAVAILABLE};
use memex_runtime::settings::Mistakes;
use memory_api::commands::CommandError;

use crate::postgres::PostgresError;

/// Why the pair could not be started, or ended by itself.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PairError {
    /// Settings that cannot be used, all of them.
    #[error(transparent)]
    Settings(#[from] Mistakes),
    /// The embedded Postgres could not be had.
    #[error(transparent)]
    Postgres(#[from] PostgresError),
    /// The database could not be brought to this version, or the workspace and its tokens not be made.
    #[error("the database could not be set up")]
    SetUp(#[from] CommandError),
    /// Something else listens where a service should.
    #[error(
        "{address} is taken, perhaps by another `memex up`: stop what listens there, or choose another place with \
         {flag} 127.0.0.1:0, which takes any port that is free"
    )]
    PortTaken {
        /// Where the service should listen.
        address: SocketAddr,
        /// The flag that says so.
        flag: &'static str,
    },
    /// The address is not this machine's, or may not be listened on.
    #[error("cannot listen on {address}: give another address with {flag}")]
    Listen {
        /// Where the service should listen.
        address: SocketAddr,
        /// The flag that says so.
        flag: &'static str,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A process of the pair ended by itself.
    #[error("{name} ended by itself ({status}); the end of its log, {}:\n{tail}", log.display())]
    Ended {
        /// Which.
        name: &'static str,
        /// How.
        status: ExitStatus,
        /// Its log.
        log: PathBuf,
        /// The log's last lines of this start.
        tail: String,
    },
    /// A service did not say that it is ready.
    #[error("{name} was not ready after {waited:?}; the end of its log, {}:\n{tail}", log.display())]
    NotReady {
        /// Which.
        name: &'static str,
        /// How long it was given.
        waited: Duration,
        /// Its log.
        log: PathBuf,
        /// The log's last lines of this start.
        tail: String,
    },
    /// memory-api refused a call that every start makes.
    #[error("memory-api refused to {doing}: {}", status.message())]
    Call {
        /// What was asked for.
        doing: &'static str,
        /// What it answered.
        status: Box<tonic::Status>,
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
    /// It was told to end before it was ready; nothing is left behind.
    #[error("interrupted")]
    Interrupted,
}

impl PairError {
    /// The exit code that goes with it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) => EXIT_SETTINGS,
            Self::SetUp(error) => error.exit_code(),
            Self::Postgres(_) | Self::PortTaken { .. } | Self::Listen { .. } | Self::NotReady { .. } => {
                EXIT_UNAVAILABLE
            }
            Self::Ended { .. } | Self::Call { .. } | Self::Io { .. } => EXIT_REFUSED,
            Self::Interrupted => EXIT_INTERRUPTED,
        }
    }

    /// Says what was being done to which path when the system refused.
    pub(super) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
