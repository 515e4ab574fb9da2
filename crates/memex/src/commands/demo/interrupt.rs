//! Hears every way of being told to end, as often as it is said: whatever comes, the directory is removed.

use std::io;

use memex_runtime::lifecycle::Shutdown;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// A word that SIGINT, SIGTERM and SIGHUP say. Further signals change nothing: each step of the end has its own limit.
pub fn heard() -> io::Result<Shutdown> {
    let shutdown = Shutdown::manual();
    for kind in [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()] {
        tokio::spawn(listen(signal(kind)?, shutdown.clone()));
    }
    Ok(shutdown)
}

async fn listen(mut signal: Signal, shutdown: Shutdown) {
    while signal.recv().await.is_some() {
        shutdown.trigger();
    }
}
