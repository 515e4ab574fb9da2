//! Claims of one workspace come one after another, so that no more dreams run than it allows.

use futures::future::join_all;
use memex_stack::stack::sqlx;
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::hand::{self, HeldDream};
use tests::waiting::until;
use tests::{ask, messy};
use tokio::task::JoinHandle;

/// Workers that claim at once, at two memory-api.
const WORKERS: usize = 6;

/// Users who are due; a user for every slot that anybody could take.
const USERS: usize = 24;

/// `dream_concurrency` where nobody says otherwise.
const CONCURRENCY: usize = 3;

async fn with_due_users() -> Stack {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    for number in 0..USERS {
        messy::write(&stack.user(&format!("user-{number}")).await).await;
    }
    stack.quiet().await;
    stack
}

/// Everybody claims while a lock holds them up after they have counted what runs; then it goes, and they go on at once.
async fn claimed_at_once(stack: &Stack) -> Vec<HeldDream> {
    let mut lock = stack.sql().begin().await.unwrap();
    sqlx::query("-- test.lock\nLOCK TABLE mx_dream_state IN ACCESS EXCLUSIVE MODE").execute(&mut *lock).await.unwrap();
    let mut claiming: Vec<JoinHandle<Vec<HeldDream>>> = Vec::new();
    for number in 0..WORKERS {
        let worker: Clients = hand::worker(stack, 2).await.swap_remove(number % 2);
        claiming.push(tokio::spawn(async move { hand::claim(&worker, CONCURRENCY as i32).await }));
    }
    until("every claim waits or has come back", async || {
        let back = claiming.iter().filter(|claim| claim.is_finished()).count();
        (back + waiting(stack).await == WORKERS).then_some(())
    })
    .await;
    lock.rollback().await.unwrap();
    join_all(claiming).await.into_iter().flat_map(Result::unwrap).collect()
}

async fn waiting(stack: &Stack) -> usize {
    let statement = "SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND application_name = 'memory-api' AND wait_event_type = 'Lock'";
    usize::try_from(ask::number(stack.sql(), statement, &[]).await).unwrap()
}

fn users(held: &[HeldDream]) -> usize {
    let mut users: Vec<_> = held.iter().map(|held| &held.assignment.user_id).collect();
    users.sort_unstable();
    users.dedup();
    users.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn claims_at_once_get_no_more_than_allowed_and_never_one_user_twice() {
    let stack = with_due_users().await;
    let held = claimed_at_once(&stack).await;
    assert_eq!((held.len(), users(&held)), (CONCURRENCY, CONCURRENCY));
    assert_eq!(hand::claim(&hand::worker(&stack, 1).await[0], 10).await.len(), 0, "all slots are taken");
    held[0].finish().await.unwrap();
    assert_eq!(hand::claim(&hand::worker(&stack, 1).await[0], 10).await.len(), 1, "one slot is free again");
    stack.abandon().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_claims_at_once_get_more_than_the_workspace_allows() {
    let stack = with_due_users().await;
    stack.install_twin("mx_claim_1", "workspace").await;
    let held = claimed_at_once(&stack).await;
    assert!(held.len() > CONCURRENCY, "{} dreams: the guard was not what kept it", held.len());
    assert_eq!(users(&held), held.len(), "a user is never given twice, whatever the workspace's lock does");
    stack.abandon().await;
}
