//! The metrics of memory-api's store. CONFIGURATION.md lists every metric.

use std::sync::Arc;

use memex_core::limits::LANE_BATCH_MAX;
use memex_runtime::metrics::{Counter, Histogram, KeyValue, Meters};

/// The upper bounds of the sizes of batches: powers of two up to the largest batch.
const BATCH_SIZES: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, LANE_BATCH_MAX as f64];

/// The store's instruments, or none. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct StoreMeters(Option<Arc<Instruments>>);

/// The instruments. Each is there where metrics are exported.
#[derive(Debug)]
pub(crate) struct Instruments {
    /// How long statements took, by name.
    pub statements: Option<Histogram<f64>>,
    /// How long a connection of the pool was waited for.
    pub waits: Option<Histogram<f64>>,
    /// Waits for a connection that were given up.
    pub timeouts: Option<Counter<u64>>,
    /// How many items a lane's statement carried.
    pub batches: Option<Histogram<u64>>,
    /// Batches that raised and ran again item by item.
    pub raised: Option<Counter<u64>>,
    /// How long a scope's turn was waited for.
    pub turns: Option<Histogram<f64>>,
    /// Whether each statement has a span.
    pub spans: bool,
}

impl StoreMeters {
    /// The instruments that `meters` makes.
    pub fn new(meters: &Meters) -> Self {
        if meters.meter().is_none() && !meters.exports_spans() {
            return Self(None);
        }
        Self(Some(Arc::new(Instruments {
            statements: meters.seconds(
                "db.client.operation.duration",
                "How long statements took, from being sent to their last row, by name and by how they ended",
            ),
            waits: meters
                .seconds("db.client.connection.wait_time", "How long it took to get a connection from the pool"),
            timeouts: meters.counter(
                "db.client.connection.timeouts",
                "{timeout}",
                "Waits for a connection of the pool that were given up; their calls were shed",
            ),
            batches: meters.sizes(
                "memex.lane.batch.size",
                "{item}",
                "How many items a lane sent in one statement",
                &BATCH_SIZES,
            ),
            raised: meters.counter(
                "memex.lane.batch.raised",
                "{batch}",
                "Batches that raised, so that each of their items ran alone; it should stay 0",
            ),
            turns: meters.seconds("memex.turn.wait_time", "How long calls waited for their turn to lock a scope"),
            spans: meters.exports_spans(),
        })))
    }

    /// The instruments; nothing where nothing is measured, which is all that a statement asks then.
    pub fn on(&self) -> Option<&Arc<Instruments>> {
        self.0.as_ref()
    }
}

/// How many turns are held, and how many calls wait for one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turnout {
    /// Turns that calls have.
    pub held: usize,
    /// Calls that wait.
    pub waiting: usize,
}

/// Lets the export of metrics ask for the turns of this kind.
pub(crate) fn observe_turns(
    meters: &Meters,
    kind: &'static str,
    turnout: impl Fn() -> Turnout + Send + Sync + 'static,
) {
    meters.observed("memex.turn.count", "{call}", "Calls that have their turn or wait for it", move || {
        let Turnout { held, waiting } = turnout();
        let of = |state| [KeyValue::new("memex.turn.kind", kind), KeyValue::new("memex.turn.state", state)];
        vec![(held as i64, of("held")), (waiting as i64, of("waiting"))]
    });
}
