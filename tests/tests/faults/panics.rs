//! A call that panics is answered, leaves its row in the access log, and takes nothing with it.

use memex_core::actor::{AccessOutcome, Operation};
use memex_proto::v1::ErrorReason;
use memex_runtime::client::Token;
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::raw::AnyCaller;
use tests::rpcs::Package;
use tonic::Code;

use crate::process::Process;

/// Rows of calls that failed for a reason of ours.
async fn failed(stack: &Stack, and: &str) -> i64 {
    let statement = format!(
        "SELECT count(*) + coalesce(sum(suppressed), 0) FROM mx_access_log l JOIN mx_scope s USING (scope_id)
          WHERE l.outcome = {} AND l.reason = {} AND {and}",
        AccessOutcome::Failed.code(),
        ErrorReason::Internal as i32
    );
    ask::number(stack.sql(), &statement, &[]).await
}

#[tokio::test]
async fn every_call_that_panics_leaves_a_failed_row_and_its_connection_serves_on() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- tea\n").await;
    let panicking = Process::memory_api(&stack.database_url(), "in_a_call:panic").await;
    let token = Token::new("token", stack.workspace().operator_token()).unwrap();
    let mut operator = AnyCaller::at(&panicking.endpoint(), Some(token));
    let package = Package::read();
    let text = |field: &str| (field == "user_id").then(|| "ada".to_owned());
    let (mut rows, mut without) = (0, Vec::new());
    // Those of DreamService are a worker's, who belongs to no workspace and has no row outside a dream.
    for rpc in package.rpcs.iter().filter(|rpc| !rpc.name.starts_with("DreamService/")) {
        let answer = operator.call(&rpc.path, package.fill(&rpc.request, &text, &|_| None)).await;
        let status = answer.expect_err(&rpc.name);
        assert!(status.code() == Code::Internal && !status.message().contains("failpoint"), "{}: {status:?}", rpc.name);
        let now = failed(&stack, "true").await;
        if now != rows + 1 {
            without.push(rpc.name.as_str());
        }
        rows = now;
    }
    assert!(without.is_empty(), "{} of {} calls left no row: {without:?}", without.len(), package.rpcs.len());
    panicking.stop().await;
    stack.finish().await;
}

#[tokio::test]
async fn the_row_of_a_write_that_panics_says_whose_file_it_was_about() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- tea\n").await;
    let panicking = Process::memory_api(&stack.database_url(), "before_statement:panic").await;
    let token = stack.workspace().token(memex_proto::v1::Role::Agent, "ada").await;
    let ada = Clients::at(&panicking.endpoint(), &token);
    let status = ada.write("user/b.md", "- milk\n").await.unwrap_err();
    assert_eq!(status.code(), Code::Internal, "{status:?}");
    let of_the_write =
        format!("s.user_id = 'ada' AND l.path = 'user/b.md' AND l.operation = {}", Operation::Write.code());
    assert_eq!(failed(&stack, &of_the_write).await, 1);
    assert_eq!(stack.user("ada").await.read("user/b.md").await, None);
    panicking.stop().await;
    stack.finish().await;
}
