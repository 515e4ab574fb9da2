//! Many workers never dream one user at once, and never more users than a workspace allows.

use memex_stack::stack::Stack;
use tests::ask;
use tests::messy;
use tests::waiting::until;

use crate::process::Process;

/// Workers, of two slots each.
const WORKERS: usize = 4;

/// Users who are due at once.
const USERS: usize = 24;

/// `dream_concurrency` where nobody says otherwise.
const CONCURRENCY: i64 = 3;

/// The most dreams at once that there ever were: each began while so many others had not ended.
const MOST_AT_ONCE: &str = "SELECT max((SELECT count(*) FROM mx_dream o WHERE o.claimed_at <= d.claimed_at
    AND coalesce(o.ended_at, 'infinity') > d.claimed_at)) FROM mx_dream d";

/// Pairs of dreams of one user that overlap.
const OVERLAPS: &str =
    "SELECT count(*) FROM mx_dream a JOIN mx_dream b ON a.scope_id = b.scope_id AND a.dream_id < b.dream_id
    AND a.claimed_at < coalesce(b.ended_at, 'infinity') AND b.claimed_at < coalesce(a.ended_at, 'infinity')";

#[tokio::test]
async fn four_workers_never_dream_one_user_at_once_nor_too_many_users() {
    let stack = Stack::start().await;
    for number in 0..USERS {
        messy::write(&stack.user(&format!("user-{number}")).await).await;
    }
    stack.quiet().await;
    let replicas =
        [Process::memory_api(&stack.database_url(), "").await, Process::memory_api(&stack.database_url(), "").await];
    let mut workers = Vec::new();
    for number in 0..WORKERS {
        let endpoint = replicas[number % replicas.len()].endpoint();
        workers.push(Process::dream_worker(&stack, &endpoint, &format!("worker-{number}"), "").await);
    }
    let running = "SELECT count(*) FROM mx_dream WHERE state = 'running'";
    let ended = "SELECT count(*) FROM mx_dream WHERE state = 'applied'";
    until("everybody is dreamt", async || {
        assert!(
            ask::number(stack.sql(), running, &[]).await <= CONCURRENCY,
            "more dreams run than the workspace allows"
        );
        (ask::number(stack.sql(), ended, &[]).await == USERS as i64).then_some(())
    })
    .await;
    for worker in workers {
        worker.stop().await;
    }
    for replica in replicas {
        replica.stop().await;
    }
    let dreams = "SELECT count(*) FROM mx_dream";
    assert_eq!(ask::number(stack.sql(), dreams, &[]).await, USERS as i64, "each user is claimed once");
    assert_eq!(ask::number(stack.sql(), OVERLAPS, &[]).await, 0, "a user was dreamt twice at once");
    let most = ask::number(stack.sql(), MOST_AT_ONCE, &[]).await;
    assert!(most <= CONCURRENCY, "{most} dreams ran at once");
    let names = "SELECT count(DISTINCT worker_name) FROM mx_dream";
    assert!(ask::number(stack.sql(), names, &[]).await > 1, "one worker did it all: nothing was shown");
    for number in 0..USERS {
        assert!(messy::is_dreamt(&stack.user(&format!("user-{number}")).await).await);
    }
    stack.finish().await;
}
