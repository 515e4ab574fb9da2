//! Says a thing that keeps happening once in a while instead of every time.

use std::sync::Mutex;
use std::time::Duration;

use tokio::time::Instant;

/// Lets one through in every stretch of time, and counts the others.
///
/// ```
/// # use memex_runtime::throttle::OncePer;
/// let unreachable = OncePer::new(std::time::Duration::from_secs(60));
/// if let Some(unsaid) = unreachable.pass() {
///     tracing::warn!(unsaid, "memory-api is unreachable; trying again with back-off");
/// }
/// ```
#[derive(Debug)]
pub struct OncePer {
    stretch: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    passed_at: Option<Instant>,
    held_back: u64,
}

impl OncePer {
    /// One in every `stretch`; the first passes at once.
    pub fn new(stretch: Duration) -> Self {
        Self { stretch, state: Mutex::default() }
    }

    /// `Some(how many were held back since the last one that passed)` when it is time to speak, else nothing.
    pub fn pass(&self) -> Option<u64> {
        let now = Instant::now();
        let mut state = self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if state.passed_at.is_some_and(|at| now.duration_since(at) < self.stretch) {
            state.held_back += 1;
            return None;
        }
        state.passed_at = Some(now);
        Some(std::mem::take(&mut state.held_back))
    }

    /// Forgets the past: the next one passes at once. Call it when the trouble is over.
    pub fn reset(&self) {
        *self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = State::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_passes_a_minute_and_the_rest_are_counted() {
        let throttle = OncePer::new(Duration::from_secs(60));
        assert_eq!(throttle.pass(), Some(0));
        assert_eq!(throttle.pass(), None);
        tokio::time::advance(Duration::from_secs(59)).await;
        assert_eq!(throttle.pass(), None);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(throttle.pass(), Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_reset_the_next_one_passes() {
        let throttle = OncePer::new(Duration::from_secs(60));
        assert_eq!(throttle.pass(), Some(0));
        throttle.reset();
        assert_eq!(throttle.pass(), Some(0));
    }
}
