//! Tries again after a transient failure, with growing jittered waits; the only user of the crate `backoff`.

use std::future::Future;
use std::time::Duration;

use backoff::SystemClock;
use backoff::backoff::Backoff as _;
use backoff::exponential::{ExponentialBackoff, ExponentialBackoffBuilder};
use tokio::time::Instant;

/// How far a wait strays from its interval: half of it in both directions, so that clients that failed together do not
/// come back together.
const JITTER: f64 = 0.5;

/// How often and how long to try. The n-th wait lies between half and one and a half times
/// `min(initial × 2ⁿ⁻¹, max_interval)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first interval.
    pub initial: Duration,
    /// What the interval grows to.
    pub max_interval: Duration,
    /// How many times the operation runs at most, the first time included. 0 counts as 1.
    pub max_attempts: u32,
    /// No wait is begun that would end later than this after the start. It does not cut a running attempt off: give
    /// each attempt a deadline of its own.
    pub max_elapsed: Duration,
}

impl Default for RetryPolicy {
    /// For one call that a person or a lease waits for: 5 attempts within 20 s, from 100 ms up to 5 s.
    fn default() -> Self {
        Self {
            initial: Duration::from_millis(100),
            max_interval: Duration::from_secs(5),
            max_attempts: 5,
            max_elapsed: Duration::from_secs(20),
        }
    }
}

/// What a failure means for trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Classify {
    /// The same attempt would fail again.
    Permanent,
    /// The same attempt may succeed later.
    Transient {
        /// The least wait that the server asked for (google.rpc.RetryInfo), if it did.
        after: Option<Duration>,
    },
}

/// Runs `op` until it succeeds, fails permanently, or `policy` is used up. Waits through tokio's time, and can be
/// dropped at any point.
///
/// # Errors
/// The last failure of `op`.
pub async fn retry<T, E, F, Fut>(policy: RetryPolicy, mut op: F, classify: impl Fn(&E) -> Classify) -> Result<T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let started = Instant::now();
    let mut waits = Backoff::new(policy.initial, policy.max_interval);
    let mut attempts = 0;
    loop {
        let error = match op().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        attempts += 1;
        let Classify::Transient { after } = classify(&error) else { return Err(error) };
        let wait = waits.next_after(after);
        if attempts >= policy.max_attempts || started.elapsed() + wait > policy.max_elapsed {
            return Err(error);
        }
        tracing::debug!(attempts, wait_ms = wait.as_millis() as u64, "a call failed and is tried again");
        tokio::time::sleep(wait).await;
    }
}

/// Endless jittered waits for loops that never give up, such as a worker whose memory-api is unreachable. As an
/// iterator it never ends.
#[derive(Debug)]
pub struct Backoff(ExponentialBackoff<SystemClock>);

impl Backoff {
    /// Waits around `initial`, doubling up to around `max_interval`.
    pub fn new(initial: Duration, max_interval: Duration) -> Self {
        // Without an end in time the crate's own clock decides nothing, so tokio's is the only one that counts.
        Self(
            ExponentialBackoffBuilder::new()
                .with_initial_interval(initial.min(max_interval))
                .with_max_interval(max_interval)
                .with_multiplier(2.0)
                .with_randomization_factor(JITTER)
                .with_max_elapsed_time(None)
                .build(),
        )
    }

    /// The next wait.
    pub fn next_wait(&mut self) -> Duration {
        self.0.next_backoff().unwrap_or(self.0.max_interval)
    }

    /// The next wait, and no less than the server's `hint`. A hint that decides is stretched by up to a quarter,
    /// because a server under load gives the same one to everybody.
    pub fn next_after(&mut self, hint: Option<Duration>) -> Duration {
        let wait = self.next_wait();
        match hint {
            Some(hint) if hint > wait => hint.mul_f64(rand::random_range(1.0..1.25)),
            _ => wait,
        }
    }

    /// Waits through tokio's time.
    pub async fn wait(&mut self) {
        let wait = self.next_wait();
        tokio::time::sleep(wait).await;
    }

    /// Begins again with the first interval. Call it after a success.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        Some(self.next_wait())
    }
}

#[cfg(test)]
mod tests;
