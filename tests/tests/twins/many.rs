//! Sixteen workers and two hundred due users of two workspaces: each user once, no workspace beyond its limit, both in turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use futures::future::join_all;
use memex_stack::stack::{Stack, StackOptions};
use tests::ask;
use tests::hand::{claim, worker};
use tests::waiting::insisted;

const WORKERS: usize = 16;

/// Due users of the first workspace, and of the second.
const USERS: [usize; 2] = [120, 80];

/// Dreams that have been claimed when the turns of the workspaces are looked at.
const EARLY: usize = 60;

/// One worker: claims and finishes until nobody is due. Notes the most dreams of a workspace that it saw running.
async fn work(stack: Arc<Stack>, number: usize, most: Arc<AtomicI64>) {
    let by_hand = worker(&stack, 2).await.swap_remove(number % 2);
    let running = "SELECT coalesce(max(n), 0) FROM (
                     SELECT count(*) AS n FROM mx_dream WHERE state = 'running' GROUP BY workspace_id) AS each";
    let due = "SELECT count(*) FROM mx_dream_state WHERE due_at <= mx_now()";
    loop {
        let held = claim(&by_hand, 4).await;
        most.fetch_max(ask::number(stack.sql(), running, &[]).await, Ordering::Relaxed);
        if held.is_empty() && ask::number(stack.sql(), due, &[]).await == 0 {
            return;
        }
        for dream in held {
            insisted(|| dream.finish()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixteen_workers_serve_two_hundred_users_once_each_and_two_workspaces_in_turn() {
    let options =
        StackOptions { workspaces: vec!["main".into(), "other".into()], replicas: 2, ..StackOptions::default() };
    let stack = Arc::new(Stack::with(options).await);
    for (workspace, users) in ["main", "other"].into_iter().zip(USERS) {
        let workspace = stack.workspace_named(workspace).clone();
        join_all((0..users).map(|number| {
            let workspace = workspace.clone();
            async move { workspace.user(&format!("user-{number}")).await.write("user/a.md", "- Ada sings.\n").await }
        }))
        .await;
    }
    stack.quiet().await;
    let most = Arc::new(AtomicI64::new(0));
    join_all((0..WORKERS).map(|number| tokio::spawn(work(Arc::clone(&stack), number, Arc::clone(&most)))))
        .await
        .into_iter()
        .for_each(Result::unwrap);
    assert!((1..=3).contains(&most.load(Ordering::Relaxed)), "more ran at once than dream_concurrency allows");
    let served = "SELECT count(*) FROM (SELECT scope_id FROM mx_dream WHERE state = 'noop'
                    GROUP BY scope_id HAVING count(*) = 1) AS once";
    assert_eq!(ask::number(stack.sql(), served, &[]).await, 200, "each user once");
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_dream", &[]).await, 200, "and nobody twice");
    let early = format!(
        "SELECT count(*) FROM (SELECT workspace_id FROM mx_dream ORDER BY claimed_at LIMIT {EARLY}) AS early
          GROUP BY workspace_id"
    );
    let shares = ask::lines(stack.sql(), &early.replace("count(*)", "count(*)::text"), &[]).await;
    let least = shares.iter().map(|share| share.parse::<usize>().unwrap()).min();
    assert!(shares.len() == 2 && least >= Some(EARLY / 4), "a workspace waits behind the other: {shares:?}");
    Arc::into_inner(stack).expect("the workers have ended").finish().await;
}
