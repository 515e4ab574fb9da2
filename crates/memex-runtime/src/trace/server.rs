//! The server's side of a trace: every call runs in a span whose parent is the caller's.

use http::{Request, Response};
use tonic::body::Body;
use tower::BoxError;
use tracing::{Instrument as _, Span};

use super::outcome::{Outcome, Side};
use super::{TRACEPARENT, call_span, is_probe, method_of, set_parent};
use crate::around::{Around, CallFuture};
use crate::metrics::CallMeter;

/// Opens a span `rpc.server` for each call, a child of the span that the request's `traceparent` names, and records
/// the gRPC code that the call ended with, also as a metric. Calls of probes have no metric.
#[derive(Debug, Clone)]
pub(crate) struct ServerTrace {
    /// Measures the calls.
    pub calls: CallMeter,
}

impl Around for ServerTrace {
    fn call<E, F>(&self, request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        let (service, method) = method_of(request.uri().path());
        let span = span_of(&request, service, method);
        let metered = if is_probe(service) { None } else { self.calls.begin(service, method) };
        let outcome = Outcome::of(span.clone(), Side::Server, metered);
        let call = span.in_scope(|| next(request)).instrument(span);
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
