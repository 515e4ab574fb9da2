//! What has to be done from time to time: the access log's partitions, its retention's request ids.

use std::time::Duration;

use memex_runtime::lifecycle::Shutdown;

use crate::error::Result;
use crate::store::Store;

/// How often it is done. Each part is cheap where there is nothing to do.
const EVERY: Duration = Duration::from_secs(600);

/// Sweeps until the service ends. A failed sweep is said and tried again: nothing that a call needs waits for it.
pub async fn run(store: Store, shutdown: Shutdown) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = shutdown.triggered() => return,
        }
        if let Err(error) = once(&store).await {
            tracing::warn!(%error, "a sweep failed; the next one comes in {} s", EVERY.as_secs());
        }
    }
}

async fn once(store: &Store) -> Result<()> {
    store.rearm_changed().await?;
    store.make_partitions().await?;
    let forgotten = store.forget_requests().await?;
    if forgotten > 0 {
        tracing::info!(forgotten, "request ids beyond their retention were forgotten");
    }
    Ok(())
}
