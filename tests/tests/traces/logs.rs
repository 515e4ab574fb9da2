//! The form of log lines that machines read.

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use serde_json::Value;
use tests::ask;
use tests::otlp::{Exported, the};
use tests::waiting::until;

use crate::house::{House, write_messy, write_of};

/// A rule that no migration has, so that a statement fails as nobody foresaw.
pub const BREAK: &str = "ALTER TABLE mx_revision ADD CONSTRAINT test_break CHECK (path <> 'user/breaks.md')";
/// Back to what the migrations made.
pub const MEND: &str = "ALTER TABLE mx_revision DROP CONSTRAINT test_break";

#[tokio::test(flavor = "multi_thread")]
async fn a_log_line_is_one_json_object_and_names_the_trace_of_the_call_that_it_is_about() {
    let mut house = House::start().await;
    let ada = house.agent("ada").await;
    write_messy(&ada).await;
    ask::change(house.stack.sql(), BREAK, &[]).await;
    let failed = ada.memory.clone().write_file(write_of("user/breaks.md", "- breaks\n")).await.unwrap_err();
    assert_eq!(failed.code(), tonic::Code::Internal);
    ask::change(house.stack.sql(), MEND, &[]).await;
    house.stack.quiet().await;
    house.start_worker("mx_worker_that_logs").await;
    until("ada is dreamt for", async || (ask::dreams(&house.stack, "ada").await == ["applied 1"]).then_some(())).await;
    let (told, stack) = house.end().await;

    let memory_api = lines(&told.memory_api);
    let dream_worker = lines(&told.dream_worker);
    let about = |lines: &[Value], is: &dyn Fn(&Value) -> bool| {
        lines.iter().filter(|line| is(line)).cloned().collect::<Vec<_>>()
    };
    let failures = about(&memory_api, &|line| line["level"] == "ERROR");
    assert_eq!(failures.len(), 1, "{failures:#?}");
    let broken = |span: &&Exported| {
        span.is("memory-api", SpanKind::Server, "memex.v1.MemoryService/WriteFile") && is_error(span)
    };
    let broken: Vec<_> = told.spans.iter().filter(broken).collect();
    assert_eq!(broken.len(), 1, "{broken:#?}");
    assert_eq!(ids(&failures[0]), Some(broken[0].ids()), "the line of a failure names its call");

    let dreamt = about(&dream_worker, &|line| line.get("dream.id").is_some());
    assert!(!dreamt.is_empty(), "{dream_worker:#?}");
    let dream = the(&told.spans, "dream-worker", SpanKind::Internal, "dream.run");
    for line in dreamt {
        assert_eq!(ids(&line), Some(dream.ids()), "a line about a dream names its trace: {line}");
    }
    for lines in [memory_api, dream_worker] {
        assert_eq!(ids(&lines[0]), None, "a service starts in no call: {}", lines[0]);
    }
    stack.finish().await;
}

/// Every line as the object that it is.
pub fn lines(log: &str) -> Vec<Value> {
    assert!(log.ends_with('\n'), "a log has lines: {log}");
    let line = |line| {
        let parsed: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}"));
        for field in ["timestamp", "level", "target", "message"] {
            assert!(parsed[field].as_str().is_some_and(|text| !text.is_empty()), "no {field}: {line}");
        }
        assert_eq!(parsed.get("trace_id").is_some(), parsed.get("span_id").is_some(), "one id alone: {line}");
        parsed
    };
    log.lines().map(line).collect()
}

fn ids(line: &Value) -> Option<(String, String)> {
    Some((line.get("trace_id")?.as_str()?.to_owned(), line.get("span_id")?.as_str()?.to_owned()))
}

fn is_error(span: &Exported) -> bool {
    span.span.status.as_ref().is_some_and(|status| status.code == 2)
}
