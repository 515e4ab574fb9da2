//! Each statement of a call has a span, and one whose caller left is measured as what it is.

use std::time::Duration;

use futures::future::join_all;
use memex_proto::v1::{ListFilesRequest, PauseUserRequest};
use memex_stack::stack::sqlx;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use tests::ask;
use tests::otlp::{Exported, the};
use tests::waiting::until;
use tonic::{Code, Request};

use crate::house::{House, write_of};

const SERVICE: &str = "memory-api";

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_is_a_child_of_its_call_and_a_batch_links_to_the_calls_that_it_carries() {
    let house = House::start().await;
    let ada = house.agent("ada").await;
    ada.memory.clone().write_file(write_of("user/a.md", "- Ada likes tea.\n")).await.unwrap();
    ada.memory.clone().list_files(ListFilesRequest::default()).await.unwrap();
    let (told, stack) = house.end().await;

    let spans = &told.spans;
    let of = |kind, name: &str| the(spans, SERVICE, kind, name).clone();
    let list = of(SpanKind::Server, "memex.v1.MemoryService/ListFiles");
    let listed = of(SpanKind::Client, "files.list");
    assert!(listed.is_child_of(&list), "{listed:#?}\nis no child of\n{list:#?}");
    let write = of(SpanKind::Server, "memex.v1.MemoryService/WriteFile");
    let batch = of(SpanKind::Internal, "memex.lane.batch");
    let links: Vec<_> = batch.span.links.iter().map(|link| (&link.trace_id, &link.span_id)).collect();
    assert_eq!(links, [(&write.span.trace_id, &write.span.span_id)], "{batch:#?}");
    assert!(batch.span.parent_span_id.is_empty(), "a batch is a trace of its own: {batch:#?}");
    let committed = of(SpanKind::Client, "commit.changes");
    assert!(committed.is_child_of(&batch), "{committed:#?}\nis no child of\n{batch:#?}");
    // Readiness asks each second, for nobody.
    let by_the_clock = |span: &&Exported| span.span.name.starts_with("upkeep.");
    assert_eq!(spans.iter().find(by_the_clock).map(|span| &span.span.name), None);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_whose_caller_left_is_measured_as_cancelled_and_its_connection_serves_on() {
    let house = House::start().await;
    let ada = house.agent("ada").await;
    ada.memory.clone().write_file(write_of("user/a.md", "- Ada likes tea.\n")).await.unwrap();
    let operator = house.operator();
    let mut hold = house.stack.sql().acquire().await.unwrap();
    for statement in ["BEGIN", "SELECT scope_id FROM mx_scope WHERE user_id = 'ada' FOR UPDATE"] {
        sqlx::query(statement).execute(&mut *hold).await.unwrap();
    }
    // More than there are connections, so that each that was left must serve again.
    for _ in 0..10 {
        let mut pause = Request::new(PauseUserRequest { user_id: "ada".into(), ..PauseUserRequest::default() });
        pause.set_timeout(Duration::from_millis(50));
        let late = operator.admin.clone().pause_user(pause).await.unwrap_err();
        assert_eq!(late.code(), Code::DeadlineExceeded, "{late}");
    }
    sqlx::query("ROLLBACK").execute(&mut *hold).await.unwrap();
    drop(hold);
    let pause = PauseUserRequest { user_id: "ada".into(), ..PauseUserRequest::default() };
    until("ada is paused", async || operator.admin.clone().pause_user(pause.clone()).await.ok()).await;
    let (told, stack) = house.end().await;

    let metrics = told.received.metrics();
    let ended = |error| metrics.sum(SERVICE, "db.client.operation.duration", &[("error.type", error)]);
    assert!(ended("cancelled") > 0, "{metrics:#?}");
    let pauses = |code| {
        let labels = [("rpc.method", "memex.v1.AdminService/PauseUser"), ("rpc.status_code", code)];
        metrics.sum(SERVICE, "rpc.server.call.duration", &labels)
    };
    // Whose clock rang first, the service's or its caller's, is chance.
    assert!(pauses("DEADLINE_EXCEEDED") + pauses("CANCELLED") >= 10, "{metrics:#?}");
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_raises_is_counted_and_its_statement_has_the_code_that_postgres_gave() {
    let house = House::start().await;
    let ada = house.agent("ada").await;
    let raise = "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                   IF NEW.path = 'user/poison.md' THEN RAISE EXCEPTION 'poison'; END IF; RETURN NEW; END $$";
    let trigger = "CREATE TRIGGER act BEFORE INSERT ON mx_revision FOR EACH ROW EXECUTE FUNCTION act()";
    for statement in [raise, trigger] {
        ask::change(house.stack.sql(), statement, &[]).await;
    }
    let writes = (0..60).map(|number| {
        let path = if number % 10 == 0 { "user/poison.md".to_owned() } else { format!("user/{number}.md") };
        let ada = &ada;
        async move { ada.memory.clone().write_file(write_of(&path, "- text\n")).await.is_ok() }
    });
    assert!(join_all(writes).await.contains(&true));
    let (told, stack) = house.end().await;

    let metrics = told.received.metrics();
    assert!(metrics.sum(SERVICE, "memex.lane.batch.raised", &[("memex.lane.kind", "changes")]) > 0, "{metrics:#?}");
    let raised = [("db.query.summary", "commit.changes"), ("error.type", "P0001")];
    assert!(metrics.sum(SERVICE, "db.client.operation.duration", &raised) > 0, "{metrics:#?}");
    stack.finish().await;
}
