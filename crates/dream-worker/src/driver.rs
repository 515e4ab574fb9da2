//! Claims due dreams into free slots, waits while there are none, and drains at the end.

mod pace;

use std::sync::Arc;
use std::time::Duration;

use memex_core::clock::Clock;
use memex_proto::v1::DreamAssignment;
use memex_runtime::client::AuthChannel;
use memex_runtime::failpoints::{self, Point};
use memex_runtime::health::Health;
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::metrics::Meters;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::calls::Calls;
use crate::curator::Curators;
use crate::dream::{DreamMeter, Dreamer};
use crate::{HEALTH_SERVICE, WorkerError, WorkerSettings};
use pace::Pace;

/// How long a claim under way may still take when the worker is told to end: what it grants is handed back.
const LAST_CLAIM: Duration = Duration::from_secs(2);

/// How long dreams may take to end after they were told that they are handed back.
const HANDING_BACK: Duration = Duration::from_secs(4);

/// What a driver goes by.
#[derive(Debug, Clone)]
pub struct DriverSettings {
    /// The process switch: off, nothing is claimed.
    pub enabled: bool,
    /// memory-api's address, for the log.
    pub endpoint: String,
    /// The worker's name, for people.
    pub name: String,
    /// Dreams at once.
    pub slots: u32,
    /// The wait between claims while nobody is due, before its jitter of a fifth.
    pub poll: Duration,
    /// How long running dreams may still take after the shutdown.
    pub drain: Duration,
}

impl DriverSettings {
    /// The driver's part of a worker's settings.
    pub fn of(settings: &WorkerSettings) -> Self {
        let WorkerSettings { enabled, endpoint, name, slots, poll, drain, .. } = settings.clone();
        Self { enabled, endpoint, name, slots, poll, drain }
    }
}

/// Claims and dreams. It keeps nothing that a restart would miss: what is due stands in Postgres.
pub struct Driver {
    settings: DriverSettings,
    dreamer: Dreamer,
    health: Health,
}

impl Driver {
    /// A driver over `channel`, which shows the worker's token. `health` hears whether the last claim succeeded, under
    /// [`HEALTH_SERVICE`]. `clock` is asked for the day only where an assignment names none.
    pub fn new(channel: AuthChannel, settings: DriverSettings, clock: Arc<dyn Clock>, health: Health) -> Self {
        let dreamer = Dreamer {
            calls: Calls::over(channel),
            clock,
            curators: Curators::default(),
            release: CancellationToken::new(),
            meter: DreamMeter::default(),
        };
        Self { settings, dreamer, health }
    }

    /// The same, with its dreams counted and timed.
    #[must_use]
    pub fn metered(mut self, meters: &Meters) -> Self {
        self.dreamer.meter = DreamMeter::new(meters);
        self
    }

    #[cfg(test)]
    pub(crate) fn with_curator(mut self, curator: Arc<dyn crate::curator::Curator>) -> Self {
        self.dreamer.curators = Curators { builtin: curator };
        self
    }

    /// Claims once, runs what it got to its end, and gives the number of dreams run: the loop's one step, for tests
    /// and simulations. Switched off it claims nothing. Dropped half-way, its dreams stop as if the worker had died.
    ///
    /// # Errors
    /// [`WorkerError::Claim`] where the claim fails. A dream that fails is no error of the step.
    pub async fn poll_once(&self) -> Result<usize, WorkerError> {
        if !self.settings.enabled {
            return Ok(0);
        }
        let mut running = JoinSet::new();
        let claimed_at = Instant::now();
        let claimed = self.claim(self.settings.slots).await.map_err(WorkerError::Claim)?;
        let count = claimed.len();
        self.begin(&mut running, claimed, claimed_at);
        while let Some(ended) = running.join_next().await {
            note(ended);
        }
        Ok(count)
    }

    /// Claims and dreams until `shutdown`, then drains: running dreams may end within the drain time, the rest are
    /// handed back. Returns when no dream runs any more. A memory-api that cannot be reached is waited for.
    pub async fn run(&self, shutdown: &Shutdown) {
        let mut running = JoinSet::new();
        self.health.set(HEALTH_SERVICE, !self.settings.enabled).await;
        if self.settings.enabled {
            self.claim_until(shutdown, &mut running).await;
        } else {
            shutdown.triggered().await;
        }
        self.drain(running).await;
    }

    async fn claim_until(&self, shutdown: &Shutdown, running: &mut JoinSet<()>) {
        let mut pace = Pace::new(&self.settings);
        let mut next = Instant::now();
        loop {
            let free = self.settings.slots as usize - running.len().min(self.settings.slots as usize);
            tokio::select! {
                biased;
                () = shutdown.triggered() => return,
                Some(ended) = running.join_next() => note(ended),
                () = sleep_until(next), if free > 0 => {
                    let Some(wait) = self.fill(running, free as u32, &mut pace, shutdown).await else { return };
                    next = Instant::now() + wait;
                }
            }
        }
    }

    /// Claims for `free` slots and begins what it got: how long to wait before the next claim, or nothing where the
    /// worker was told to end before there was an answer.
    async fn fill(
        &self,
        running: &mut JoinSet<()>,
        free: u32,
        pace: &mut Pace,
        shutdown: &Shutdown,
    ) -> Option<Duration> {
        let claimed_at = Instant::now();
        let told_to_end = async {
            shutdown.triggered().await;
            tokio::time::sleep(LAST_CLAIM).await;
        };
        let answer = tokio::select! {
            answer = self.claim(free) => answer,
            () = told_to_end => return None,
        };
        Some(match answer {
            Ok(claimed) => {
                let wait = pace.after_answer(claimed.len());
                self.begin(running, claimed, claimed_at);
                wait
            }
            Err(status) => pace.after_failure(&status),
        })
    }

    async fn claim(&self, max: u32) -> Result<Vec<DreamAssignment>, Box<Status>> {
        let answer = self.dreamer.calls.claim(&self.settings.name, max).await;
        self.health.set(HEALTH_SERVICE, answer.is_ok()).await;
        answer
    }

    fn begin(&self, running: &mut JoinSet<()>, claimed: Vec<DreamAssignment>, claimed_at: Instant) {
        for assignment in claimed {
            let dreamer = self.dreamer.clone();
            running.spawn(async move { dreamer.dream(assignment, claimed_at).await });
        }
    }

    async fn drain(&self, mut running: JoinSet<()>) {
        self.health.set(HEALTH_SERVICE, false).await;
        let dreams = running.len();
        let drain_s = self.settings.drain.as_secs();
        tracing::info!(dreams, drain_s, "no more is claimed; running dreams may end within the drain time");
        failpoints::pass(Point::InDrain).await;
        if timeout(self.settings.drain, all_ended(&mut running)).await.is_ok() {
            return;
        }
        tracing::info!(dreams = running.len(), "the drain time is over: what still runs is handed back");
        self.dreamer.release.cancel();
        if timeout(HANDING_BACK, all_ended(&mut running)).await.is_err() {
            tracing::warn!(dreams = running.len(), "dreams could not be handed back; their leases will run out");
        }
    }
}

async fn all_ended(running: &mut JoinSet<()>) {
    while let Some(ended) = running.join_next().await {
        note(ended);
    }
}

/// A dream's task gives nothing; one that panicked is a defect of ours, and its lease runs out.
fn note(ended: Result<(), JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("a dream broke off with a panic; its lease will run out and the user is dreamt for again");
    }
}
