//! The running server: what it holds while it runs, and how it is stopped.

use std::fs::File;
use std::io;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;

use crate::process::Process;

/// How long a fast shutdown may take before clients are cut off and recovery is left to the next start.
const FAST_SHUTDOWN: Duration = Duration::from_secs(30);
/// How long an immediate shutdown may take: the server kills its own children after five seconds.
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(10);

/// What must stay as it is until the server has ended, whoever has forgotten about it by then.
#[expect(dead_code, reason = "held, and never read")]
pub(super) struct Held {
    /// The directory of the socket, when it is one made for this run.
    pub socket_dir: Option<TempDir>,
    /// Keeps every other Memex off the data. The last field, so that it is let go last: who gets it finds nothing in
    /// use.
    pub lock: File,
}

/// A server that was started. Dropped, it is asked to stop and not waited for.
pub(super) struct Postmaster(Process);

impl Postmaster {
    /// Starts `command`; it is asked to stop when this process is gone.
    pub(super) async fn launch(command: Command, held: Held) -> io::Result<Self> {
        Ok(Self(Process::launch("postgres", command, Signal::INT, held).await?))
    }

    /// The process's number.
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }

    /// Ends, with how the server ended, once it has ended and the data is free again.
    pub(super) fn exited(&self) -> impl Future<Output = ExitStatus> + Send + use<> {
        self.0.exited()
    }

    /// Stops the server: clients are cut off and everything is written; after 30 s without that; after 10 s more
    /// it is killed.
    pub(super) async fn stop(&self) -> ExitStatus {
        self.0.signal(Signal::INT);
        if let Ok(status) = tokio::time::timeout(FAST_SHUTDOWN, self.exited()).await {
            return status;
        }
        tracing::warn!(
            pid = self.id(),
            "Postgres did not stop in {FAST_SHUTDOWN:?} and is stopped without a checkpoint"
        );
        self.0.signal(Signal::QUIT);
        if let Ok(status) = tokio::time::timeout(IMMEDIATE_SHUTDOWN, self.exited()).await {
            return status;
        }
        self.0.signal(Signal::KILL);
        self.exited().await
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        self.0.signal(Signal::INT);
    }
}
