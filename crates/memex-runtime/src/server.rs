//! Serves gRPC: listening, the layers that every call passes, and an end without loss.

mod connections;
mod listen;
mod tls;

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tonic::Status;
use tonic::service::Routes;
use tonic::transport::Server;
use tower::ServiceBuilder;

use crate::around::AroundLayer;
use crate::deadline::{Deadlined, Uploads};
use crate::health::Health;
use crate::in_flight::{InFlight, Places};
use crate::lifecycle::Shutdown;
use crate::long_headers::LongHeaders;
use crate::metrics::CallMeter;
use crate::panics::CatchPanic;
use crate::trace::ServerTrace;
use crate::unreadable::Unreadable;

pub use connections::Connection;
pub use listen::{BindError, Listening, LoadArgs, ServerArgs, address, bind};
pub use tls::{ServerTls, ServerTlsArgs};

/// The longest message that services read and write, in bytes: 4 MiB, gRPC's own default, which every client library
/// accepts, stated so that server and client agree. Set it on each generated service with `max_decoding_message_size`.
pub const MAX_MESSAGE_BYTES: usize = 4 * 1024 * 1024;

/// Calls that one connection may have open at once. More wait at the client; fewer than [`InFlight::CALLS`], so that one
/// connection cannot take every place.
const MAX_CALLS_PER_CONNECTION: u32 = 400;

/// Calls of one connection that were left before the server took them up, and that it still remembers. A client whose
/// calls are all left at once, again and again before the server comes to them, keeps its connection; h2's own 20 end it.
/// What lies there has no more than its headers, as what is open has.
const MAX_CALLS_LEFT: usize = 4 * MAX_CALLS_PER_CONNECTION as usize;

/// The longest list of request headers, in bytes: a token and a trace context fit many times over.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// The longest list of request headers that is read, in bytes, so that a call over [`MAX_HEADER_BYTES`] gets an answer.
/// HTTP/2 cuts off what is longer still. A connection reads one list at a time.
const MAX_READ_HEADER_BYTES: u32 = 1024 * 1024;

/// How a server treats calls and connections. Begin with the default and change what differs.
#[derive(Debug, Clone)]
pub struct ServerLimits {
    /// No call waits longer than this for its answer to begin, whatever deadline it brings.
    pub max_call: Duration,
    /// The calls that have longer, and how much.
    pub uploads: Uploads,
    /// How long calls in flight may still take after the shutdown.
    pub drain_timeout: Duration,
    /// A connection that says nothing for this long is pinged.
    pub keepalive_interval: Duration,
    /// A ping that is not answered within this ends the connection.
    pub keepalive_timeout: Duration,
    /// What a caller gets whose message a service cannot read.
    pub unreadable: Unreadable,
    /// What a caller gets whose headers are too long.
    pub long_headers: fn() -> Status,
    /// What a caller gets whose time is up.
    pub late: fn() -> Status,
    /// How much is done at once.
    pub in_flight: InFlight,
    /// Measures the calls.
    pub calls: CallMeter,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            max_call: Duration::from_secs(60),
            uploads: Uploads::default(),
            drain_timeout: Duration::from_secs(25),
            keepalive_interval: Duration::from_secs(20),
            keepalive_timeout: Duration::from_secs(10),
            unreadable: Unreadable::default(),
            long_headers: || Status::resource_exhausted("the headers are too long"),
            late: Deadlined::plainly_late,
            in_flight: InFlight::default(),
            calls: CallMeter::default(),
        }
    }
}

/// How serving ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Drained {
    /// Every call in flight got its answer.
    Clean,
    /// The drain time passed, and connections that still had calls were cut.
    Cut,
}

/// Serves `routes` until `shutdown`, each call within a span, a net for panics, a bound on the work in flight and a
/// deadline.
///
/// On shutdown `health` says NOT_SERVING first; then no connection is accepted, clients are told to go elsewhere, and
/// calls in flight have [`ServerLimits::drain_timeout`] to end. What still runs after that is dropped.
/// `routes` should contain [`Health::service`]; watchers of it are let go at shutdown.
///
/// # Errors
/// When the transport fails as a whole; a failing connection is not an error of the server.
pub async fn serve(
    listening: impl Into<Listening>,
    routes: Routes,
    health: &Health,
    shutdown: &Shutdown,
    limits: ServerLimits,
) -> Result<Drained, tonic::transport::Error> {
    let cut = CancellationToken::new();
    let Listening { listener, tls } = listening.into();
    let _following = tls.clone().map(|tls| AbortOnDropHandle::new(tokio::spawn(tls.follow())));
    let connections = connections::accept(listener, tls, cut.clone());
    let stopping = async {
        shutdown.triggered().await;
        health.end().await;
        health.end_watches().await;
    };
    let out_of_time = async {
        shutdown.triggered().await;
        tokio::time::sleep(limits.drain_timeout).await;
    };
    let deadline = Deadlined::at_most(limits.max_call).with_uploads(limits.uploads).answering(limits.late);
    let layers = ServiceBuilder::new()
        .layer(AroundLayer(ServerTrace { calls: limits.calls }))
        .layer(AroundLayer(CatchPanic))
        .layer(AroundLayer(LongHeaders { most_bytes: MAX_HEADER_BYTES, answer: limits.long_headers }))
        .layer(AroundLayer(Places::new(limits.in_flight)))
        .layer(AroundLayer(deadline))
        .layer(AroundLayer(limits.unreadable))
        .into_inner();
    let serving = Server::builder()
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        .max_concurrent_streams(MAX_CALLS_PER_CONNECTION)
        .http2_max_pending_accept_reset_streams(Some(MAX_CALLS_LEFT))
        .http2_max_header_list_size(MAX_READ_HEADER_BYTES)
        .layer(layers)
        .serve_with_incoming_shutdown(routes.prepare(), connections, stopping);
    tokio::select! {
        biased;
        served = serving => served.map(|()| Drained::Clean),
        () = out_of_time => {
            cut.cancel();
            tracing::warn!(
                drain_timeout_s = limits.drain_timeout.as_secs(),
                "calls were still in flight when the drain time was over, and were cut off"
            );
            Ok(Drained::Cut)
        }
    }
}
