//! The harness itself: what it must notice, and that time moves when told.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::time::Duration;

use memex_stack::stack::{Stack, StackOptions};

/// A stack with one file, in which `sql` breaks a rule.
async fn broken_by(sql: &'static str) -> Stack {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- likes tea\n").await;
    sqlx::raw_sql(sql).execute(stack.sql()).await.unwrap();
    stack
}

#[tokio::test]
#[should_panic(expected = "a revision has no access-log row")]
async fn a_revision_without_its_access_log_row_fails_the_test() {
    broken_by("DELETE FROM mx_access_log WHERE operation = 10").await.finish().await;
}

#[tokio::test]
#[should_panic(expected = "a file is not what its newest revision says")]
async fn a_file_that_is_not_its_newest_revision_fails_the_test() {
    broken_by("UPDATE mx_revision SET text = 'other'").await.finish().await;
}

#[tokio::test]
#[should_panic(expected = "a scope's sequence has a gap")]
async fn a_gap_in_a_sequence_fails_the_test() {
    broken_by("UPDATE mx_scope SET sequence = sequence + 1 WHERE kind = 1").await.finish().await;
}

#[tokio::test]
#[should_panic(expected = "a version does not follow the one before")]
async fn a_gap_in_a_files_versions_fails_the_test() {
    broken_by(
        "UPDATE mx_revision SET version = 2; UPDATE mx_file SET version = 2; UPDATE mx_access_log SET file_version = 2",
    )
    .await
    .finish()
    .await;
}

#[tokio::test]
#[should_panic(expected = "a scope's counters do not add up")]
async fn a_counter_that_does_not_add_up_fails_the_test() {
    broken_by("UPDATE mx_scope SET bytes = bytes - 1 WHERE kind = 1").await.finish().await;
}

#[tokio::test]
#[should_panic(expected = "a lease is still held")]
async fn a_lease_that_is_held_fails_the_test() {
    let stack = broken_by("SELECT 1").await;
    stack.quiet().await;
    let request = memex_proto::v1::ClaimDreamsRequest { worker_name: "careless".into(), max: 1 };
    let claimed = stack.worker_channel().dream.claim_dreams(request).await.unwrap().into_inner();
    assert_eq!(claimed.assignments.len(), 1);
    stack.finish().await;
}

#[tokio::test]
#[should_panic(expected = "end the stack with finish()")]
async fn a_stack_that_is_dropped_unfinished_fails_the_test() {
    drop(Stack::start().await);
}

#[tokio::test]
#[should_panic(expected = "it has no line marked -- guard: no_such_guard")]
async fn a_twin_without_a_mark_fails_the_test() {
    Stack::start().await.install_twin("mx_commit_1", "no_such_guard").await;
}

#[tokio::test]
async fn a_twin_lacks_its_guard_in_its_own_database_alone() {
    let (twin, other) = (Stack::start().await, Stack::start().await);
    twin.install_twin("mx_commit_1", "version").await;
    for (stack, outcome) in [(&twin, true), (&other, false)] {
        let ada = stack.user("ada").await;
        ada.write("user/a.md", "one").await;
        let written = ada.agent().write("user/a.md", "two").at(7).await;
        assert_eq!(written.is_ok(), outcome, "{written:?}");
    }
    twin.abandon().await;
    other.finish().await;
}

#[tokio::test]
async fn time_moves_when_told_and_in_one_stack_alone() {
    let (moved, other) =
        (Stack::start().await, Stack::with(StackOptions { dream_enabled: false, ..Default::default() }).await);
    moved.advance(Duration::from_secs(86_400)).await;
    let ahead = async |stack: &Stack| -> bool {
        sqlx::query_scalar("SELECT mx_now() > clock_timestamp() + interval '23 hours'")
            .fetch_one(stack.sql())
            .await
            .unwrap()
    };
    assert_eq!((ahead(&moved).await, ahead(&other).await), (true, false));
    moved.finish().await;
    other.finish().await;
}
