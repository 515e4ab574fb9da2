//! A whole worker: its health listener and its driver, from start to the end of the drain.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use memex_core::clock::Clock;
use memex_runtime::client::connect;
use memex_runtime::health::Health;
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::server::{self, Drained, ServerLimits, bind};
use memex_runtime::telemetry::{self, Telemetry};
use tokio::net::TcpListener;
use tonic::service::Routes;

use crate::{Driver, DriverSettings, WorkerArgs, WorkerError, WorkerSettings};

/// The name under which the health service gives this worker's readiness: SERVING while its last claim succeeded, or
/// while it is switched off. The empty name is liveness.
pub const HEALTH_SERVICE: &str = "dream-worker";

/// How long a health call in flight may hold the end of a worker that has drained.
const HEALTH_DRAIN: Duration = Duration::from_secs(1);

/// A worker that has its health listener and has not begun to claim.
pub struct Worker {
    settings: WorkerSettings,
    driver: Driver,
    health: Health,
    listener: TcpListener,
    address: SocketAddr,
    telemetry: Telemetry,
}

/// Runs a worker until `shutdown`, drain included.
///
/// # Errors
/// [`WorkerError`], at start, or where the health listener fails. An unreachable memory-api is waited for.
pub async fn serve(args: WorkerArgs, clock: Arc<dyn Clock>, shutdown: Shutdown) -> Result<(), WorkerError> {
    Worker::bind(args, clock).await?.run(shutdown).await
}

impl Worker {
    /// Checks the settings, sets up telemetry where this process has none yet, and listens for health.
    ///
    /// # Errors
    /// Settings that cannot be used, all at once, and an address that cannot be had.
    pub async fn bind(args: WorkerArgs, clock: Arc<dyn Clock>) -> Result<Self, WorkerError> {
        let settings = args.settings()?;
        let telemetry = telemetry::init("dream-worker", &args.telemetry)?;
        let listener = bind(settings.listen, settings.allow_plaintext).await?;
        let address = listener.local_addr().unwrap_or(settings.listen);
        let health = Health::new();
        let meters = telemetry.meters();
        let channel = connect(&settings.client).metered(&meters);
        let driver = Driver::new(channel, DriverSettings::of(&settings), clock, health.clone()).metered(&meters);
        Ok(Self { settings, driver, health, listener, address, telemetry })
    }

    /// Where health is asked for, the port chosen by the system included.
    pub fn health_address(&self) -> SocketAddr {
        self.address
    }

    /// Claims and dreams until `shutdown`, then drains. Health answers until the drain is over, with readiness
    /// NOT_SERVING.
    ///
    /// # Errors
    /// Where the health listener fails; running dreams are then left to their leases.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), WorkerError> {
        self.announce();
        // Health outlives the drain, so that a probe hears NOT_SERVING instead of a refused connection.
        let ended = Shutdown::manual();
        let routes = Routes::new(self.health.service());
        let limits = ServerLimits { drain_timeout: HEALTH_DRAIN, ..ServerLimits::default() };
        let mut serving = pin!(server::serve(self.listener, routes, &self.health, &ended, limits));
        let served = tokio::select! {
            // Nobody has told it to end, so this is its failure.
            served = &mut serving => served,
            () = self.driver.run(&shutdown) => {
                ended.trigger();
                serving.await
            }
        };
        tracing::info!("dream-worker {} has ended", self.settings.name);
        self.telemetry.shutdown().await;
        served.map(|(Drained::Clean | Drained::Cut)| ()).map_err(WorkerError::Health)
    }

    fn announce(&self) {
        let WorkerSettings { name, endpoint, slots, poll, drain, enabled, .. } = &self.settings;
        let [spans, metrics] =
            [self.telemetry.exporting_to(), self.telemetry.metrics_to()].map(|endpoint| endpoint.unwrap_or("nowhere"));
        tracing::info!(
            slots,
            poll_ms = poll.as_millis() as u64,
            drain_s = drain.as_secs(),
            "dream-worker {name} answers health on {}, claims from memory-api at {endpoint}, exports spans to {spans} and metrics to {metrics}",
            self.address
        );
        if !enabled {
            tracing::warn!("dreaming is switched off here: MEMEX_DREAM_ENABLED is not true, so nothing is claimed");
        }
    }
}
