//! Time as an argument: what asks for the hour takes a [`Clock`], so that a test or a simulation can set it.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Where the time comes from. Rules that Postgres decides use its clock instead; this one is for everything else.
pub trait Clock: Send + Sync + 'static {
    /// The time now, in UTC. It may jump, as a machine's clock may.
    fn now(&self) -> DateTime<Utc>;
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> DateTime<Utc> {
        (**self).now()
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    // The one place that asks the wall; everything else is handed a clock.
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is moved; for tests, evaluations and `as_of`.
#[derive(Debug)]
pub struct FixedClock {
    now: Mutex<DateTime<Utc>>,
}

impl FixedClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> FixedClock {
        FixedClock { now: Mutex::new(now) }
    }

    /// Shows `now` from here on.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.lock() = now;
    }

    /// Moves the clock by `delta`, backwards where it is negative.
    ///
    /// # Panics
    /// Beyond the year 262,000.
    pub fn advance(&self, delta: TimeDelta) {
        *self.lock() += delta;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
        // A time is whole whatever its last holder did, so that a poisoned lock says nothing about it.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let start = DateTime::from_timestamp(1_000, 0).unwrap();
        let clock = Arc::new(FixedClock::new(start));
        assert_eq!((clock.now(), clock.now()), (start, start));
        clock.advance(TimeDelta::minutes(-2));
        assert_eq!(Clock::now(&clock), start - TimeDelta::minutes(2));
        clock.set(start);
        assert_eq!(clock.now(), start);
    }
}
