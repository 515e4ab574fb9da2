//! One lane: a bounded queue and the task that empties it, batch by batch.

use memex_core::limits::{LANE_BATCH_MAX, LANE_QUEUE_MAX};
use memex_runtime::trace::current_trace;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::super::pool::Pool;
use super::aside::Asides;
use super::door::Door;
use super::settle::settle;
use super::work::{Item, Work};
use crate::error::{Error, Result};
use crate::meters::StoreMeters;

/// Tells how many items wait in a lane's queue.
pub(super) type Waiting = Box<dyn Fn() -> usize + Send + Sync>;

/// The door to a lane's task.
pub(super) struct Lane<W: Work> {
    queue: mpsc::Sender<Item<W>>,
}

impl<W: Work> Lane<W> {
    /// Begins a lane, whose task ends with the last door to it.
    pub(super) fn begin(pool: &Pool, meters: &StoreMeters) -> Self {
        let (queue, waiting) = mpsc::channel(LANE_QUEUE_MAX);
        let door = Door::own(pool, meters, W::SETTINGS);
        tokio::spawn(Runner { waiting, door, asides: Asides::new(pool.clone(), meters.clone()) }.run());
        Self { queue }
    }

    /// Tells how many items wait in the queue. What tells it does not keep the lane.
    pub(super) fn waiting(&self) -> Waiting {
        let queue = self.queue.downgrade();
        Box::new(move || queue.upgrade().map_or(0, |queue| queue.max_capacity() - queue.capacity()))
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, ask: W::Ask) -> Result<W::Answer> {
        let (answer, answered) = oneshot::channel();
        let caller_gone = CancellationToken::new();
        let item = Item { ask, trace: current_trace(), answer, caller_gone: caller_gone.clone() };
        // Told however this call ends.
        let _gone = caller_gone.drop_guard();
        self.queue.try_send(item).map_err(|_| Error::Overloaded)?;
        // An item that is dropped unanswered was in a task that ended before its time.
        answered.await.unwrap_or(Err(Error::Away))
    }
}

/// The lane's task.
struct Runner<W: Work> {
    waiting: mpsc::Receiver<Item<W>>,
    door: Door,
    asides: Asides<W>,
}

impl<W: Work> Runner<W> {
    async fn run(mut self) {
        while let Some(first) = self.waiting.recv().await {
            let batch = self.batch(first);
            if batch.is_empty() {
                continue;
            }
            let busy = settle(&mut self.door, batch).await;
            self.asides.take(busy);
        }
    }

    /// What waits now, up to the most of a batch, without those that nobody awaits or that go aside.
    fn batch(&mut self, first: Item<W>) -> Vec<Item<W>> {
        let mut batch = Vec::new();
        let mut next = Some(first);
        while let Some(item) = next {
            batch.extend(self.asides.pass(item).filter(Item::is_awaited));
            next = if batch.len() < LANE_BATCH_MAX { self.waiting.try_recv().ok() } else { None };
        }
        batch
    }
}
