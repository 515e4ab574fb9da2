//! The calls that lanes carry, which wait for their answers.

use memex_runtime::metrics::KeyValue;
use memex_runtime::trace::TraceIds;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::super::pool::Connection;
use crate::error::{Error, Result};

/// A kind of call that a lane carries.
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
    pub(super) answer: oneshot::Sender<Result<W::Answer>>,
    pub(super) caller_gone: CancellationToken,
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
