//! The trace of a dream that nobody asked for.

use std::collections::BTreeSet;

use memex_proto::v1::{Source, WriteFileRequest};
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tests::ask;
use tests::otlp::{Exported, the};
use tests::waiting::until;

use crate::house::{House, ids_of_revisions, write_messy, write_of};

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_dream_links_to_the_writes_that_made_its_user_due() {
    let mut house = House::start().await;
    let ada = house.agent("ada").await;
    write_messy(&ada).await;
    // What was imported makes nobody due, so no dream came of it.
    let imported = WriteFileRequest { source: Source::Import.into(), ..write_of("user/old.md", "- Ada likes maps.\n") };
    ada.memory.clone().write_file(imported).await.unwrap();
    house.stack.quiet().await;
    house.start_worker("mx_worker_of_a_scheduled_dream").await;
    until("ada is dreamt for", async || (ask::dreams(&house.stack, "ada").await == ["applied 1"]).then_some(())).await;
    let (told, stack) = house.end().await;

    let dream = the(&told.spans, "dream-worker", SpanKind::Internal, "dream.run");
    let claim = the(&told.spans, "memory-api", SpanKind::Internal, "dream.claim");
    assert!(claim.span.parent_span_id.is_empty(), "nobody asked for it: {claim:#?}");
    assert!(dream.is_child_of(claim), "{dream:#?}");
    let linked: BTreeSet<_> =
        dream.span.links.iter().map(|link| (hex::encode(&link.trace_id), hex::encode(&link.span_id))).collect();
    let made_due = "r.dream_id IS NULL AND r.path IN ('user/notes.md', 'user/profile.md')";
    let writes = ids_of_revisions(&stack, made_due).await;
    assert_eq!(writes.len(), 2);
    assert_eq!(linked, writes.into_iter().collect());
    let is_write = |span: &&Exported| span.is("memory-api", SpanKind::Server, "memex.v1.MemoryService/WriteFile");
    let exported: BTreeSet<_> = told.spans.iter().filter(is_write).map(Exported::ids).collect();
    assert_eq!(exported.len(), 3, "three writes were made");
    assert!(linked.is_subset(&exported), "{linked:?} in {exported:?}");
    stack.finish().await;
}
