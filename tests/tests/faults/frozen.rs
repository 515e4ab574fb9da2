//! A worker that is frozen for longer than its lease changes nothing when it wakes up.

use std::time::Duration;

use memex_stack::stack::Stack;
use rustix::process::Signal;
use tests::waiting::until;
use tests::{ask, hand, messy};

use crate::process::{Pause, Process};

/// Frozen workers.
const RUNS: usize = 5;

/// Three leases.
const FROZEN: Duration = Duration::from_secs(181);

/// LEASE_LOST, as log rows have it.
const LEASE_LOST: &str = "15";

#[tokio::test]
async fn a_worker_that_wakes_up_after_its_lease_is_refused_and_changes_nothing() {
    let stack = Stack::start().await;
    for run in 0..RUNS {
        let name = format!("user-{run}");
        let user = stack.user(&name).await;
        messy::write(&user).await;
        hand::start_dream_of(&stack, &name).await;
        let pause = Pause::new();
        let point = ["first_stage", "mid_stage", "before_finish"][run % 3];
        let zombie = Process::dream_worker(&stack, &stack.endpoint(), "zombie", &pause.at(point)).await;
        pause.reached().await;
        zombie.signal(Signal::STOP);
        stack.advance(FROZEN).await;
        // A claim passes over what somebody has locked, as the sweep may, and is shed on a machine that is slow.
        let lost = async || {
            let _ = stack.worker().poll_once().await;
            (ask::dreams(&stack, &name).await == ["requested 1"]).then_some(())
        };
        until("the lease is lost", lost).await;
        stack.advance(hand::BACK_OFF).await;
        let taken = async || matches!(stack.worker().poll_once().await, Ok(1)).then_some(());
        until("another worker takes the dream over", taken).await;
        assert_eq!(ask::dreams(&stack, &name).await, ["applied 2"]);
        let before = ask::everything(&stack).await;

        pause.go();
        zombie.signal(Signal::CONT);
        until("the zombie was refused", async || (refused(&stack, &name).await > 0).then_some(())).await;
        until("the zombie has given the dream up", async || gave_up(&zombie).then_some(())).await;
        zombie.stop().await;
        assert_eq!(ask::everything(&stack).await, before, "the zombie has changed something");
        assert!(messy::is_dreamt(&user).await);
    }
    stack.finish().await;
}

fn gave_up(zombie: &Process) -> bool {
    zombie.has_logged("is over and was left") || zombie.has_logged("was over before it was finished")
}

async fn refused(stack: &Stack, user: &str) -> i64 {
    let statement = "SELECT count(*) FROM mx_access_log l JOIN mx_scope s USING (scope_id)
                      WHERE s.user_id = $1 AND l.outcome = 2 AND l.reason = $2::smallint AND l.dream_id IS NOT NULL";
    ask::number(stack.sql(), statement, &[user, LEASE_LOST]).await
}
