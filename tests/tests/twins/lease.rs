//! A lease that expired, or was given to another, cannot read, stage, renew or finish.

use std::time::Duration;

use memex_proto::v1::{DreamState, ErrorReason, FinishOutcome, StopReason};
use memex_stack::stack::{Stack, User};
use tests::hand::{self, HeldDream};
use tests::refused::refused;
use tests::{ask, messy};

/// More than a lease.
const LEASE: Duration = Duration::from_secs(61);

/// A user whose dream a worker has claimed and begun.
async fn begun(stack: &Stack) -> (User, HeldDream) {
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    hand::start_dream_of(stack, "ada").await;
    let held = hand::claim_one(&hand::worker(stack, 1).await[0]).await;
    held.read("user/notes.md").await.expect("the lease is held");
    held.clean().await.expect("the lease is held");
    (ada, held)
}

/// The dream as the next worker has it, after the back-off for the lease that was lost.
async fn claimed_next(stack: &Stack) -> HeldDream {
    let worker = hand::worker(stack, 1).await.remove(0);
    assert_eq!(hand::claim(&worker, 10).await.len(), 0, "a lost lease is a failure: there is a back-off");
    stack.advance(hand::BACK_OFF).await;
    hand::claim_one(&worker).await
}

/// Every call of a dream that is not, or no longer, this worker's.
async fn is_refused_everything(stack: &Stack, held: &HeldDream) {
    let before = ask::everything(stack).await;
    assert_eq!(refused(held.read("user/notes.md").await), ErrorReason::LeaseLost);
    assert_eq!(refused(held.stage("user/profile.md", "mine", 1).await), ErrorReason::LeaseLost);
    assert_eq!(refused(held.clean().await), ErrorReason::LeaseLost);
    assert_eq!(held.renew().await.expect("a renewal is answered").stop(), StopReason::LeaseLost);
    for outcome in [FinishOutcome::Complete, FinishOutcome::More, FinishOutcome::Failed, FinishOutcome::Released] {
        assert_eq!(refused(held.finish_as(outcome).await), ErrorReason::LeaseLost, "{outcome:?}");
    }
    assert_eq!(ask::everything(stack).await, before, "a call without a lease has changed something");
}

#[tokio::test]
async fn an_expired_lease_is_refused_everything_and_the_next_claim_dreams() {
    let stack = Stack::start().await;
    let (ada, late) = begun(&stack).await;
    stack.advance(LEASE).await;
    is_refused_everything(&stack, &late).await;
    assert!(messy::is_untouched(&ada).await);

    let next = claimed_next(&stack).await;
    assert_eq!(next.assignment.dream_id, late.assignment.dream_id, "a dream that a person started is the same one");
    is_refused_everything(&stack, &late).await;
    next.clean().await.unwrap();
    is_refused_everything(&stack, &late).await;
    assert_eq!(next.ends().await, DreamState::Applied);
    is_refused_everything(&stack, &late).await;
    stack.finish().await;
}

#[tokio::test]
async fn neither_another_token_nor_another_fence_nor_a_dream_that_is_none_holds_a_lease() {
    let stack = Stack::start().await;
    let (_, held) = begun(&stack).await;
    is_refused_everything(&stack, &held.through(&hand::worker(&stack, 1).await[0])).await;
    for fence in [-1, 0, 2, i64::MAX] {
        let mut guessed = held.clone();
        guessed.assignment.fence = fence;
        is_refused_everything(&stack, &guessed).await;
    }
    let mut invented = held.clone();
    invented.assignment.dream_id = "drm_AAAAAAAAAAEBAQEBAQEBAQEBAQEBAQEB".into();
    is_refused_everything(&stack, &invented).await;
    assert_eq!(held.ends().await, DreamState::Applied);
    stack.finish().await;
}

#[tokio::test]
async fn without_the_guard_a_late_worker_stages_and_ends_the_dream_of_another() {
    let stack = Stack::start().await;
    let (ada, late) = begun(&stack).await;
    stack.install_twin("mx_lease_1", "lease").await;
    stack.advance(LEASE).await;
    let next = claimed_next(&stack).await;
    next.read("user/notes.md").await.unwrap();
    late.clean().await.expect("nothing keeps the late worker from staging in another's dream");
    assert_eq!(late.ends().await, DreamState::Applied, "nothing keeps it from ending it");
    assert!(!messy::is_untouched(&ada).await, "what the holder never staged is in memory");
    stack.abandon().await;
}
