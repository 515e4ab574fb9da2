//! A dream that is killed leaves memory as before or as after, never between; and the user is dreamt.

use std::time::Duration;

use memex_stack::stack::{Stack, User};
use tests::waiting::until;
use tests::{ask, hand, messy};

use crate::process::Process;

/// Kills at each point.
const RUNS: usize = 4;

/// More than a lease.
const LEASE: Duration = Duration::from_secs(61);

#[tokio::test]
async fn a_worker_killed_mid_stage_leaves_memory_as_before_and_the_user_is_dreamt_after_the_lease() {
    let stack = Stack::start().await;
    for run in 0..RUNS {
        let user = messy_user(&stack, run).await;
        stack.quiet().await;
        let mut worker = Process::dream_worker(&stack, &stack.endpoint(), "doomed", "mid_stage").await;
        worker.dies().await;
        assert!(messy::is_untouched(&user).await, "half a changeset is in memory");
        assert_eq!(ask::dreams(&stack, user.id()).await, ["running 1"], "the worker died within its dream");
        assert!(staged(&stack, user.id()).await > 0, "it had staged something");

        assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "the lease is the dead worker's until it expires");
        stack.advance(LEASE).await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "after a failure there is a back-off");
        assert_eq!(ask::dreams(&stack, user.id()).await, ["lost 1"]);
        stack.quiet().await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "the user is due again");
        is_dreamt_once(&stack, &user, &["lost 1", "applied 1"]).await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_started_dream_whose_worker_is_killed_is_the_same_dream_again() {
    let stack = Stack::start().await;
    let user = messy_user(&stack, 0).await;
    hand::start_dream_of(&stack, user.id()).await;
    let mut worker = Process::dream_worker(&stack, &stack.endpoint(), "doomed", "before_finish").await;
    worker.dies().await;
    assert!(messy::is_untouched(&user).await);
    stack.advance(LEASE).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "after a failure there is a back-off");
    assert_eq!(ask::dreams(&stack, user.id()).await, ["requested 1"]);
    stack.advance(hand::BACK_OFF).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "neither grace nor interval is waited for");
    is_dreamt_once(&stack, &user, &["applied 2"]).await;
    stack.finish().await;
}

#[tokio::test]
async fn memory_api_killed_before_it_commits_an_adoption_leaves_memory_as_before_and_the_repeat_adopts_it() {
    let stack = Stack::start().await;
    for run in 0..RUNS {
        let user = messy_user(&stack, run).await;
        let mut memory_api = Process::memory_api(&stack.database_url(), "before_adoption").await;
        let worker = dreaming_worker(&stack, &user, &memory_api).await;
        memory_api.dies().await;
        assert!(messy::is_untouched(&user).await, "what was not committed is in memory");
        assert_eq!(ask::dreams(&stack, user.id()).await, ["running 1"]);
        comes_back(&stack, &user, &memory_api, worker).await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn memory_api_killed_after_it_committed_an_adoption_has_applied_it_and_the_repeat_applies_nothing() {
    let stack = Stack::start().await;
    for run in 0..RUNS {
        let user = messy_user(&stack, run).await;
        let mut memory_api = Process::memory_api(&stack.database_url(), "after_adoption").await;
        let worker = dreaming_worker(&stack, &user, &memory_api).await;
        memory_api.dies().await;
        is_dreamt_once(&stack, &user, &["applied 1"]).await;
        comes_back(&stack, &user, &memory_api, worker).await;
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_memory_api_that_stays_away_costs_a_dream_its_lease_and_nothing_else() {
    let stack = Stack::start().await;
    let user = messy_user(&stack, 0).await;
    let mut memory_api = Process::memory_api(&stack.database_url(), "before_adoption").await;
    let mut worker = dreaming_worker(&stack, &user, &memory_api).await;
    memory_api.dies().await;
    worker.kill().await;
    stack.advance(LEASE).await;
    // A claim passes by a scope that somebody holds, and Postgres takes a moment to see that the dead one is gone.
    until("the lease is lost", async || {
        assert_eq!(stack.worker().poll_once().await.unwrap(), 0);
        (ask::dreams(&stack, user.id()).await == ["lost 1"]).then_some(())
    })
    .await;
    assert!(messy::is_untouched(&user).await);
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    is_dreamt_once(&stack, &user, &["lost 1", "applied 1"]).await;
    stack.finish().await;
}

async fn messy_user(stack: &Stack, run: usize) -> User {
    let user = stack.user(&format!("user-{run}")).await;
    messy::write(&user).await;
    user
}

/// A worker that will claim the one user who is due.
async fn dreaming_worker(stack: &Stack, user: &User, memory_api: &Process) -> Process {
    assert!(messy::is_untouched(user).await);
    stack.quiet().await;
    Process::dream_worker(stack, &memory_api.endpoint(), "worker", "").await
}

/// memory-api is back at its old address; the worker, which has been repeating its FinishDream, hears how that ended.
async fn comes_back(stack: &Stack, user: &User, gone: &Process, worker: Process) {
    let memory_api = Process::memory_api_at(&gone.address().to_string(), &stack.database_url(), "").await;
    let repeated =
        "SELECT count(*) FROM mx_dream d JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1 AND d.state = 'applied'";
    until("the dream is applied", async || (ask::number(stack.sql(), repeated, &[user.id()]).await == 1).then_some(()))
        .await;
    until("the worker has heard of it", async || worker.has_logged("ended: applied").then_some(())).await;
    worker.stop().await;
    memory_api.stop().await;
    is_dreamt_once(stack, user, &["applied 1"]).await;
}

/// Memory is as after one dream, its revisions are those of one changeset, and another dream finds nothing to do.
async fn is_dreamt_once(stack: &Stack, user: &User, dreams: &[&str]) {
    assert!(messy::is_dreamt(user).await, "memory is not as after one dream: {:?}", user.files().await);
    assert_eq!(ask::dreams(stack, user.id()).await, dreams);
    let unadopted =
        "SELECT count(*) FROM mx_dream_op o JOIN mx_dream d USING (scope_id, dream_id) JOIN mx_scope s USING (scope_id)
                      WHERE s.user_id = $1 AND d.state = 'applied' AND o.adopted_sequence IS NULL";
    assert_eq!(
        ask::number(stack.sql(), unadopted, &[user.id()]).await,
        0,
        "an op of the applied dream has no revision"
    );
    let by_dreams = "SELECT count(*) FROM mx_revision r JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1 AND r.dream_id IS NOT NULL";
    let by_ops =
        "SELECT count(o.adopted_sequence) + 1 FROM mx_dream_op o JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1";
    let (revisions, ops) =
        (ask::number(stack.sql(), by_dreams, &[user.id()]).await, ask::number(stack.sql(), by_ops, &[user.id()]).await);
    assert_eq!(revisions, ops, "each op is one revision, and the log's line is one more");
}

async fn staged(stack: &Stack, user: &str) -> i64 {
    let statement = "SELECT count(*) FROM mx_dream_op o JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1";
    ask::number(stack.sql(), statement, &[user]).await
}
