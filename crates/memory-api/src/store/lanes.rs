//! Lanes: tasks that own one connection each and carry many calls in one statement, for changes and for reads of one
//! file.
//!
//! A scope always takes the same lane, so that its changes never wait for each other's locks inside one process. A
//! batch forms while the one before is in flight: nothing waits for a timer, and a call alone goes at once.

mod aside;
mod door;
mod lane;
mod settle;
mod work;

use std::sync::Arc;

use memex_runtime::metrics::Meters;

use super::commit::{self, Change, Outcome, Traced};
use super::files::{self, Found, OneRead};
use super::pool::{Connection, Pool};
use crate::error::Result;
use crate::meters::StoreMeters;
use lane::Lane;
use work::{Item, Work, lane_label};

/// Up to so many cores one lane of a kind keeps Postgres busy; with more, two do.
const CORES_OF_ONE_LANE: usize = 2;

/// The lanes of one store.
#[derive(Clone)]
pub(super) struct Lanes(Arc<Kinds>);

struct Kinds {
    changes: Vec<Lane<Changes>>,
    reads: Vec<Lane<Reads>>,
}

impl Lanes {
    /// Lanes over connections like the pool's, made with the first call that needs one: Postgres may be away. They
    /// end, with all that was asked of them answered, when the last clone of them is dropped.
    pub(super) fn new(pool: &Pool, meters: &StoreMeters) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let count = if cores <= CORES_OF_ONE_LANE { 1 } else { 2 };
        Self(Arc::new(Kinds {
            changes: (0..count).map(|_| Lane::begin(pool, meters)).collect(),
            reads: (0..count).map(|_| Lane::begin(pool, meters)).collect(),
        }))
    }

    /// Commits one change.
    pub(super) async fn change(&self, change: Change) -> Result<Outcome> {
        self.lane(&self.0.changes, change.scope).ask(change).await
    }

    /// Reads one file and logs it.
    pub(super) async fn read(&self, read: OneRead) -> Result<Found> {
        self.lane(&self.0.reads, read.asked.log.scope()).ask(read).await
    }

    /// Lets the export of metrics ask how much waits in the lanes.
    pub(super) fn observe(&self, meters: &Meters) {
        let changes: Vec<_> = self.0.changes.iter().map(Lane::waiting).collect();
        let reads: Vec<_> = self.0.reads.iter().map(Lane::waiting).collect();
        meters.observed("memex.lane.queue.size", "{item}", "Items that wait in the queues of the lanes", move || {
            let sum = |lanes: &[lane::Waiting]| lanes.iter().map(|waiting| waiting() as i64).sum::<i64>();
            vec![(sum(&changes), [lane_label(Changes::NAME)]), (sum(&reads), [lane_label(Reads::NAME)])]
        });
    }

    fn lane<'a, W: Work>(&self, lanes: &'a [Lane<W>], scope: i64) -> &'a Lane<W> {
        &lanes[scope.unsigned_abs() as usize % lanes.len()]
    }
}

/// Changes of files.
pub(super) struct Changes;

impl Work for Changes {
    type Ask = Change;
    type Answer = Outcome;
    const NAME: &'static str = "changes";

    // A scope that somebody else holds, as a dream being adopted does, must not hold up the lane's other scopes.
    const SETTINGS: &'static [(&'static str, &'static str)] = &[("statement_timeout", "2s"), ("lock_timeout", "100ms")];

    fn scope(ask: &Change) -> i64 {
        ask.scope
    }

    fn repeatable(ask: &Change) -> bool {
        ask.request.is_some()
    }

    async fn until_free(connection: &mut Connection, scope: i64) -> Result<()> {
        commit::until_free(connection, scope).await
    }

    async fn run(connection: &mut Connection, items: &[Item<Self>]) -> Result<Vec<Outcome>> {
        let traced: Vec<Traced<'_>> =
            items.iter().map(|item| Traced { change: &item.ask, trace: item.trace }).collect();
        commit::commit_traced(connection, &traced).await
    }
}

/// Reads of one file each.
pub(super) struct Reads;

impl Work for Reads {
    type Ask = OneRead;
    type Answer = Found;
    const NAME: &'static str = "reads";

    // Statements with arrays are planned anew at every call otherwise, which costs more than running them. A plan that is
    // kept looks rows up by their keys: one made while a table was small must not read all of it once it has grown.
    const SETTINGS: &'static [(&'static str, &'static str)] = &[
        ("statement_timeout", "2s"),
        ("plan_cache_mode", "force_generic_plan"),
        ("enable_seqscan", "off"),
        ("enable_hashjoin", "off"),
        ("enable_mergejoin", "off"),
    ];

    fn scope(ask: &OneRead) -> i64 {
        ask.asked.log.scope()
    }

    fn repeatable(_: &OneRead) -> bool {
        true
    }

    async fn until_free(_: &mut Connection, _: i64) -> Result<()> {
        // A read waits for no scope.
        Ok(())
    }

    async fn run(connection: &mut Connection, items: &[Item<Self>]) -> Result<Vec<Found>> {
        files::read_each(connection, items.iter().map(|item| (&item.ask, item.trace))).await
    }
}
