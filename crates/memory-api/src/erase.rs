//! The work of erasures after they were begun: batch by batch, gone on with by whichever service lives after a crash. Before
//! it, what they and the watches wait for in a database that was restored.

use std::time::Duration;

use memex_runtime::failpoints::{self, Point};
use memex_runtime::lifecycle::Shutdown;

use crate::epoch;
use crate::error::Result;
use crate::store::Store;
use crate::store::erasures::Batch;

/// How often it is looked for erasures that another service began and did not end.
const EVERY: Duration = Duration::from_secs(10);

/// How long transactions that are older than an erasure are waited for before it is looked again.
const WAIT: Duration = Duration::from_millis(200);

/// Works until the service ends. What fails is said and tried again.
pub async fn run(store: Store, shutdown: Shutdown) {
    loop {
        let waits = match once(&store, &shutdown).await {
            Ok(waits) => waits,
            Err(error) => {
                tracing::warn!(%error, "erasures could not go on; they are tried again in {} s", EVERY.as_secs());
                false
            }
        };
        tokio::select! {
            () = tokio::time::sleep(if waits { WAIT } else { EVERY }) => {}
            () = store.erasure_begun() => {}
            () = shutdown.triggered() => return,
        }
    }
}

/// Goes through every erasure that is not done, a batch of each in turn, so that a long one holds up no other. Returns
/// whether one waits for older transactions.
pub async fn once(store: &Store, shutdown: &Shutdown) -> Result<bool> {
    if !epoch::begin(store).await? {
        return Ok(true);
    }
    let mut running = store.running_erasures().await?;
    let mut waits = false;
    while !running.is_empty() && !shutdown.is_triggered() {
        let mut more = Vec::new();
        for erasure in running {
            failpoints::pass(Point::BeforeErasureBatch).await;
            match store.erase_batch(erasure).await? {
                Batch::More => more.push(erasure),
                Batch::Waits => waits = true,
                Batch::Done => tracing::info!(erasure, "erasure {erasure} is done"),
                Batch::Elsewhere => {}
            }
        }
        running = more;
    }
    Ok(waits)
}
