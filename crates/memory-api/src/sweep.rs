//! What has to be done from time to time: the access log's partitions and held rows, request ids beyond retention, and
//! proposals that nobody answered in time.

use std::fmt::Debug;
use std::time::Duration;

use memex_runtime::lifecycle::Shutdown;

use crate::dream_meters::Figures;
use crate::error::Result;
use crate::store::Store;

/// How often it is done. Each part is cheap where there is nothing to do.
const EVERY: Duration = Duration::from_secs(600);

/// How long a refusal beyond the rate waits for the row that counts it.
const HELD: Duration = Duration::from_secs(10);

/// Sweeps until the service ends. What fails is said and tried again: nothing that a call needs waits for it.
pub async fn run(store: Store, figures: Figures, shutdown: Shutdown) {
    let mut next = tokio::time::Instant::now() + EVERY;
    said("asking for the figures of dreams", figures.refresh(&store).await);
    loop {
        tokio::select! {
            () = tokio::time::sleep(HELD) => {}
            () = shutdown.triggered() => return,
        }
        said("the rows of refusals beyond the rate", store.write_held_refusals().await);
        said("asking for the figures of dreams", figures.refresh(&store).await);
        if tokio::time::Instant::now() >= next {
            once(&store).await;
            next += EVERY;
        }
    }
}

/// Every part by itself, so that one that fails keeps none from being done.
async fn once(store: &Store) {
    said("arming users again", store.rearm_changed().await);
    said("making partitions", store.make_partitions().await);
    if said("emptying the default partition", store.make_missed_partitions().await) == Some(true) {
        tracing::warn!("access-log rows were in the default partition: no sweep had made their month in time");
    }
    if let Some(dropped) = said("dropping partitions", store.drop_partitions().await)
        && !dropped.is_empty()
    {
        tracing::info!(?dropped, "months of the access log beyond their retention were dropped");
    }
    if let Some(expired @ 1..) = said("expiring proposals", store.expire_proposals().await) {
        tracing::info!(expired, "proposals expired: nobody decided about them in time");
    }
    if let Some(forgotten @ 1..) = said("forgetting request ids", store.forget_requests().await) {
        tracing::info!(forgotten, "request ids beyond their retention were forgotten");
    }
}

fn said<T: Debug>(what: &str, done: Result<T>) -> Option<T> {
    done.inspect_err(|error| {
        tracing::warn!(%error, "{what} failed; the next sweep comes in {} s", EVERY.as_secs());
    })
    .ok()
}

/// Everything of a sweep at once, over a database, for tests that have let time pass.
///
/// # Errors
/// Where the database's URL cannot be read.
#[cfg(feature = "test-doors")]
pub async fn sweep_once(database: &crate::args::DatabaseArgs) -> std::result::Result<(), crate::RunError> {
    let mut mistakes = memex_runtime::settings::Mistakes::new();
    let settings = database.service(&mut mistakes);
    mistakes.into_result()?;
    if let Some(settings) = settings {
        once(&Store::new(crate::store::connect::pool(&settings)?)).await;
    }
    Ok(())
}
