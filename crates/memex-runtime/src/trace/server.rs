//! The server's side of a trace: every call runs in a span whose parent is the caller's.

use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use super::outcome::{Outcome, Side};
use super::{TRACEPARENT, call_span, is_probe, method_of, set_parent};
use crate::CallFuture;
use crate::metrics::CallMeter;

/// Wraps a server's services in [`ServerTrace`].
#[derive(Debug, Clone, Default)]
pub struct ServerTraceLayer {
    /// Measures the calls; off by default.
    pub calls: CallMeter,
}

impl<S> Layer<S> for ServerTraceLayer {
    type Service = ServerTrace<S>;

    fn layer(&self, inner: S) -> ServerTrace<S> {
        ServerTrace { inner, calls: self.calls.clone() }
    }
}

/// Opens a span `rpc.server` for each call, a child of the span that the request's `traceparent` names, and records
/// the gRPC code that the call ended with, also as a metric. Calls of probes have no metric.
#[derive(Debug, Clone)]
pub struct ServerTrace<S> {
    inner: S,
    calls: CallMeter,
}

impl<S> Service<Request<Body>> for ServerTrace<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = CallFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (service, method) = method_of(request.uri().path());
        let span = span_of(&request, service, method);
        let metered = if is_probe(service) { None } else { self.calls.begin(service, method) };
        let outcome = Outcome::of(span.clone(), Side::Server, metered);
        let call = span.in_scope(|| self.inner.call(request)).instrument(span);
        Box::pin(async move { call.await.map(|response| outcome.follow(response)) })
    }
}

fn span_of(request: &Request<Body>, service: &str, method: &str) -> Span {
    let span = if is_probe(service) {
        call_span!(debug_span, "rpc.server", "server", service, method)
    } else {
        call_span!(info_span, "rpc.server", "server", service, method)
    };
    if let Some(traceparent) = request.headers().get(TRACEPARENT).and_then(|value| value.to_str().ok()) {
        set_parent(&span, traceparent);
    }
    span
}
