//! Why a worker cannot run, and the exit code that says so.

use std::{io::Write as _, process::ExitCode};

use memex_runtime::causes::with_causes;
use memex_runtime::lifecycle::{EXIT_REFUSED, EXIT_SETTINGS};
use memex_runtime::server::BindError;
use memex_runtime::settings::Mistakes;
use memex_runtime::telemetry::TelemetryError;

/// Why a worker cannot run. An unreachable memory-api is none of these: the worker waits for it.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Settings that cannot be used, all of them.
    #[error(transparent)]
    Settings(#[from] Mistakes),
    /// Logs or traces cannot be set up; a bad setting.
    #[error(transparent)]
    Telemetry(#[from] TelemetryError),
    /// The health listener cannot be had.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The operating system refuses the handlers of SIGTERM and SIGINT.
    #[error("signals cannot be heard")]
    Signals(#[source] std::io::Error),
    /// The health listener failed while the worker ran.
    #[error("the health listener failed")]
    Health(#[source] tonic::transport::Error),
    /// A claim failed; only [`Driver::poll_once`](crate::Driver::poll_once) gives it, the loop tries again.
    #[error("memory-api refused a claim or cannot be reached")]
    Claim(#[source] Box<tonic::Status>),
}

impl WorkerError {
    /// What the process ends with: 64 for a setting that cannot be used, else 1.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Settings(_) | Self::Telemetry(_) | Self::Bind(BindError::Plaintext(_)) => EXIT_SETTINGS,
            Self::Bind(BindError::Listen { .. }) | Self::Signals(_) | Self::Health(_) | Self::Claim(_) => EXIT_REFUSED,
        }
    }

    /// Prints the error with its causes to standard error and gives the exit code: the last act of `main`.
    pub fn report(&self) -> ExitCode {
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(std::io::stderr(), "dream-worker: {}", with_causes(self));
        ExitCode::from(self.exit_code())
    }
}
