//! What log lines look like, inside and outside a span.

use std::io;
use std::sync::{Arc, Mutex};

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::telemetry::span_layer;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What `work` logs, with spans that are not exported anywhere.
fn logged(format: LogFormat, work: impl FnOnce()) -> String {
    let lines = Lines::default();
    let writer = lines.clone();
    let provider = SdkTracerProvider::builder().build();
    let subscriber =
        Registry::default().with(span_layer(&provider)).with(layer_to(format, move || writer.clone(), false));
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(lines.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn a_json_line_inside_a_span_carries_the_trace_and_the_span() {
    let mut ids = None;
    let line = logged(LogFormat::Json, || {
        let span = tracing::info_span!("dream.run", dream.id = "drm_1");
        let _entered = span.enter();
        ids = current_trace();
        tracing::info!(files = 3, "dream drm_1 ended {{so}} \"quietly\"\n");
    });
    let ids = ids.expect("a span has ids although nothing exports it");
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line.matches('\n').count(), 1);
    assert_eq!(json["trace_id"], ids.trace_hex());
    assert_eq!(json["span_id"], ids.span_hex());
    assert_eq!(json["files"], 3);
    assert_eq!(json["level"], "INFO");
    assert_eq!(json["span"]["dream.id"], "drm_1");
    assert_eq!(json["message"], "dream drm_1 ended {so} \"quietly\"\n");
}

#[test]
fn a_json_line_outside_a_span_names_no_trace() {
    let line = logged(LogFormat::Json, || tracing::warn!("no span"));
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json.get("trace_id"), None);
}

#[test]
fn a_line_for_people_ends_with_the_ids() {
    let mut ids = None;
    let line = logged(LogFormat::Human, || {
        let _entered = tracing::info_span!("dream.run").entered();
        ids = current_trace();
        tracing::info!("dream drm_1 ended");
    });
    let ids = ids.unwrap();
    let end = format!("dream drm_1 ended trace_id={} span_id={}\n", ids.trace_hex(), ids.span_hex());
    assert!(line.ends_with(&end), "{line}");
}
