//! How a process is told to end, how long it may take, and what its exit code says.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::settings::{Given, Mistakes};

/// Done as asked.
pub const EXIT_OK: u8 = 0;
/// The service refused, or the command failed.
pub const EXIT_REFUSED: u8 = 1;
/// The command line was not understood (clap's own code).
pub const EXIT_USAGE: u8 = 2;
/// A setting cannot be used (EX_USAGE); the message names all of them.
pub const EXIT_SETTINGS: u8 = 64;
/// Something that is needed cannot be reached (EX_UNAVAILABLE): Postgres, memory-api.
pub const EXIT_UNAVAILABLE: u8 = 69;
/// Ended at once by a second signal.
pub const EXIT_INTERRUPTED: u8 = 130;

/// How long a process may take to end.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Ending")]
pub struct LifecycleArgs {
    /// Seconds that calls in flight may still take after the process was told to end, 0 to 3600. Keep it below what
    /// sends SIGKILL (Kubernetes: terminationGracePeriodSeconds, 30 by default) [default: 25]
    #[arg(long, env = "MEMEX_DRAIN_SECONDS", value_name = "SECONDS", default_value = "", hide_default_value = true)]
    pub drain_seconds: Given<u64>,
}

impl LifecycleArgs {
    /// Five seconds less than Kubernetes waits by default before it kills.
    const DRAIN_SECONDS: u64 = 25;

    /// The drain time; a mistake where it is out of range.
    pub fn drain_timeout(&self, mistakes: &mut Mistakes) -> Duration {
        let setting = "--drain-seconds / MEMEX_DRAIN_SECONDS";
        Duration::from_secs(mistakes.number(setting, &self.drain_seconds, Self::DRAIN_SECONDS, 0..=3600))
    }
}

/// The word that the process is to end. Clones hear the same word; it is never taken back.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(CancellationToken);

impl Shutdown {
    /// Hears SIGTERM and SIGINT from now on. A second of either ends the process at once with
    /// [`EXIT_INTERRUPTED`], for whoever does not want to wait for the drain.
    ///
    /// # Errors
    /// When the operating system refuses the handlers. Must be called inside a tokio runtime.
    pub fn on_signals() -> std::io::Result<Self> {
        let terminate = signal(SignalKind::terminate())?;
        let interrupt = signal(SignalKind::interrupt())?;
        let shutdown = Self::manual();
        tokio::spawn(listen(terminate, interrupt, shutdown.clone()));
        Ok(shutdown)
    }

    /// Heard only through [`Shutdown::trigger`]: for a service inside another process, and for tests.
    pub fn manual() -> Self {
        Self::default()
    }

    /// The token to await, or to derive a child's from.
    pub fn token(&self) -> &CancellationToken {
        &self.0
    }

    /// Says the word. Saying it again changes nothing.
    pub fn trigger(&self) {
        self.0.cancel();
    }

    /// Whether the word was said.
    pub fn is_triggered(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Returns when the word is said.
    pub async fn triggered(&self) {
        self.0.cancelled().await;
    }
}

async fn listen(mut terminate: Signal, mut interrupt: Signal, shutdown: Shutdown) {
    let name = next(&mut terminate, &mut interrupt).await;
    tracing::info!(signal = name, "{name} received: finishing what is in flight; a second signal ends at once");
    shutdown.trigger();
    let name = next(&mut terminate, &mut interrupt).await;
    tracing::warn!(signal = name, "{name} received again: ending at once");
    std::process::exit(i32::from(EXIT_INTERRUPTED));
}

async fn next(terminate: &mut Signal, interrupt: &mut Signal) -> &'static str {
    tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_clone_hears_the_word() {
        let shutdown = Shutdown::manual();
        let other = shutdown.clone();
        assert!(!other.is_triggered());
        shutdown.trigger();
        other.triggered().await;
        assert!(other.token().is_cancelled());
    }

    #[test]
    fn a_drain_time_out_of_range_is_a_mistake() {
        let mut mistakes = Mistakes::new();
        LifecycleArgs { drain_seconds: 3601.into() }.drain_timeout(&mut mistakes);
        assert!(mistakes.to_string().contains("must be 0 to 3600, is 3601"));
    }
}
