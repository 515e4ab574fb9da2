//! A receiver of spans and metrics: OpenTelemetry's own collector services, in the test's process.

mod metrics;

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{ExportMetricsServiceRequest, ExportMetricsServiceResponse};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message as _;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

pub use metrics::{Metrics, Reading, Series};

/// Listens on loopback and keeps whatever is exported to it.
#[derive(Debug)]
pub struct Receiver {
    endpoint: String,
    kept: Kept,
}

#[derive(Debug, Clone, Default)]
struct Kept(Arc<Mutex<Received>>);

#[tonic::async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).spans.push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Kept {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).metrics.push(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

impl Receiver {
    /// Serves until the test's runtime ends.
    ///
    /// # Panics
    /// Where loopback cannot be listened on.
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
        let endpoint = format!("http://{}", listener.local_addr().expect("a bound port has an address"));
        let kept = Kept::default();
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(kept.clone()))
            .add_service(MetricsServiceServer::new(kept.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        Self { endpoint, kept }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` must say.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Everything that has come so far. A process that has ended has sent all its spans and metrics.
    pub fn received(&self) -> Received {
        self.kept.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What was exported.
#[derive(Debug, Clone, Default)]
pub struct Received {
    spans: Vec<ExportTraceServiceRequest>,
    metrics: Vec<ExportMetricsServiceRequest>,
}

/// One span, and which service it is of.
#[derive(Debug, Clone)]
pub struct Exported {
    /// `service.name`.
    pub service: String,
    /// The span as it was sent.
    pub span: Span,
}

impl Received {
    /// Every span.
    pub fn spans(&self) -> Vec<Exported> {
        let mut spans = Vec::new();
        for of_resource in self.spans.iter().flat_map(|export| &export.resource_spans) {
            let service = service_of(of_resource.resource.as_ref());
            let sent = of_resource.scope_spans.iter().flat_map(|of_scope| &of_scope.spans);
            spans.extend(sent.map(|span| Exported { service: service.clone(), span: span.clone() }));
        }
        spans
    }

    /// All of it as it was on the wire: names, attributes, events, links, resources, scopes and whatever else there is.
    pub fn bytes(&self) -> Vec<u8> {
        let spans = self.spans.iter().flat_map(ExportTraceServiceRequest::encode_to_vec);
        spans.chain(self.metrics.iter().flat_map(ExportMetricsServiceRequest::encode_to_vec)).collect()
    }

    /// Every series of metrics, with what it said last.
    pub fn metrics(&self) -> Metrics {
        Metrics::of(&self.metrics)
    }
}

/// `service.name`.
fn service_of(resource: Option<&Resource>) -> String {
    let mut attributes = resource.into_iter().flat_map(|resource| &resource.attributes);
    attributes.find(|attribute| attribute.key == "service.name").and_then(text_of).unwrap_or_default()
}

/// An attribute's value, where it is a text.
fn text_of(attribute: &KeyValue) -> Option<String> {
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.clone()),
        _ => None,
    }
}

impl Exported {
    /// Whether it is that service's span of that kind and name.
    pub fn is(&self, service: &str, kind: SpanKind, name: &str) -> bool {
        self.service == service && self.span.kind() == kind && self.span.name == name
    }

    /// Whether it is a child of another in the same trace.
    pub fn is_child_of(&self, parent: &Self) -> bool {
        self.span.trace_id == parent.span.trace_id && self.span.parent_span_id == parent.span.span_id
    }

    /// Trace and span id, as logs write them.
    pub fn ids(&self) -> (String, String) {
        (hex::encode(&self.span.trace_id), hex::encode(&self.span.span_id))
    }
}

/// The one span of that service, kind and name.
///
/// # Panics
/// Where there is none, or there are several.
pub fn the<'a>(spans: &'a [Exported], service: &str, kind: SpanKind, name: &str) -> &'a Exported {
    let found: Vec<_> = spans.iter().filter(|span| span.is(service, kind, name)).collect();
    let all = || spans.iter().map(|span| format!("{} {}", span.service, span.span.name)).collect::<Vec<_>>();
    assert_eq!(found.len(), 1, "spans {name} of {service} in {:#?}", all());
    found[0]
}
