//! One lane: a bounded queue and the task that empties it, batch by batch.

use memex_core::limits::{LANE_BATCH_MAX, LANE_QUEUE_MAX};
use memex_runtime::metrics::KeyValue;
use memex_runtime::trace::{TraceIds, current_trace};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::super::pool::{Connection, Pool};
use super::aside::Asides;
use super::door::Door;
use super::settle::settle;
use crate::error::{Error, Result};
use crate::meters::StoreMeters;

/// What a lane carries.
pub(crate) trait Work: Sized + Send + 'static {
    /// What one call asks.
    type Ask: Send + Sync + 'static;
    /// What it is answered.
    type Answer: Send + 'static;
    /// What lanes of this kind carry, in metrics.
    const NAME: &'static str;
    /// How the lane's connection differs from the pool's.
    const SETTINGS: &'static [(&'static str, &'static str)];

    /// The scope that it touches.
    fn scope(ask: &Self::Ask) -> i64;

    /// Whether it may be sent again where nobody knows whether it was done.
    fn repeatable(ask: &Self::Ask) -> bool;

    /// Waits, as long as the connection waits for a lock, until nobody else holds the scope.
    fn until_free(connection: &mut Connection, scope: i64) -> impl Future<Output = Result<()>> + Send;

    /// Does all of them in one statement; gives one answer each, in their order.
    fn run(connection: &mut Connection, items: &[Item<Self>])
    -> impl Future<Output = Result<Vec<Self::Answer>>> + Send;
}

/// How a metric names the kind of lane.
pub(super) fn lane_label(name: &'static str) -> KeyValue {
    KeyValue::new("memex.lane.kind", name)
}

/// One call that waits for its answer.
pub(crate) struct Item<W: Work> {
    /// What it asks.
    pub(super) ask: W::Ask,
    /// Its own trace: the lane's task has none.
    pub(super) trace: Option<TraceIds>,
    answer: oneshot::Sender<Result<W::Answer>>,
    caller_gone: CancellationToken,
}

impl<W: Work> Item<W> {
    /// Answers; a caller that has gone hears nothing.
    pub(super) fn answer(self, answer: Result<W::Answer>) {
        let _ = self.answer.send(answer);
    }

    /// Sheds the call: nothing was done.
    pub(super) fn shed(self) {
        self.answer(Err(Error::Overloaded));
    }

    /// Whether somebody still waits: a caller whose deadline has passed does not.
    pub(super) fn is_awaited(&self) -> bool {
        !self.answer.is_closed()
    }

    /// Ends when nobody waits any more: the caller has its answer, or has gone.
    pub(super) fn caller_gone(&self) -> impl Future<Output = ()> + Send + use<W> {
        self.caller_gone.clone().cancelled_owned()
    }
}

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
