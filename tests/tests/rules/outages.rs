//! Outages: what is recorded of them, and that no dream and no user pays for one.

use std::time::Duration;

use memex_proto::v1::FinishOutcome;
use memex_stack::stack::{Stack, User};
use tests::hand::{self, HeldDream};
use tests::waiting::until;
use tests::{ask, messy};

/// More than a lease.
const LEASE: Duration = Duration::from_secs(61);

const OUTAGES: &str = "SELECT count(*) FROM mx_outage";

/// A user who is due.
async fn due(stack: &Stack) -> User {
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    stack.quiet().await;
    ada
}

async fn claimed(stack: &Stack) -> Vec<HeldDream> {
    hand::claim(&hand::worker(stack, 1).await[0], 1).await
}

/// Waits until memory-api has written that it lives.
async fn alive(stack: &Stack) {
    let fresh = "SELECT count(*) FROM mx_alive WHERE at > mx_now() - interval '15 seconds'";
    until("memory-api writes mx_alive", async || (ask::number(stack.sql(), fresh, &[]).await == 1).then_some(())).await;
}

/// How often the user's dreams failed in a row, whether there is a back-off, whether they are parked.
async fn failures(stack: &Stack) -> Vec<String> {
    let statement = "SELECT format('%s %s %s', failures, not_before IS NOT NULL, parked) FROM mx_dream_state
                      JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'ada'";
    ask::lines(stack.sql(), statement, &[]).await
}

#[tokio::test]
async fn an_outage_is_recorded_when_it_ends_and_kept_for_a_day() {
    let stack = Stack::start().await;
    alive(&stack).await;
    assert_eq!(ask::number(stack.sql(), OUTAGES, &[]).await, 0, "a service that starts ends no outage");
    stack.outage(Duration::from_secs(3_600)).await;
    let recorded =
        "SELECT count(*) FROM mx_outage WHERE to_at - from_at BETWEEN interval '60 minutes' AND interval '61 minutes'";
    until("the outage is recorded", async || (ask::number(stack.sql(), recorded, &[]).await == 1).then_some(())).await;
    stack.advance(Duration::from_secs(23 * 3_600)).await;
    written_again(&stack).await;
    assert_eq!(ask::number(stack.sql(), OUTAGES, &[]).await, 1, "it is kept for a day, and time alone is no outage");
    stack.advance(Duration::from_secs(2 * 3_600)).await;
    until("the outage is forgotten", async || (ask::number(stack.sql(), OUTAGES, &[]).await == 0).then_some(())).await;
    stack.finish().await;
}

/// Waits for the next write of mx_alive.
async fn written_again(stack: &Stack) {
    let at = "SELECT (extract(epoch FROM at) * 1000)::bigint FROM mx_alive";
    let before = ask::number(stack.sql(), at, &[]).await;
    until("mx_alive is written", async || (ask::number(stack.sql(), at, &[]).await > before).then_some(())).await;
}

#[tokio::test]
async fn outages_that_cost_leases_neither_delay_nor_park_a_user() {
    let stack = Stack::start().await;
    let ada = due(&stack).await;
    alive(&stack).await;
    // More than the attempts after which failures park a user, the gap open at some claims and recorded at others.
    for lost in 0..6 {
        assert_eq!(claimed(&stack).await.len(), 1, "after {lost} lost leases the user is due at once");
        stack.outage(LEASE).await;
        if lost % 2 == 0 {
            alive(&stack).await;
        }
    }
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(failures(&stack).await, ["0 f f"]);
    assert!(messy::is_dreamt(&ada).await);
    let causes = "SELECT DISTINCT cause FROM mx_dream WHERE state = 'lost'";
    assert_eq!(ask::lines(stack.sql(), causes, &[]).await, ["the lease expired, in an outage"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_started_dream_spends_no_attempt_on_an_outage() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    let dream = hand::start_dream_of(&stack, "ada").await;
    alive(&stack).await;
    for _ in 0..6 {
        let held = claimed(&stack).await.remove(0);
        assert_eq!(held.assignment.dream_id, dream.dream_id, "it is the same dream");
        stack.outage(LEASE).await;
    }
    let held = claimed(&stack).await.remove(0);
    held.clean().await.unwrap();
    held.ends().await;
    let attempts = "SELECT attempts::text FROM mx_dream";
    assert_eq!(ask::lines(stack.sql(), attempts, &[]).await, ["1"]);
    assert_eq!(failures(&stack).await, ["0 f f"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_that_failed_in_an_outage_is_dreamt_again_at_once() {
    let stack = Stack::start().await;
    let ada = due(&stack).await;
    alive(&stack).await;
    let held = claimed(&stack).await.remove(0);
    stack.outage(LEASE / 2).await;
    held.finish_as(FinishOutcome::Failed).await.unwrap();
    assert_eq!(failures(&stack).await, ["0 f f"]);
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert!(messy::is_dreamt(&ada).await);
    stack.finish().await;
}

#[tokio::test]
async fn a_lease_that_was_renewed_since_the_outage_is_lost_as_any_other() {
    let stack = Stack::start().await;
    due(&stack).await;
    alive(&stack).await;
    let held = claimed(&stack).await.remove(0);
    stack.outage(LEASE / 2).await;
    alive(&stack).await;
    held.renew().await.unwrap();
    stack.advance(LEASE).await;
    assert_eq!(claimed(&stack).await.len(), 0, "after a failure there is a back-off");
    assert_eq!(failures(&stack).await, ["1 t f"]);
    stack.finish().await;
}

#[tokio::test]
async fn without_the_guard_an_outage_parks_the_user() {
    let stack = Stack::start().await;
    stack.install_twin("mx_end_dream_1", "outage").await;
    due(&stack).await;
    alive(&stack).await;
    assert_eq!(claimed(&stack).await.len(), 1);
    stack.outage(LEASE).await;
    assert_eq!(claimed(&stack).await.len(), 0);
    assert_eq!(failures(&stack).await, ["1 t f"]);
    stack.abandon().await;
}
