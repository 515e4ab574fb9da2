//! A restore beside another change of the same file, and what a restore and a deletion count as.

use memex_core::actor::Operation;
use memex_core::ids::RevisionId;
use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::{
    DeleteFileRequest, ErrorReason, GetUserRequest, RestoreRevisionRequest, RestoreRevisionResponse,
};
use memex_stack::stack::sqlx::{self, Postgres, Transaction};
use memex_stack::stack::{Clients, Stack, User};
use tests::ask;
use tests::refused::{bytes, reason, refused};
use tests::waiting::until;
use tokio::task::JoinHandle;
use tonic::Status;

fn restore(revision_id: &str) -> RestoreRevisionRequest {
    RestoreRevisionRequest {
        revision_id: revision_id.into(),
        precondition: Some(Precondition::Overwrite(true)),
        ..RestoreRevisionRequest::default()
    }
}

fn delete(user: &str, path: &str) -> DeleteFileRequest {
    DeleteFileRequest { user_id: user.into(), path: path.into(), ..DeleteFileRequest::default() }
}

/// A user's file with a text and another after it, and the first's revision.
async fn written_twice(stack: &Stack, path: &str) -> (User, RevisionId) {
    let ada = stack.user("ada").await;
    for text in ["- the code is canary-88\n", "- clean\n"] {
        ada.write(path, text).await;
    }
    let scope = ask::number(stack.sql(), "SELECT scope_id FROM mx_scope WHERE user_id = 'ada'", &[]).await;
    (ada, RevisionId { scope, sequence: 1 })
}

/// Ada's scope, held as another change of it holds it.
async fn held(stack: &Stack, scope: i64) -> Transaction<'static, Postgres> {
    let mut holds = stack.sql().begin().await.unwrap();
    let lock = "-- test.hold\nSELECT scope_id FROM mx_scope WHERE scope_id = $1 FOR NO KEY UPDATE";
    sqlx::query(lock).bind(scope).execute(&mut *holds).await.unwrap();
    holds
}

/// A restore that has come as far as the scope's lock, which somebody else holds.
async fn waiting(
    stack: &Stack,
    agent: &Clients,
    id: RevisionId,
) -> JoinHandle<Result<RestoreRevisionResponse, Status>> {
    let mut history = agent.history.clone();
    let asked = restore(&id.to_string());
    let task = tokio::spawn(async move { Ok(history.restore_revision(asked).await?.into_inner()) });
    let behind =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    until("the restore waits for the scope", async || (ask::number(stack.sql(), behind, &[]).await > 0).then_some(()))
        .await;
    task
}

#[tokio::test]
async fn a_text_that_is_redacted_while_its_restore_waits_does_not_come_back() {
    let stack = Stack::start().await;
    let (ada, id) = written_twice(&stack, "user/a.md").await;
    let mut holds = held(&stack, id.scope).await;
    let restoring = waiting(&stack, ada.agent(), id).await;
    let redacts = "-- test.redact\nSELECT mx_redact_1($1, $2, 'why')";
    sqlx::query(redacts).bind(id.scope).bind(id.sequence).execute(&mut *holds).await.unwrap();
    holds.commit().await.unwrap();
    assert_eq!(refused(restoring.await.unwrap()), ErrorReason::RevisionRedacted);
    let told = "SELECT count(*) FROM mx_revision WHERE text LIKE '%canary%'";
    assert_eq!(ask::number(stack.sql(), told, &[]).await, 0);
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("- clean\n"));
    stack.finish().await;
}

#[tokio::test]
async fn a_file_that_is_moved_while_its_restore_waits_is_restored_to_where_it_is() {
    let stack = Stack::start().await;
    let (ada, id) = written_twice(&stack, "user/a.md").await;
    let mut holds = held(&stack, id.scope).await;
    let restoring = waiting(&stack, ada.agent(), id).await;
    let moves = "-- test.move\nSELECT mx_move_1($1, $2, 'user/a.md', 'user/b.md', NULL, NULL, NULL, 'agent', gen_random_uuid(), '', NULL, NULL, true, true, array_fill(0::smallint, ARRAY[12]))";
    sqlx::query(moves).bind(id.scope).bind(Operation::Move.code()).execute(&mut *holds).await.unwrap();
    holds.commit().await.unwrap();
    let file = restoring.await.unwrap().unwrap().file.unwrap();
    assert_eq!((file.path.as_str(), file.version), ("user/b.md", 4));
    assert_eq!(ada.paths().await, ["user/b.md"]);
    stack.finish().await;
}

async fn new_changes(stack: &Stack) -> i64 {
    let request = GetUserRequest { user_id: "ada".into() };
    stack.operator().admin.get_user(request).await.unwrap().into_inner().user.unwrap().new_changes
}

#[tokio::test]
async fn a_deletion_and_a_restore_count_for_the_next_dream_but_not_in_a_log() {
    let stack = Stack::start().await;
    for (path, counted) in [("user/a.md", [2, 3, 4]), ("user/log.md", [4, 4, 4])] {
        let ada = stack.user("ada").await;
        let sequence = ask::revisions(&stack, "ada").await + 1;
        for text in ["- one\n", "- two\n"] {
            ada.write(path, text).await;
        }
        let scope = ask::number(stack.sql(), "SELECT scope_id FROM mx_scope WHERE user_id = 'ada'", &[]).await;
        let mut after = vec![new_changes(&stack).await];
        ada.agent().memory.clone().delete_file(delete("", path)).await.unwrap();
        after.push(new_changes(&stack).await);
        let first = RevisionId { scope, sequence }.to_string();
        ada.agent().history.clone().restore_revision(restore(&first)).await.unwrap();
        after.push(new_changes(&stack).await);
        assert_eq!(after, counted, "{path}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn nobody_learns_by_a_deletion_whether_another_user_or_their_file_exists() {
    let stack = Stack::start().await;
    stack.user("bob").await.write("user/a.md", "one").await;
    let mut memory = stack.agent("ada").await.memory;
    let mut answers = Vec::new();
    for (user, path) in [("bob", "user/a.md"), ("bob", "user/b.md"), ("nobody", "user/a.md")] {
        let status = memory.delete_file(delete(user, path)).await.unwrap_err();
        assert_eq!(reason(&status), ErrorReason::WrongUser);
        answers.push(bytes(&status));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(ask::revisions(&stack, "bob").await, 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_text_that_is_too_long_by_now_is_the_revisions_fault() {
    let stack = Stack::start().await;
    let (ada, id) = written_twice(&stack, "user/a.md").await;
    ask::set_key(&stack, "max_text_bytes", "12").await;
    let status = ada.agent().history.clone().restore_revision(restore(&id.to_string())).await.unwrap_err();
    assert_eq!(reason(&status), ErrorReason::InvalidText);
    let names = |field: &str| status.details().windows(field.len()).any(|bytes| bytes == field.as_bytes());
    assert!(names("revision_id") && !names("content"), "{status:?}");
    assert_eq!(ada.agent().read("user/a.md").await.unwrap().file.unwrap().version, 2);
    stack.finish().await;
}
