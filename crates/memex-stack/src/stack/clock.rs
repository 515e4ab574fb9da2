//! The services' clock in a stack: the machine's, moved as far as the database's.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use memex_core::clock::{Clock, SystemClock};

/// The machine's time and what was added to it.
#[derive(Debug, Default)]
pub(super) struct MovedClock {
    moved: Mutex<TimeDelta>,
}

impl MovedClock {
    /// Lets time pass.
    pub(super) fn advance(&self, time: Duration) {
        let time = TimeDelta::from_std(time).expect("a test lets less than a million years pass");
        *self.moved.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }
}

impl Clock for MovedClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + *self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
