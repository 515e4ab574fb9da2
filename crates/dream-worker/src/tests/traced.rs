//! The dream's span: whose child it is, what it links to, and that the calls are within it.

use memex_proto::v1::TraceLink;
use memex_runtime::telemetry::span_layer;
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use tracing::Instrument as _;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use super::fake::FakeApi;
use super::setup::{driver, one_due};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN: &str = "00f067aa0ba902b7";

/// Dreams within a span of the caller's own, and gives all spans.
async fn spans_of(api: &FakeApi) -> Vec<SpanData> {
    let kept = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(kept.clone()).build();
    let _guard = tracing::subscriber::set_default(Registry::default().with(span_layer(&provider)));
    let driver = driver(api, 3);
    let step = async { driver.poll_once().await.unwrap() };
    step.instrument(tracing::info_span!("another")).await;
    provider.force_flush().unwrap();
    kept.get_finished_spans().unwrap()
}

fn dream(spans: &[SpanData]) -> &SpanData {
    spans.iter().find(|span| span.name == "dream.run").unwrap_or_else(|| panic!("no dream.run in {spans:#?}"))
}

#[tokio::test(start_paused = true)]
async fn a_dream_that_was_asked_for_is_a_child_of_the_asking() {
    let api = one_due(&[]);
    api.script(|script| script.due[0].trace_parent = format!("00-{TRACE}-{SPAN}-01"));
    let spans = spans_of(&api).await;
    let dream = dream(&spans);
    assert_eq!(dream.span_context.trace_id().to_string(), TRACE);
    assert_eq!(dream.parent_span_id.to_string(), SPAN);
    let finish = spans.iter().find(|span| span.name.ends_with("/FinishDream")).unwrap();
    assert_eq!(finish.parent_span_id, dream.span_context.span_id());
}

#[tokio::test(start_paused = true)]
async fn a_dream_that_was_due_is_a_root_that_links_to_the_writes() {
    let api = one_due(&[]);
    let link = |trace: u8| TraceLink { trace_id: vec![trace; 16], span_id: vec![7; 8] };
    let malformed = TraceLink { trace_id: vec![1; 3], span_id: vec![] };
    api.script(|script| script.due[0].links = [link(1), malformed, link(2)].to_vec());
    let spans = spans_of(&api).await;
    let dream = dream(&spans);
    assert_eq!(dream.parent_span_id.to_bytes(), [0; 8], "not even the span in which the worker polls is its parent");
    let linked: Vec<_> = dream.links.iter().map(|link| link.span_context.trace_id().to_bytes()[0]).collect();
    assert_eq!(linked, [1, 2]);
}
