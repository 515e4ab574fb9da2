//! Counts and times the dreams of a worker by how they ended.

use memex_runtime::metrics::{Histogram, KeyValue, Meters};
use tokio::time::Instant;

use super::Pass;

/// Measures dreams, or does not. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct DreamMeter {
    durations: Option<Histogram<f64>>,
}

impl DreamMeter {
    pub(crate) fn new(meters: &Meters) -> Self {
        let description = "How long dreams took from their claim to their end, by how they ended";
        Self { durations: meters.seconds("memex.dream.duration", description) }
    }

    /// A dream ended whose pass came to `pass`. `state` is one of the states of a dream, `over` or `unfinished`.
    pub(super) fn ended(&self, claimed_at: Instant, pass: &Pass, state: String) {
        let Some(durations) = &self.durations else { return };
        let labels = [KeyValue::new("memex.dream.outcome", outcome(pass)), KeyValue::new("memex.dream.state", state)];
        durations.record(claimed_at.elapsed().as_secs_f64(), &labels);
    }
}

fn outcome(pass: &Pass) -> &'static str {
    match pass {
        Pass::Complete => "complete",
        Pass::More(_) => "more",
        Pass::Failed(_) => "failed",
        Pass::Released => "released",
        Pass::Over(_) => "over",
    }
}
