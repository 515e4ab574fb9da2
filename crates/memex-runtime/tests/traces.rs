//! What spans say, and what they never say, looked at through an exporter in memory.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

mod common;

use common::{Served, call};
use memex_runtime::server::ServerLimits;
use memex_runtime::trace::{add_link, current_trace, set_parent, traceparent_of_current};
use opentelemetry::trace::{SpanKind, Status};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tracing::Instrument as _;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

/// Keeps every span of this thread, which in these tests runs client and server both.
struct Spans {
    kept: InMemorySpanExporter,
    provider: SdkTracerProvider,
    _subscriber: DefaultGuard,
}

impl Spans {
    fn keep() -> Self {
        let kept = InMemorySpanExporter::default();
        let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
        // Without the filter of the exported layer: probes are looked at too.
        let layer = tracing_opentelemetry::layer().with_tracer(tracer(&provider));
        let subscriber = tracing::subscriber::set_default(Registry::default().with(layer));
        Self { kept, provider, _subscriber: subscriber }
    }

    /// The spans of calls, once the server is down and all of them have ended.
    async fn after(self, served: Served) -> Vec<SpanData> {
        served.shutdown.trigger();
        let _ = served.drained().await;
        self.provider.force_flush().unwrap();
        self.kept.get_finished_spans().unwrap()
    }
}

fn tracer(provider: &SdkTracerProvider) -> opentelemetry_sdk::trace::SdkTracer {
    opentelemetry::trace::TracerProvider::tracer(provider, "test")
}

fn the<'a>(spans: &'a [SpanData], kind: SpanKind, name: &str) -> &'a SpanData {
    let mut found = spans.iter().filter(|span| span.span_kind == kind && span.name == name);
    let one = found.next().unwrap_or_else(|| panic!("no {kind:?} span {name} in {spans:#?}"));
    assert!(found.next().is_none(), "two {kind:?} spans {name}");
    one
}

fn attribute(span: &SpanData, key: &str) -> String {
    span.attributes.iter().find(|kv| kv.key.as_str() == key).map(|kv| kv.value.to_string()).unwrap_or_default()
}

#[tokio::test]
async fn one_trace_goes_from_the_callers_span_through_the_client_to_the_server() {
    let spans = Spans::keep();
    let served = Served::start(ServerLimits::default()).await;
    let root = tracing::info_span!("dream.run");
    let ids = async {
        HealthClient::new(served.client()).check(HealthCheckRequest::default()).await.unwrap();
        current_trace().unwrap()
    }
    .instrument(root)
    .await;
    let spans = spans.after(served).await;

    let client = the(&spans, SpanKind::Client, "grpc.health.v1.Health/Check");
    let server = the(&spans, SpanKind::Server, "grpc.health.v1.Health/Check");
    assert_eq!(client.parent_span_id.to_bytes(), ids.span_id);
    assert_eq!(server.parent_span_id, client.span_context.span_id());
    assert!(server.parent_span_is_remote);
    for span in [client, server] {
        assert_eq!(span.span_context.trace_id().to_bytes(), ids.trace_id);
        assert_eq!(attribute(span, "rpc.system"), "grpc");
        assert_eq!(attribute(span, "rpc.service"), "grpc.health.v1.Health");
        assert_eq!(attribute(span, "rpc.method"), "Check");
        // Check answers with a message, so this code came in the trailers.
        assert_eq!(attribute(span, "rpc.grpc.status_code"), "0");
        assert_eq!(span.status, Status::Unset);
    }
}

#[tokio::test]
async fn a_refusal_is_an_error_of_the_client_and_a_failure_one_of_both() {
    let spans = Spans::keep();
    let served = Served::start(ServerLimits::default()).await;
    for method in ["Refused", "Internal", "Panic"] {
        call(&mut served.client(), &format!("/test.Odd/{method}"), &[]).await;
    }
    let spans = spans.after(served).await;
    for (method, code, server_status) in
        [("Refused", "5", Status::Unset), ("Internal", "13", Status::error("")), ("Panic", "13", Status::error(""))]
    {
        let client = the(&spans, SpanKind::Client, &format!("test.Odd/{method}"));
        let server = the(&spans, SpanKind::Server, &format!("test.Odd/{method}"));
        assert_eq!(attribute(client, "rpc.grpc.status_code"), code);
        assert_eq!(attribute(server, "rpc.grpc.status_code"), code);
        assert_eq!(client.status, Status::error(""));
        assert_eq!(server.status, server_status, "{method}");
    }
}

#[tokio::test]
async fn a_call_that_its_caller_leaves_is_recorded_as_cancelled() {
    let spans = Spans::keep();
    let mut served = Served::start(ServerLimits::default()).await;
    let mut client = served.client();
    let leaving = tokio::spawn(async move { call(&mut client, "/test.Odd/Hang", &[]).await });
    served.until("hanging").await;
    leaving.abort();
    served.until("dropped").await;
    let spans = spans.after(served).await;
    assert_eq!(attribute(the(&spans, SpanKind::Server, "test.Odd/Hang"), "rpc.grpc.status_code"), "1");
}

#[tokio::test]
async fn no_header_no_content_and_no_odd_path_reaches_a_span() {
    let spans = Spans::keep();
    let served = Served::start(ServerLimits::default()).await;
    let mut client = served.client();
    let headers =
        [("x-note", "mx-canary-header"), ("tracestate", "a=mx-canary-state"), ("user-agent", "mx-canary-agent")];
    for path in ["/test.Odd/Panic", "/test.Odd/Bearer", "/mx-canary.Service/Read", "/test.Odd/mx-canary?q=mx-canary"] {
        call(&mut client, path, &headers).await;
    }
    let mut request = tonic::Request::new(HealthCheckRequest { service: "mx-canary-content".into() });
    request.metadata_mut().insert("x-user", "mx-canary-user".parse().unwrap());
    HealthClient::new(client).check(request).await.unwrap_err();
    let spans = spans.after(served).await;
    assert!(spans.len() >= 10, "five calls have ten spans: {spans:#?}");
    let all = format!("{spans:#?}");
    assert!(!all.contains("mx-canary"), "{all}");
}

#[tokio::test]
async fn a_span_can_continue_a_stored_trace_and_link_to_another() {
    let spans = Spans::keep();
    let (stored, linked) = {
        let _write = tracing::info_span!("write").entered();
        (traceparent_of_current().unwrap(), current_trace().unwrap())
    };
    let dream = tracing::info_span!("dream.run");
    assert!(set_parent(&dream, &stored));
    add_link(&dream, [7; 16], [9; 8]);
    add_link(&dream, [0; 16], [0; 8]);
    dream.in_scope(|| assert_eq!(current_trace().unwrap().trace_id, linked.trace_id));
    assert!(!set_parent(&dream, &stored), "a span that began has its parent");
    drop(dream);
    let finished = spans.kept.get_finished_spans().unwrap();
    let dream = finished.iter().find(|span| span.name == "dream.run").unwrap();
    assert_eq!(dream.parent_span_id.to_bytes(), linked.span_id);
    let links: Vec<_> = dream.links.iter().map(|link| link.span_context.trace_id().to_bytes()).collect();
    assert_eq!(links, [[7; 16]]);
}
