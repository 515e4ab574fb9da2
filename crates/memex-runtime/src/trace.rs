//! Carries one trace across processes: spans for calls, their ids, parents and links.
//!
//! Spans say which call it was and how it ended. Headers, contents, paths and user ids never go into them.

mod client;
mod outcome;
mod server;

use std::collections::HashMap;

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tonic::Code;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

pub(crate) use client::ClientTrace;
pub(crate) use server::ServerTrace;

/// The W3C header that names the caller's trace and span.
pub const TRACEPARENT: &str = "traceparent";

/// Which trace and which span in it, as revisions and access-log rows keep them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceIds {
    /// Never all zero.
    pub trace_id: [u8; 16],
    /// Never all zero.
    pub span_id: [u8; 8],
}

impl TraceIds {
    /// The trace id as logs and tracing back ends write it: 32 lower-case hexadecimal digits.
    pub fn trace_hex(&self) -> String {
        TraceId::from_bytes(self.trace_id).to_string()
    }

    /// The span id as logs and tracing back ends write it: 16 lower-case hexadecimal digits.
    pub fn span_hex(&self) -> String {
        SpanId::from_bytes(self.span_id).to_string()
    }
}

/// The ids of the span that is entered now; nothing outside any span, or where telemetry was not initialised.
pub fn current_trace() -> Option<TraceIds> {
    let context = Context::current();
    let span = context.span();
    let ids = span.span_context();
    ids.is_valid().then(|| TraceIds { trace_id: ids.trace_id().to_bytes(), span_id: ids.span_id().to_bytes() })
}

/// The `traceparent` of the span that is entered now, to be sent or stored; nothing where there is no span.
pub fn traceparent_of_current() -> Option<String> {
    let mut carrier = HashMap::new();
    TraceContextPropagator::new().inject_context(&Context::current(), &mut carrier);
    carrier.remove(TRACEPARENT)
}

/// Makes the span that `traceparent` names the parent of `span`. To be called before `span` is entered for the first
/// time. Gives false where the text is malformed or the span has begun; `span` then keeps the parent it has.
pub fn set_parent(span: &Span, traceparent: &str) -> bool {
    // Only this one header is read: tracestate is free text of the caller's, and would be exported.
    let carrier = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
    parent.span().span_context().is_valid() && span.set_parent(parent).is_ok()
}

/// Links `span` to a span of another trace, such as a scheduled dream to a write that made its user due. Ids that are
/// all zero are ignored.
pub fn add_link(span: &Span, trace_id: [u8; 16], span_id: [u8; 8]) {
    span.add_link(SpanContext::new(
        TraceId::from_bytes(trace_id),
        SpanId::from_bytes(span_id),
        TraceFlags::SAMPLED,
        true,
        TraceState::default(),
    ));
}

/// The service and the method of a request path `/memex.v1.MemoryService/WriteFile`. The path is the caller's to
/// choose, so whatever does not look like a method's name becomes `unknown` and reaches no span.
fn method_of(path: &str) -> (&str, &str) {
    const LONGEST: usize = 100;
    let plain = |name: &str, dots: bool| {
        (1..=LONGEST).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || (dots && b == b'.'))
    };
    match path.strip_prefix('/').and_then(|rest| rest.split_once('/')) {
        Some((service, method)) if plain(service, true) && plain(method, false) => (service, method),
        _ => ("unknown", "unknown"),
    }
}

/// Whether a service is asked by machines every few seconds. Its spans are `DEBUG`, which no exporter gets.
fn is_probe(service: &str) -> bool {
    service == "grpc.health.v1.Health" || service.starts_with("grpc.reflection.")
}

/// The same of a request's path.
pub(crate) fn is_probe_path(path: &str) -> bool {
    is_probe(method_of(path).0)
}

/// The name of a gRPC code as the specification writes it: `NOT_FOUND`.
pub fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

/// Opens a call's span; a macro because a span's level and kind must be known when compiling.
macro_rules! call_span {
    ($level:ident, $span:literal, $kind:literal, $service:expr, $method:expr) => {
        tracing::$level!(
            $span,
            otel.name = %format_args!("{}/{}", $service, $method),
            otel.kind = $kind,
            otel.status_code = tracing::field::Empty,
            rpc.system = "grpc",
            rpc.service = $service,
            rpc.method = $method,
            rpc.grpc.status_code = tracing::field::Empty,
        )
    };
}
use call_span;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_is_no_method_reaches_no_span() {
        assert_eq!(method_of("/memex.v1.MemoryService/WriteFile"), ("memex.v1.MemoryService", "WriteFile"));
        let long = format!("/{}/Write", "a".repeat(101));
        for odd in ["", "/", "/one", "/a/b/c", "/a b/c", "/a/ada@example.org", "a/b", "/a/", long.as_str()] {
            assert_eq!(method_of(odd), ("unknown", "unknown"), "{odd}");
        }
    }

    #[test]
    fn outside_a_span_there_is_no_trace() {
        assert_eq!(current_trace(), None);
        assert_eq!(traceparent_of_current(), None);
    }

    #[test]
    fn a_malformed_traceparent_is_refused() {
        assert!(!set_parent(&Span::none(), "00-nonsense-01"));
    }
}
