//! Spans reach a real OTLP receiver, here in the test's own process; a program of its own, because a process has one
//! subscriber.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

use std::time::Duration;

use memex_runtime::telemetry::{TelemetryArgs, init};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{TraceService, TraceServiceServer};
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

struct Receiver(mpsc::UnboundedSender<ExportTraceServiceRequest>);

#[tonic::async_trait]
impl TraceService for Receiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.send(request.into_inner()).ok();
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

async fn receiver() -> (String, mpsc::UnboundedReceiver<ExportTraceServiceRequest>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = mpsc::unbounded_channel();
    let service = TraceServiceServer::new(Receiver(sender));
    tokio::spawn(
        tonic::transport::Server::builder().add_service(service).serve_with_incoming(TcpListenerStream::new(listener)),
    );
    (endpoint, received)
}

async fn next_names(received: &mut mpsc::UnboundedReceiver<ExportTraceServiceRequest>) -> (String, Vec<String>) {
    let request = tokio::time::timeout(Duration::from_secs(30), received.recv()).await.unwrap().unwrap();
    let resource = format!("{:?}", request.resource_spans[0].resource);
    let spans = request.resource_spans.iter().flat_map(|of| &of.scope_spans).flat_map(|of| &of.spans);
    (resource, spans.map(|span| span.name.clone()).collect())
}

#[test]
fn spans_are_received_and_a_second_service_in_the_process_shares_the_export() {
    // The receiver outlives the runtimes that the services run in, as a collector does.
    let outside = Runtime::new().unwrap();
    let (endpoint, mut received) = outside.block_on(receiver());
    let args = TelemetryArgs { otlp_endpoint: Some(endpoint.clone()), ..TelemetryArgs::default() };

    let first = init("memory-api", &args).unwrap();
    assert_eq!(first.exporting_to(), Some(endpoint.as_str()));
    // No variable names a receiver of metrics, so that there is no provider of them.
    assert!(first.metrics_to().is_none() && first.meters().meter().is_none());
    let second = init("dream-worker", &TelemetryArgs::default()).unwrap();
    assert_eq!(second.exporting_to(), Some(endpoint.as_str()));

    for telemetry in [second, first] {
        // Each in a runtime of its own, the first of which is gone when the second exports.
        Runtime::new().unwrap().block_on(async {
            tracing::info_span!("dream.run").in_scope(|| tracing::info!(files = 3, "a dream ended"));
            tracing::debug_span!("probe").in_scope(|| tracing::info!("asked"));
            telemetry.shutdown().await;
        });
        let (resource, names) = outside.block_on(next_names(&mut received));
        assert_eq!(names, ["dream.run"]);
        assert!(resource.contains("memory-api"), "{resource}");
    }
}
