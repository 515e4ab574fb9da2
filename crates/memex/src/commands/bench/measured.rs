//! What was measured: how long each call took, over how long, and what failed.

use std::collections::BTreeMap;
use std::time::Duration;

use memex_proto::reason::{Refusal, short_name};
use tonic::Status;

/// Calls of one contestant.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// How long each that succeeded took, in microseconds.
    pub took: Vec<u64>,
    /// For how long they were made.
    pub during: Duration,
    /// How many failed, by their reason.
    pub errors: BTreeMap<String, u64>,
    /// The last that failed.
    pub last_failure: Option<Status>,
}

impl Measured {
    /// Adds another turn.
    pub(super) fn add(&mut self, turn: Measured) {
        self.took.extend(turn.took);
        self.during += turn.during;
        self.last_failure = turn.last_failure.or(self.last_failure.take());
        for (reason, count) in turn.errors {
            *self.errors.entry(reason).or_default() += count;
        }
    }

    /// Counts a call that failed.
    pub(super) fn fail(&mut self, status: Status) {
        *self.errors.entry(reason(&status)).or_default() += 1;
        self.last_failure = Some(status);
    }

    /// Calls that succeeded, each second.
    pub(super) fn per_second(&self) -> f64 {
        let seconds = self.during.as_secs_f64();
        if seconds > 0.0 { self.took.len() as f64 / seconds } else { 0.0 }
    }

    /// The time that so many of a hundred calls took at most, in milliseconds; nothing where none succeeded.
    pub(super) fn percentile(&self, percent: usize) -> Option<f64> {
        let mut sorted = self.took.clone();
        sorted.sort_unstable();
        let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(at).map(|&micros| micros as f64 / 1_000.0)
    }
}

/// What a failure is counted under: its reason, else its code.
fn reason(status: &Status) -> String {
    Refusal::of(status).map_or_else(|| format!("{:?}", status.code()), |refusal| short_name(refusal.reason).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_what_that_share_of_the_calls_took_at_most() {
        let took = (1..=200).rev().map(|n| n * 1_000).collect();
        let measured = Measured { took, during: Duration::from_secs(4), ..Measured::default() };
        assert_eq!([50, 90, 99].map(|percent| measured.percentile(percent)), [100.0, 180.0, 198.0].map(Some));
        assert_eq!(measured.per_second(), 50.0);
        assert_eq!(Measured::default().percentile(50), None);
    }
}
