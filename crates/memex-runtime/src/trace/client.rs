//! The client's side of a trace: every call runs in a span and tells the server its name.

use std::task::{Context, Poll};

use http::{HeaderValue, Request, Response};
use tonic::body::Body;
use tower::{Layer, Service};
use tracing::Instrument as _;

use super::outcome::{Outcome, Side};
use super::{TRACEPARENT, call_span, is_probe, method_of, traceparent_of_current};
use crate::CallFuture;
use crate::metrics::CallMeter;

/// Wraps a channel in [`ClientTrace`].
#[derive(Debug, Clone, Copy, Default)]
pub struct ClientTraceLayer;

impl<S> Layer<S> for ClientTraceLayer {
    type Service = ClientTrace<S>;

    fn layer(&self, inner: S) -> ClientTrace<S> {
        ClientTrace { inner, calls: CallMeter::default() }
    }
}

/// Opens a span `rpc.client` for each call, a child of the span that the caller is in, sends it as `traceparent`, and
/// records the gRPC code that the call ended with.
#[derive(Debug, Clone)]
pub struct ClientTrace<S> {
    inner: S,
    calls: CallMeter,
}

impl<S> ClientTrace<S> {
    /// The same, with its calls measured.
    #[must_use]
    pub fn metered(self, calls: CallMeter) -> Self {
        Self { calls, ..self }
    }
}

impl<S> Service<Request<Body>> for ClientTrace<S>
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

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let (service, method) = method_of(request.uri().path());
        let span = if is_probe(service) {
            call_span!(debug_span, "rpc.client", "client", service, method)
        } else {
            call_span!(info_span, "rpc.client", "client", service, method)
        };
        let metered = if is_probe(service) { None } else { self.calls.begin(service, method) };
        let mut outcome = Outcome::of(span.clone(), Side::Client, metered);
        let call = span.in_scope(|| {
            if let Some(value) = traceparent_of_current().and_then(|text| HeaderValue::try_from(text).ok()) {
                request.headers_mut().insert(TRACEPARENT, value);
            }
            self.inner.call(request)
        });
        Box::pin(async move {
            match call.instrument(span).await {
                Ok(response) => Ok(outcome.follow(response)),
                Err(error) => {
                    // The connection failed, so no server gave a code.
                    outcome.record(tonic::Code::Unavailable);
                    Err(error)
                }
            }
        })
    }
}
