//! A change waits for the change before it in the same scope, through whichever replica that came.

use memex_proto::v1::ErrorReason;
use memex_stack::stack::sqlx::{self, Postgres, Transaction};
use memex_stack::stack::{Stack, User, broken_rules};
use tests::ask;
use tests::refused::reason;
use tests::waiting::until;
use tonic::Status;

/// A user with two files.
pub(super) async fn files(stack: &Stack) -> User {
    let ada = stack.user("ada").await;
    for path in ["user/a.md", "user/c.md"] {
        ada.write(path, "one").await;
    }
    ada
}

/// What another replica has changed and not committed yet: `user/a.md` goes to `user/b.md`.
async fn under_way(stack: &Stack) -> Transaction<'static, Postgres> {
    let mut other = stack.sql().begin().await.unwrap();
    let shift = "-- test.another_replica
        SELECT outcome FROM mx_move_1((SELECT scope_id FROM mx_scope WHERE user_id = 'ada'), 13::smallint, 'user/a.md', 'user/b.md',
          NULL, NULL, NULL, 'another', gen_random_uuid(), '', NULL, NULL, true, true, array_fill(0::smallint, ARRAY[12]))";
    let outcome: i16 = sqlx::query_scalar(shift).fetch_one(&mut *other).await.unwrap();
    assert_eq!(outcome, 0);
    other
}

/// A change of another file of the same user, which comes while that is under way.
pub(super) async fn beside_another(
    stack: &Stack,
    change: impl Future<Output = Result<(), Status>> + Send + 'static,
) -> Result<(), Status> {
    let other = under_way(stack).await;
    let change = tokio::spawn(change);
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                    AND application_name = 'memory-api' AND wait_event_type = 'Lock'";
    until("the change waits", async || (ask::number(stack.sql(), waiting, &[]).await > 0).then_some(())).await;
    other.commit().await.unwrap();
    change.await.unwrap()
}

async fn writes(stack: &Stack) -> Result<(), Status> {
    let ada = files(stack).await;
    let write = async move { ada.agent().write("user/c.md", "two").overwrite().await.map(drop) };
    beside_another(stack, write).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_waits_for_what_another_replica_changes_in_the_same_scope() {
    let stack = Stack::start().await;
    writes(&stack).await.unwrap();
    let ada = stack.user("ada").await;
    assert_eq!(
        (ada.read("user/b.md").await.as_deref(), ada.read("user/c.md").await.as_deref()),
        (Some("one"), Some("two"))
    );
    stack.finish().await;
}

/// The sequence is unique in its scope, so that the race is an error, or a change that is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_two_replicas_give_two_changes_one_place_in_the_history() {
    let stack = Stack::start().await;
    stack.install_twin("mx_commit_1", "lock").await;
    let answer = writes(&stack).await;
    let failed = answer.as_ref().is_err_and(|status| reason(status) == ErrorReason::Internal);
    let broken = broken_rules(stack.sql()).await.unwrap();
    assert!(failed || !broken.is_empty(), "nothing is lost without the lock: {answer:?}");
    stack.abandon().await;
}
