//! How long to wait before the next claim, and when to say that memory-api cannot be reached.

use std::time::Duration;

use memex_runtime::retry::Backoff;
use memex_runtime::throttle::OncePer;
use tonic::{Code, Status};

use super::DriverSettings;
use crate::calls::{asked_wait, describe};

/// The first wait after a claim that failed.
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// What the waits grow to, so that a worker is back soon after memory-api is.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often an outage is said.
const SAID_ONCE_PER: Duration = Duration::from_secs(60);

/// The waits of one driver.
#[derive(Debug)]
pub(super) struct Pace {
    poll: Duration,
    endpoint: String,
    backoff: Backoff,
    outage: OncePer,
    /// Whether the last word in the log is that claims fail.
    said: bool,
}

impl Pace {
    pub(super) fn new(settings: &DriverSettings) -> Self {
        Self {
            poll: settings.poll,
            endpoint: settings.endpoint.clone(),
            backoff: Backoff::new(FIRST_WAIT, LONGEST_WAIT),
            outage: OncePer::new(SAID_ONCE_PER),
            said: false,
        }
    }

    /// Where there was work there may be more: no wait. Else the poll interval, give or take a fifth, so that workers
    /// that started together do not claim together.
    pub(super) fn after_answer(&mut self, claimed: usize) -> Duration {
        self.backoff.reset();
        if std::mem::take(&mut self.said) {
            tracing::info!("memory-api at {} answers again", self.endpoint);
        }
        if claimed > 0 { Duration::ZERO } else { self.poll.mul_f64(rand::random_range(0.8..1.2)) }
    }

    /// A growing wait, no shorter than the server asked for; says once a minute what is wrong.
    pub(super) fn after_failure(&mut self, status: &Status) -> Duration {
        if let Some(unsaid) = self.outage.pass() {
            self.said = true;
            let code = describe(status);
            let endpoint = &self.endpoint;
            match status.code() {
                Code::Unauthenticated | Code::PermissionDenied => {
                    tracing::warn!(code, unsaid, "memory-api at {endpoint} refuses this worker's token; still trying");
                }
                Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled => {
                    tracing::warn!(code, unsaid, "memory-api at {endpoint} cannot be reached; still trying");
                }
                _ => tracing::warn!(code, unsaid, "memory-api at {endpoint} refuses a claim; still trying"),
            }
        }
        self.backoff.next_after(asked_wait(status))
    }
}
