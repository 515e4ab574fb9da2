//! One trace from the command that asks for a dream to the revisions that come of it.

use std::collections::HashSet;

use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tests::otlp::{Exported, the};

use crate::house::{House, ids_of_revisions, write_messy};

const START: &str = "memex.v1.DreamAdminService/StartDream";
const FINISH: &str = "memex.v1.DreamService/FinishDream";

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_from_the_command_through_both_services_to_the_adopted_revisions() {
    let mut house = House::start().await;
    write_messy(&house.agent("ada").await).await;
    house.start_worker("mx_worker_of_one_trace").await;
    let ended = house.memex().await.json(&["dream", "start", "--user", "ada", "--wait"]).await;
    assert_eq!(ended["dream"]["state"], "applied", "{ended}");
    let (told, stack) = house.end().await;

    // Each step is a child of the one before.
    let spans = &told.spans;
    let start = the(spans, "memex", SpanKind::Internal, "memex.dream.start");
    let asked = the(spans, "memex", SpanKind::Client, START);
    let answered = the(spans, "memory-api", SpanKind::Server, START);
    let claimed = the(spans, "memory-api", SpanKind::Internal, "dream.claim");
    let dream = the(spans, "dream-worker", SpanKind::Internal, "dream.run");
    let finish = the(spans, "dream-worker", SpanKind::Client, FINISH);
    let finished = the(spans, "memory-api", SpanKind::Server, FINISH);
    assert!(start.span.parent_span_id.is_empty(), "the trace begins with the command: {start:?}");
    let judged = the(spans, "memory-api", SpanKind::Internal, "dream.judge");
    let adoption = the(spans, "memory-api", SpanKind::Internal, "dream.adopt");
    let steps = [
        (asked, start),
        (answered, asked),
        (claimed, answered),
        (dream, claimed),
        (finish, dream),
        (finished, finish),
        (judged, finished),
        (adoption, finished),
    ];
    for (child, parent) in steps {
        assert!(child.is_child_of(parent), "{child:#?}\nis no child of\n{parent:#?}");
    }
    every_call_of_the_dream_is_answered_in_the_trace(spans, dream);
    the_trace_is_one_tree(spans, start);

    let adopted = ids_of_revisions(&stack, "r.dream_id IS NOT NULL").await;
    assert!(adopted.len() >= 2, "a file and the dream's log: {adopted:?}");
    for revision in adopted {
        assert_eq!(revision, adoption.ids(), "an adopted revision names the adoption");
    }
    // What people are shown leads to the trace.
    assert_eq!(ended["dream"]["trace_id"], start.ids().0, "{ended}");
    stack.finish().await;
}

fn every_call_of_the_dream_is_answered_in_the_trace(spans: &[Exported], dream: &Exported) {
    let calls: Vec<_> = spans.iter().filter(|span| span.is_child_of(dream)).collect();
    for method in ["MemoryService/ListFiles", "MemoryService/BatchReadFiles", "MemoryService/PatchFile"] {
        let name = format!("memex.v1.{method}");
        assert!(calls.iter().any(|call| call.is("dream-worker", SpanKind::Client, &name)), "{method} in {calls:#?}");
    }
    for call in calls {
        let answered =
            |span: &Exported| span.is("memory-api", SpanKind::Server, &call.span.name) && span.is_child_of(call);
        assert_eq!(spans.iter().filter(|span| answered(span)).count(), 1, "{call:#?}");
    }
}

/// No span of the trace hangs in the air, and one alone is its root.
fn the_trace_is_one_tree(spans: &[Exported], root: &Exported) {
    let of_trace: Vec<_> = spans.iter().filter(|span| span.span.trace_id == root.span.trace_id).collect();
    let ids: HashSet<_> = of_trace.iter().map(|span| &span.span.span_id).collect();
    assert_eq!(ids.len(), of_trace.len(), "a span was sent twice");
    for span in of_trace {
        let parent = &span.span.parent_span_id;
        assert_eq!(parent.is_empty(), span.span.span_id == root.span.span_id, "another root: {span:#?}");
        assert!(parent.is_empty() || ids.contains(parent), "its parent was not exported: {span:#?}");
    }
}
