//! A call that ends before its statement takes the statement with it.

use std::time::Duration;

use memex_proto::v1::{
    ErrorReason, ListFilesRequest, PauseUserRequest, ReadFileRequest, WriteFileRequest, WriteFileResponse,
    write_file_request::Precondition,
};
use memex_stack::stack::sqlx::{self, AssertSqlSafe, PgPool};
use memex_stack::stack::{Clients, Stack};
use tests::ask::{lines, number};
use tests::refused::{reason, refused};
use tests::waiting::until;
use tonic::{Code, Request, Status};

/// The statements of memory-api that Postgres runs now, but for readiness.
async fn active(stack: &Stack) -> i64 {
    let statement = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                      AND application_name = 'memory-api' AND state <> 'idle' AND wait_event_type = 'Lock'";
    number(stack.sql(), statement, &[]).await
}

/// Waits until a statement waits for the lock; gives the number of the Postgres process that runs it.
async fn until_waiting(stack: &Stack) -> String {
    let statement = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database()
                      AND application_name = 'memory-api' AND wait_event_type = 'Lock'";
    until("a statement waits for the lock", async || lines(stack.sql(), statement, &[]).await.pop()).await
}

async fn until_gone(stack: &Stack) {
    until("Postgres has ended the statement", async || (active(stack).await == 0).then_some(())).await;
}

/// Holds a user's scope for as long as it lives, so that their writes wait.
async fn hold(sql: &PgPool, user: &str) -> sqlx::Transaction<'static, sqlx::Postgres> {
    let mut held = sql.begin().await.unwrap();
    let lock = "-- test.hold\nSELECT scope_id FROM mx_scope WHERE user_id = $1 FOR UPDATE";
    sqlx::query(AssertSqlSafe(lock)).bind(user.to_owned()).fetch_one(&mut *held).await.unwrap();
    held
}

fn write(text: &str) -> WriteFileRequest {
    WriteFileRequest {
        path: "user/a.md".into(),
        content: text.into(),
        precondition: Some(Precondition::Overwrite(true)),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..WriteFileRequest::default()
    }
}

async fn send(clients: &Clients, mut request: Request<WriteFileRequest>) -> Result<WriteFileResponse, Status> {
    request.metadata_mut().insert("x-test", "deadline".parse().unwrap());
    clients.memory.clone().write_file(request).await.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_write_over_its_deadline_is_ended_in_postgres_and_its_repeat_is_one_change() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "first\n").await;
    let held = hold(stack.sql(), "ada").await;

    let second = write("second\n");
    let mut request = Request::new(second.clone());
    request.set_timeout(Duration::from_millis(50));
    let late = send(ada.agent(), request).await.unwrap_err();
    assert_eq!(late.code(), Code::DeadlineExceeded, "{late}");
    // The lock is still held: nothing but the end of the statement itself makes it go.
    until_gone(&stack).await;
    held.rollback().await.unwrap();

    let repeated = send(ada.agent(), Request::new(second.clone())).await.unwrap();
    assert_eq!(repeated.file.unwrap().version, 2);
    assert_eq!(send(ada.agent(), Request::new(second)).await.unwrap().file.unwrap().version, 2);
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("second\n"));
    stack.finish().await;
}

#[tokio::test]
async fn a_read_over_its_deadline_is_ended_in_postgres_whether_it_travels_alone_or_with_others() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "first\n").await;
    let mut held = stack.sql().begin().await.unwrap();
    sqlx::query("-- test.hold\nLOCK TABLE mx_file IN ACCESS EXCLUSIVE MODE").execute(&mut *held).await.unwrap();
    for alone in [true, false] {
        let mut memory = ada.agent().memory.clone();
        let late = if alone {
            let mut list = Request::new(ListFilesRequest::default());
            list.set_timeout(Duration::from_millis(50));
            memory.list_files(list).await.map(|_| ()).unwrap_err()
        } else {
            let mut read = Request::new(ReadFileRequest { path: "user/a.md".into(), ..ReadFileRequest::default() });
            read.set_timeout(Duration::from_millis(50));
            memory.read_file(read).await.map(|_| ()).unwrap_err()
        };
        assert_eq!(late.code(), Code::DeadlineExceeded, "{late}");
        // The lock is still held.
        until_gone(&stack).await;
    }
    held.rollback().await.unwrap();
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("first\n"));
    stack.finish().await;
}

#[tokio::test]
async fn a_caller_who_leaves_takes_the_statement_along() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "first\n").await;
    let held = hold(stack.sql(), "ada").await;
    // A call of the pool; a lane's statement serves several callers and has two seconds of its own.
    let mut admin = stack.operator().admin;
    let pause = PauseUserRequest { user_id: "ada".into(), ..PauseUserRequest::default() };
    let leaving = tokio::spawn(async move { admin.pause_user(pause).await });
    let process = until_waiting(&stack).await;
    leaving.abort();
    until_gone(&stack).await;
    // Its own time limit would have ended the statement and kept the process.
    let alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int";
    assert_eq!(number(stack.sql(), alive, &[&process]).await, 0);
    held.rollback().await.unwrap();
    assert_eq!(number(stack.sql(), "SELECT count(*) FROM mx_dream_state WHERE paused", &[]).await, 0);
    stack.finish().await;
}

/// Waits until a change waits beside the lane for a scope that somebody holds; gives the number of the Postgres process.
async fn until_aside(stack: &Stack) -> String {
    let statement = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database()
                      AND application_name = 'memory-api' AND wait_event_type = 'Lock' AND query LIKE '-- commit.wait%'";
    until("a change waits beside the lane", async || lines(stack.sql(), statement, &[]).await.pop()).await
}

#[tokio::test]
async fn a_change_beside_the_lane_is_ended_when_its_caller_leaves_and_those_of_the_others_are_made() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "first\n").await;
    let held = hold(stack.sql(), "ada").await;
    let sent = |path: &str| {
        let (ada, request) = (ada.agent().clone(), WriteFileRequest { path: path.into(), ..write("second\n") });
        tokio::spawn(async move { send(&ada, Request::new(request)).await })
    };
    let alone = sent("user/alone.md");
    let process = until_aside(&stack).await;
    alone.abort();
    // Postgres's own limit would end the statement later, and would keep the process.
    let alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1::int";
    until("its connection is closed", async || (number(stack.sql(), alive, &[&process]).await == 0).then_some(()))
        .await;

    let (leaving, staying) = (sent("user/leaving.md"), sent("user/staying.md"));
    let process = until_aside(&stack).await;
    leaving.abort();
    let _ = leaving.await;
    let later = sent("user/later.md");
    // On the same connection, so that memory-api has heard by then that the caller left.
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("first\n"));
    // The one that stays keeps the wait.
    assert_eq!(number(stack.sql(), alive, &[&process]).await, 1);
    held.rollback().await.unwrap();
    for sent in [staying, later] {
        assert!(sent.await.unwrap().unwrap().changed);
    }
    let mut paths = lines(stack.sql(), "SELECT path FROM mx_file ORDER BY path", &[]).await;
    paths.retain(|path| path != "user/a.md");
    assert_eq!(paths, ["user/later.md", "user/staying.md"]);
    stack.finish().await;
}

#[tokio::test]
async fn abandoned_statements_do_not_use_up_the_connections() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.user("ada").await, stack.user("bob").await);
    ada.write("user/a.md", "first\n").await;
    bob.write("user/a.md", "first\n").await;
    let held = hold(stack.sql(), "ada").await;
    // Far more than the pool has connections.
    for _ in 0..16 {
        let mut request = Request::new(write("second\n"));
        request.set_timeout(Duration::from_millis(50));
        let late = send(ada.agent(), request).await.unwrap_err();
        assert!(matches!(late.code(), Code::DeadlineExceeded), "{late}");
    }
    bob.write("user/a.md", "second\n").await;
    until_gone(&stack).await;
    held.rollback().await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn callers_beyond_the_connections_are_shed_with_a_time_to_wait_and_the_service_recovers() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "first\n").await;
    let held = hold(stack.sql(), "ada").await;
    let calls = (0..64).map(|_| send(ada.agent(), Request::new(write("second\n"))));
    let mut shed = 0;
    let letting_go = async {
        until_waiting(&stack).await;
        // The pool's own time passes while the lock is held; then those who hold connections go on.
        until("somebody is shed", async || {
            let refused = send(ada.agent(), Request::new(write("third\n"))).await.err()?;
            (reason(&refused) == ErrorReason::Overloaded).then_some(())
        })
        .await;
        held.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(futures::future::join_all(calls), letting_go);
    for refused in answers.into_iter().filter_map(Result::err) {
        let refusal = memex_proto::reason::Refusal::of(&refused).unwrap_or_else(|| panic!("{refused}"));
        match refusal.reason {
            ErrorReason::Overloaded => assert!(refusal.retry_after.is_some()),
            // A statement's own time may pass as well while the lock is held.
            ErrorReason::DeadlineExceeded => {}
            other => panic!("{other:?}: {refused}"),
        }
        shed += 1;
    }
    assert!(shed > 0, "64 calls were served by 4 connections while a lock was held");
    ada.write("user/a.md", "after\n").await;
    stack.finish().await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_by_name_and_the_connection_goes_on() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let huge = write(&"x".repeat(5 * 1024 * 1024));
    assert_eq!(refused(send(ada.agent(), Request::new(huge.clone())).await), ErrorReason::MessageTooLarge);
    // Compressed to a few kilobytes; what it holds is never unpacked.
    let mut squeezing = ada.agent().memory.clone().send_compressed(tonic::codec::CompressionEncoding::Gzip);
    let refusal = squeezing.write_file(huge).await.unwrap_err();
    assert!(matches!(refusal.code(), Code::ResourceExhausted | Code::Unimplemented), "{refusal}");
    let mut wordy = Request::new(write("short\n"));
    wordy.metadata_mut().insert("x-long", "y".repeat(40 * 1024).parse().unwrap());
    assert!(send(ada.agent(), wordy).await.is_err());
    ada.write("user/a.md", "fine\n").await;
    stack.finish().await;
}
