//! The server's side of a trace: every call runs in a span whose parent is the caller's.

use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::{Instrument as _, Span};

use super::outcome::{Outcome, Side};
use super::{TRACEPARENT, call_span, is_probe, method_of, set_parent};
use crate::CallFuture;

/// Wraps a server's services in [`ServerTrace`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ServerTraceLayer;

impl<S> Layer<S> for ServerTraceLayer {
    type Service = ServerTrace<S>;

    fn layer(&self, inner: S) -> ServerTrace<S> {
        ServerTrace { inner }
    }
}

/// Opens a span `rpc.server` for each call, a child of the span that the request's `traceparent` names, and records
/// the gRPC code that the call ended with.
#[derive(Debug, Clone)]
pub struct ServerTrace<S> {
    inner: S,
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
        let span = span_of(&request);
        let outcome = Outcome::of(span.clone(), Side::Server);
        let call = span.in_scope(|| self.inner.call(request)).instrument(span);
        Box::pin(async move { call.await.map(|response| outcome.follow(response)) })
    }
}

fn span_of(request: &Request<Body>) -> Span {
    let (service, method) = method_of(request.uri().path());
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
