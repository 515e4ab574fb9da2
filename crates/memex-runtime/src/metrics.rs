//! The handle that metrics are made through. It is passed to the parts of a process that measure something.
//!
//! Off, it makes no instrument, and each measurement costs one branch. No label has a value that a caller can choose:
//! no user id, path, token, dream id or text.

mod calls;

use opentelemetry::metrics::AsyncInstrument;

pub use opentelemetry::KeyValue;
pub use opentelemetry::metrics::{Counter, Histogram, Meter};

pub use calls::CallMeter;
pub(crate) use calls::MeteredCall;

/// The upper bounds of every histogram of seconds. A batch of a lane takes about a millisecond, so the list begins below
/// that. It goes on past the limits that end things: 2 s for a connection, 10 s for a statement, 60 s for a call.
/// Between, each bound is 2 or 2.5 times the one before, so that a percentile is off by no more than that.
pub const SECONDS: [f64; 16] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];

/// Makes instruments, or none. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Meters {
    meter: Option<Meter>,
    spans: bool,
}

impl Meters {
    /// Measures nothing.
    pub fn off() -> Self {
        Self::default()
    }

    /// Measures with `meter`.
    pub fn with(meter: Meter) -> Self {
        Self { meter: Some(meter), spans: false }
    }

    pub(crate) fn of(meter: Option<Meter>, spans: bool) -> Self {
        Self { meter, spans }
    }

    /// What makes instruments; nothing where metrics are off.
    pub fn meter(&self) -> Option<&Meter> {
        self.meter.as_ref()
    }

    /// Whether spans leave the process, so that a span for each small step is worth its cost.
    pub fn exports_spans(&self) -> bool {
        self.spans
    }

    /// A histogram of durations in seconds, with the bounds [`SECONDS`].
    pub fn seconds(&self, name: &'static str, description: &'static str) -> Option<Histogram<f64>> {
        let builder = self.meter.as_ref()?.f64_histogram(name).with_unit("s").with_description(description);
        Some(builder.with_boundaries(SECONDS.to_vec()).build())
    }

    /// A histogram of numbers of things, with its own bounds.
    pub fn sizes(
        &self,
        name: &'static str,
        unit: &'static str,
        description: &'static str,
        bounds: &[f64],
    ) -> Option<Histogram<u64>> {
        let builder = self.meter.as_ref()?.u64_histogram(name).with_unit(unit).with_description(description);
        Some(builder.with_boundaries(bounds.to_vec()).build())
    }

    /// A number that is asked for when metrics are exported: `values` gives it with its labels, or several of them. What
    /// `values` holds lives as long as the process exports.
    pub fn observed<const LABELS: usize>(
        &self,
        name: &'static str,
        unit: &'static str,
        description: &'static str,
        values: impl Fn() -> Vec<(i64, [KeyValue; LABELS])> + Send + Sync + 'static,
    ) {
        let Some(meter) = &self.meter else { return };
        let observe = move |observer: &dyn AsyncInstrument<i64>| {
            values().iter().for_each(|(value, labels)| observer.observe(*value, labels));
        };
        // The meter keeps the callback; the instrument itself is of no further use.
        let builder = meter.i64_observable_up_down_counter(name).with_unit(unit).with_description(description);
        let _ = builder.with_callback(observe).build();
    }

    /// A counter of events.
    pub fn counter(&self, name: &'static str, unit: &'static str, description: &'static str) -> Option<Counter<u64>> {
        Some(self.meter.as_ref()?.u64_counter(name).with_unit(unit).with_description(description).build())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_meter_nothing_is_made() {
        let meters = Meters::off();
        assert!(meters.meter().is_none() && !meters.exports_spans());
        assert!(meters.seconds("a", "b").is_none() && meters.counter("a", "b", "c").is_none());
    }

    #[test]
    fn the_bounds_rise() {
        assert!(SECONDS.is_sorted());
    }
}
