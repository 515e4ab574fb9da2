//! One memory-api of a stack, in this process.

use std::net::SocketAddr;
use std::sync::Arc;

use memex_core::clock::Clock;
use memex_runtime::lifecycle::{LifecycleArgs, Shutdown};
use memex_runtime::metrics::Meters;
use memex_runtime::server::{LoadArgs, ServerArgs, ServerTlsArgs};
use memex_runtime::telemetry::TelemetryArgs;
use memory_api::args::{DatabaseArgs, ErasureArgs, ServeArgs};
use memory_api::{Guards, RunError, serve};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::Fault;

/// A memory-api that serves. Dropped, it is told to end.
pub(super) struct Replica {
    address: SocketAddr,
    shutdown: Shutdown,
    serving: JoinHandle<Result<(), RunError>>,
}

impl Replica {
    /// Serves on a free port of loopback.
    pub(super) async fn start(
        database: DatabaseArgs,
        erasure: ErasureArgs,
        clock: Arc<dyn Clock>,
        guards: Guards,
    ) -> Result<Self, Fault> {
        let args = ServeArgs {
            server: ServerArgs { listen: SocketAddr::from(([127, 0, 0, 1], 0)).into(), ..ServerArgs::default() },
            tls: ServerTlsArgs::default(),
            load: LoadArgs::default(),
            database,
            erasure,
            telemetry: TelemetryArgs::default(),
            lifecycle: LifecycleArgs { drain_seconds: 5.into() },
        };
        let shutdown = Shutdown::manual();
        let (ready, listening) = oneshot::channel();
        let said = |address| {
            // Nobody listens where the test has ended meanwhile.
            let _ = ready.send(address);
        };
        let serving = tokio::spawn(serve(args, clock, guards, Meters::off(), shutdown.clone(), said));
        match listening.await {
            Ok(address) => Ok(Self { address, shutdown, serving }),
            // It ended without a word, so there is an error to give.
            Err(_) => Err(serving.await?.err().map_or_else(|| "memory-api ended at once".into(), Fault::from)),
        }
    }

    /// Where it answers.
    pub(super) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends it, calls in flight answered.
    pub(super) async fn stop(mut self) {
        self.shutdown.trigger();
        match (&mut self.serving).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "memory-api ended with an error"),
            Err(error) => tracing::error!(%error, "memory-api panicked"),
        }
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.shutdown.trigger();
    }
}
