//! memory-api over a stack's database, in this process, started with what a test gives it.

use std::net::SocketAddr;
use std::sync::Arc;

use memex_core::clock::SystemClock;
use memex_runtime::lifecycle::{LifecycleArgs, Shutdown};
use memex_runtime::metrics::Meters;
use memex_runtime::server::{LoadArgs, ServerArgs, ServerTlsArgs};
use memex_runtime::telemetry::TelemetryArgs;
use memex_stack::stack::Stack;
use memory_api::args::{DatabaseArgs, ErasureArgs, ServeArgs};
use memory_api::{Guards, RunError, serve};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A memory-api that serves.
pub struct Serving {
    address: SocketAddr,
    shutdown: Shutdown,
    serving: JoinHandle<Result<(), RunError>>,
}

/// On a free port of loopback, in plain text, with two connections: what a test changes of it is what it is about.
pub fn args(stack: &Stack) -> ServeArgs {
    let database =
        DatabaseArgs { database_url: Some(stack.database_url()), owner_database_url: None, max_connections: 2.into() };
    ServeArgs {
        server: ServerArgs { listen: SocketAddr::from(([127, 0, 0, 1], 0)).into(), ..ServerArgs::default() },
        tls: ServerTlsArgs::default(),
        load: LoadArgs::default(),
        database,
        erasure: ErasureArgs::default(),
        telemetry: TelemetryArgs::default(),
        lifecycle: LifecycleArgs { drain_seconds: 5.into() },
    }
}

impl Serving {
    /// Serves until it is told to end.
    ///
    /// # Errors
    /// As memory-api's `serve`, where it ends before it listens.
    ///
    /// # Panics
    /// Where it ends by itself without an error.
    pub async fn start(args: ServeArgs) -> Result<Self, RunError> {
        Self::start_with(args, Guards::default()).await
    }

    /// The same with these guards.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub async fn start_with(args: ServeArgs, guards: Guards) -> Result<Self, RunError> {
        let shutdown = Shutdown::manual();
        let (ready, listening) = oneshot::channel();
        let said = |address| ready.send(address).expect("the test waits for the address");
        let serving = tokio::spawn(serve(args, Arc::new(SystemClock), guards, Meters::off(), shutdown.clone(), said));
        match listening.await {
            Ok(address) => Ok(Self { address, shutdown, serving }),
            Err(_) => Err(serving.await.expect("serving does not panic").expect_err("it ended before it listened")),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL, in plain text.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells it to end, and waits until it has.
    ///
    /// # Panics
    /// Where it ends with an error.
    pub async fn end(self) {
        self.shutdown.trigger();
        self.serving.await.expect("serving does not panic").expect("it ends as it was told");
    }
}
