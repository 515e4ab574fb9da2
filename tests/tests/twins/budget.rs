//! A dream's budget holds however many calls come at once.

use futures::future::join_all;
use memex_proto::v1::{DreamBudget, ErrorReason, StartDreamRequest};
use memex_stack::stack::{Stack, StackOptions};
use tests::ask;
use tests::hand::{self, HeldDream};
use tests::refused::reason;
use tests::waiting::insisted;
use tonic::Status;

/// Calls at once.
const CALLS: usize = 32;

/// Ops that a dream may stage.
const OPS: usize = 10;

/// Bytes of a file, of which [`READS`] fit into the read budget.
const BYTES: usize = 8 * 1024;

/// Reads that a dream may make.
const READS: usize = 8;

const ROUNDS: usize = 5;

/// Two memory-api, because within one process calls may wait for each other.
async fn two_replicas() -> Stack {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    ask::set_key(&stack, "dream_max_files", "200").await;
    stack
}

fn path(number: usize) -> String {
    format!("user/{number}.md")
}

fn text(number: usize) -> String {
    format!("- {number} {}\n", "x".repeat(BYTES - format!("- {number} \n").len()))
}

/// The dream of a user with a file for each call, held at both memory-api.
async fn dream_of(stack: &Stack, user: &str) -> [HeldDream; 2] {
    let writes = stack.user(user).await;
    for number in 0..CALLS {
        writes.write(&path(number), &text(number)).await;
    }
    let max_read_bytes = i64::try_from(READS * BYTES).unwrap();
    let budget = DreamBudget { max_ops: OPS as i32, max_read_bytes, ..DreamBudget::default() };
    hand::start_dream(stack, StartDreamRequest { user_id: user.into(), budget: Some(budget), ..Default::default() })
        .await;
    let workers = hand::worker(stack, 2).await;
    let held = hand::claim_one(&workers[0]).await;
    [held.through(&workers[0]), held.through(&workers[1])]
}

/// Every call at once: how many were let through. The others were over the budget and nothing else.
async fn at_once<T>(held: &[HeldDream; 2], call: &impl AsyncFn(HeldDream, usize) -> Result<T, Status>) -> usize {
    let calls = (0..CALLS).map(|number| insisted(move || call(held[number % 2].clone(), number)));
    let (done, refused): (Vec<_>, Vec<_>) = join_all(calls).await.into_iter().partition(Result::is_ok);
    for status in refused.iter().filter_map(|answer| answer.as_ref().err()) {
        assert_eq!(reason(status), ErrorReason::BudgetExceeded, "{status}");
    }
    done.len()
}

/// Stages another text of one file, in which only a blank line came.
async fn stage(held: HeldDream, number: usize) -> Result<(), Status> {
    held.stage(&path(number), &format!("\n{}", text(number)), 1).await.map(drop)
}

async fn read(held: HeldDream, number: usize) -> Result<(), Status> {
    held.read(&path(number)).await.map(drop)
}

async fn counted(stack: &Stack, user: &str, column: &str) -> i64 {
    let statement =
        format!("SELECT d.{column}::bigint FROM mx_dream d JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1");
    ask::number(stack.sql(), &statement, &[user]).await
}

async fn staged(stack: &Stack, user: &str) -> i64 {
    let statement = "SELECT count(*) FROM mx_dream_op o JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1";
    ask::number(stack.sql(), statement, &[user]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_ops_at_once_exactly_ten_are_staged() {
    let stack = two_replicas().await;
    for round in 0..ROUNDS {
        let user = format!("user-{round}");
        let held = dream_of(&stack, &user).await;
        assert_eq!(at_once(&held, &stage).await, OPS);
        assert_eq!((staged(&stack, &user).await, counted(&stack, &user, "ops").await), (OPS as i64, OPS as i64));
        let eleventh = held[0].stage("user/another.md", "- another\n", 0).await.unwrap_err();
        assert_eq!(reason(&eleventh), ErrorReason::BudgetExceeded);
        held[0].finish().await.expect("what was staged can be finished");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_all_32_ops_are_staged() {
    let stack = two_replicas().await;
    stack.install_twin("mx_dream_stage_1", "budget").await;
    let held = dream_of(&stack, "ada").await;
    assert_eq!(at_once(&held, &stage).await, CALLS);
    assert_eq!(staged(&stack, "ada").await, CALLS as i64);
    stack.abandon().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_32_reads_at_once_exactly_as_many_are_answered_as_fit() {
    let stack = two_replicas().await;
    for round in 0..ROUNDS {
        let user = format!("user-{round}");
        let held = dream_of(&stack, &user).await;
        assert_eq!(at_once(&held, &read).await, READS);
        assert_eq!(counted(&stack, &user, "read_bytes").await, (READS * BYTES) as i64);
        held[1].finish().await.expect("a dream that read enough can be finished");
    }
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_guard_all_32_reads_are_answered() {
    let stack = two_replicas().await;
    stack.install_twin("mx_dream_read_1", "read_budget").await;
    let held = dream_of(&stack, "ada").await;
    assert_eq!(at_once(&held, &read).await, CALLS);
    stack.abandon().await;
}
