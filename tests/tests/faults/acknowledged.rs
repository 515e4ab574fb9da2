//! An acknowledged write survives kill -9 of memory-api, wherever in the call that comes.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use memex_proto::v1::Role;
use memex_stack::stack::sqlx;
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::counts::times;
use tests::waiting::{ends, until};
use tests::writers::{Acknowledged, Kept, repeat, write_until_lost};
use tokio::task::JoinHandle;

use crate::process::Process;

/// Kills at each of the three points, and how many with `MEMEX_LONG=1`: 24, and 201.
const RUNS: (usize, usize) = (8, 67);

/// Who writes; two of them in one scope.
const WRITERS: [(&str, &str); 4] =
    [("ada", "user/a.md"), ("ada", "user/b.md"), ("ben", "user/a.md"), ("chloe", "user/a.md")];

/// Of so many scopes: whoever waits for the same scope waits in one statement.
const SCOPES: i64 = 3;

/// More writes than any run lets a writer make.
const MOST: usize = 200;

#[tokio::test]
async fn an_acknowledged_write_survives_a_kill_before_the_statement_is_sent() {
    survives_a_failpoint("before_statement").await;
}

#[tokio::test]
async fn an_acknowledged_write_survives_a_kill_before_the_reply() {
    survives_a_failpoint("before_reply").await;
}

#[tokio::test]
async fn an_acknowledged_write_survives_a_kill_while_the_statement_is_unanswered() {
    let stack = with_users().await;
    let mut written = 0;
    for run in 0..times(RUNS.0, RUNS.1) {
        let mut memory_api = Process::memory_api(&stack.database_url(), "").await;
        let (writing, acknowledged) = write(&stack, &memory_api.endpoint()).await;
        until("some writes are acknowledged", async || (acknowledged.load(Ordering::SeqCst) > 4 + run).then_some(()))
            .await;
        let mut lock = stack.sql().begin().await.unwrap();
        sqlx::query("-- test.lock\nSELECT scope_id FROM mx_scope FOR UPDATE").execute(&mut *lock).await.unwrap();
        until("a statement of every scope waits in Postgres", async || (waiting(&stack).await == SCOPES).then_some(()))
            .await;
        memory_api.kill().await;
        if run % 2 == 0 {
            // Postgres notices that nobody listens any more, and undoes them all.
            until("Postgres has given up the statements", async || (waiting(&stack).await == 0).then_some(())).await;
        }
        lock.rollback().await.unwrap();
        written += after_the_kill(&stack, writing).await;
    }
    ends_with(stack, written).await;
}

async fn survives_a_failpoint(point: &str) {
    let stack = with_users().await;
    let mut written = 0;
    for run in 0..times(RUNS.0, RUNS.1) {
        let failpoint = format!("{point}:skip:{}", 24 + 2 * run);
        let mut memory_api = Process::memory_api(&stack.database_url(), &failpoint).await;
        let (writing, acknowledged) = write(&stack, &memory_api.endpoint()).await;
        memory_api.dies().await;
        written += after_the_kill(&stack, writing).await;
        assert!(acknowledged.load(Ordering::SeqCst) > 0, "a run without an acknowledged write shows nothing");
    }
    ends_with(stack, written).await;
}

/// Everybody has memory already, so that every write waits for a scope that can be locked.
async fn with_users() -> Stack {
    let stack = Stack::start().await;
    for (user, _) in WRITERS {
        stack.user(user).await.write("user/profile.md", &format!("- The name is {user}.")).await;
    }
    stack
}

/// Everybody writes, until memory-api at `endpoint` is gone.
async fn write(stack: &Stack, endpoint: &str) -> (Vec<JoinHandle<Vec<Kept>>>, Acknowledged) {
    let acknowledged: Acknowledged = Arc::default();
    let mut writing = Vec::new();
    for (user, path) in WRITERS {
        let clients = Clients::at(endpoint, &stack.workspace().token(Role::Agent, user).await);
        writing.push(tokio::spawn(write_until_lost(clients, path.to_owned(), MOST, acknowledged.clone())));
    }
    (writing, acknowledged)
}

/// Starts memory-api again and repeats every write, acknowledged or not, with its id: how many writes that were.
async fn after_the_kill(stack: &Stack, writing: Vec<JoinHandle<Vec<Kept>>>) -> usize {
    let memory_api = Process::memory_api(&stack.database_url(), "").await;
    let mut written = 0;
    for ((user, path), writing) in WRITERS.into_iter().zip(writing) {
        let kept = ends("a writer that has lost its server", writing).await.unwrap();
        assert!(
            kept.last().is_some_and(|last| last.answer.is_none()),
            "a writer was not interrupted: let it write more"
        );
        let clients = Clients::at(&memory_api.endpoint(), &stack.workspace().token(Role::Agent, user).await);
        let answers = repeat(&clients, &kept).await;
        let versions: Vec<i64> = answers.iter().map(|answer| answer.file.as_ref().unwrap().version).collect();
        assert!(versions.is_sorted_by(|one, next| one + 1 == *next), "{user} {path}: versions {versions:?}");
        let last = kept.last().map(|last| last.request.content.clone());
        assert_eq!(stack.user(user).await.read(path).await, last, "{user} {path}: the last write is what stands there");
        written += kept.len();
    }
    memory_api.stop().await;
    written
}

/// Statements of writes that wait for a lock.
async fn waiting(stack: &Stack) -> i64 {
    let statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '-- commit.%' AND wait_event_type = 'Lock'";
    ask::number(stack.sql(), statement, &[]).await
}

/// Nothing is missing and nothing is there twice; and every file has its revision and every revision its log row.
async fn ends_with(stack: Stack, written: usize) {
    let once = "SELECT count(*) FROM mx_revision WHERE path <> 'user/profile.md'";
    let ids = "SELECT count(DISTINCT request_id) FROM mx_revision WHERE path <> 'user/profile.md'";
    assert_eq!(ask::number(stack.sql(), once, &[]).await, written as i64, "one revision a request id");
    assert_eq!(ask::number(stack.sql(), ids, &[]).await, written as i64, "no request id twice");
    stack.finish().await;
}
