//! The client's side of a trace: every call runs in a span and tells the server its name.

use http::{HeaderValue, Request, Response};
use tonic::body::Body;
use tower::BoxError;
use tracing::Instrument as _;

use super::outcome::{Outcome, Side};
use super::{TRACEPARENT, call_span, is_probe, method_of, traceparent_of_current};
use crate::around::{Around, CallFuture};
use crate::metrics::CallMeter;

/// Opens a span `rpc.client` for each call, a child of the span that the caller is in, sends it as `traceparent`, and
/// records the gRPC code that the call ended with.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientTrace {
    /// Measures the calls; off by default.
    pub calls: CallMeter,
}

impl Around for ClientTrace {
    fn call<E, F>(&self, mut request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
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
            next(request)
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
