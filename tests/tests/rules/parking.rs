//! Who is parked after too many failures, what does not park, and what lifts it.

use std::time::Duration;

use futures::future::join_all;
use memex_proto::v1::{
    DreamState, ErrorReason, FinishOutcome, GetUserRequest, PauseUserRequest, ResumeUserRequest, UnparkUserRequest,
    User,
};
use memex_stack::stack::{Clients, Stack};
use tests::hand::{self, claim, claim_one, start_dream_of};
use tests::refused::refused;
use tests::{ask, messy};
use uuid::Uuid;

/// Dreams in a row that fail before a user is parked: `dream_max_attempts`.
const ATTEMPTS: u32 = 5;

/// Longer than any back-off.
const PAST_THE_BACK_OFF: Duration = Duration::from_secs(8 * 3_600);

async fn user(stack: &Stack) -> User {
    let asked = GetUserRequest { user_id: "ada".into() };
    stack.operator().admin.get_user(asked).await.unwrap().into_inner().user.unwrap()
}

fn unpark() -> UnparkUserRequest {
    UnparkUserRequest { user_id: "ada".into(), ..UnparkUserRequest::default() }
}

/// Lets the scheduled dream fail until its user is parked.
async fn park(stack: &Stack, worker: &Clients) {
    for attempt in 0..ATTEMPTS {
        assert!(!user(stack).await.parked, "{attempt}");
        stack.advance(PAST_THE_BACK_OFF).await;
        let held = claim_one(worker).await;
        assert_eq!(held.finish_as(FinishOutcome::Failed).await.unwrap().state(), DreamState::Failed);
    }
    assert!(user(stack).await.parked);
    stack.advance(PAST_THE_BACK_OFF).await;
    assert_eq!(claim(worker, 10).await.len(), 0, "a dream comes to who is parked");
}

async fn parked() -> (Stack, Clients) {
    let stack = Stack::start().await;
    messy::write(&stack.user("ada").await).await;
    let worker = hand::worker(&stack, 1).await.remove(0);
    park(&stack, &worker).await;
    (stack, worker)
}

#[tokio::test]
async fn who_was_parked_is_dreamt_for_again_once_they_are_unparked() {
    let (stack, worker) = parked().await;
    let ada = stack.user("ada").await;
    ada.write("user/more.md", "- Ada has a cat.\n").await;
    let resume = ResumeUserRequest { user_id: "ada".into(), ..ResumeUserRequest::default() };
    stack.operator().admin.resume_user(resume).await.unwrap();
    stack.advance(PAST_THE_BACK_OFF).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "neither a write nor the end of a pause unparks");
    let answer = stack.operator().dream_admin.unpark_user(unpark()).await.unwrap().into_inner();
    assert!(answer.changed && answer.due_at.is_some(), "{answer:?}");
    assert!(!user(&stack).await.parked);
    // The count begins anew: one failure more does not park.
    let held = claim_one(&worker).await;
    held.finish_as(FinishOutcome::Failed).await.unwrap();
    assert!(!user(&stack).await.parked);
    stack.advance(PAST_THE_BACK_OFF).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert!(messy::is_dreamt_but_for(&ada, &["user/more.md"]).await);
    stack.finish().await;
}

#[tokio::test]
async fn an_unparking_that_is_repeated_is_one_change_with_one_answer() {
    let (stack, worker) = parked().await;
    let admin = stack.operator().dream_admin;
    let request = UnparkUserRequest { request_id: Uuid::new_v4().to_string(), ..unpark() };
    let five = (0..5).map(|_| {
        let (mut admin, request) = (admin.clone(), request.clone());
        async move { admin.unpark_user(request).await.unwrap().into_inner() }
    });
    let answers = join_all(five).await;
    assert!(answers[0].changed && answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    park(&stack, &worker).await;
    let late = admin.clone().unpark_user(request.clone()).await.unwrap().into_inner();
    assert!(late == answers[0] && user(&stack).await.parked, "a late repeat changed something");
    let pause = PauseUserRequest { user_id: "ada".into(), request_id: request.request_id, ..Default::default() };
    assert_eq!(refused(stack.operator().admin.pause_user(pause).await), ErrorReason::RequestIdReused);
    assert!(admin.clone().unpark_user(unpark()).await.unwrap().into_inner().changed);
    let idle = admin.clone().unpark_user(unpark()).await.unwrap().into_inner();
    assert!(!idle.changed && idle.due_at.is_some(), "{idle:?}");
    let nobody = UnparkUserRequest { user_id: "nobody".into(), ..unpark() };
    assert_eq!(refused(admin.clone().unpark_user(nobody).await), ErrorReason::UserNotFound);
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_that_was_started_and_ends_well_unparks_its_user() {
    let (stack, _) = parked().await;
    let ada = stack.user("ada").await;
    start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "parking does not keep a person from starting a dream");
    assert!(messy::is_dreamt(&ada).await && !user(&stack).await.parked);
    ada.write("user/more.md", "- Ada has a cat.\n").await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "the next one comes by itself");
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_that_was_started_keeps_the_back_off_between_its_attempts_and_parks_nobody() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    let worker = hand::worker(&stack, 1).await.remove(0);
    start_dream_of(&stack, "ada").await;
    for attempt in 1..=ATTEMPTS {
        let held = claim_one(&worker).await;
        if attempt == 2 {
            // A worker that hands a dream back is no failure, and the dream comes again at once.
            held.finish_as(FinishOutcome::Released).await.unwrap();
            claim_one(&worker).await.finish_as(FinishOutcome::Failed).await.unwrap();
        } else {
            held.finish_as(FinishOutcome::Failed).await.unwrap();
        }
        assert_eq!(claim(&worker, 10).await.len(), 0, "attempt {attempt} is followed at once by another");
        let shortest = Duration::from_secs(60 * 2_u64.pow(attempt) * 8 / 10 - 10);
        stack.advance(shortest).await;
        assert_eq!(claim(&worker, 10).await.len(), 0, "the back-off after attempt {attempt} is not kept");
        stack.advance(shortest).await;
    }
    assert_eq!(ask::dreams(&stack, "ada").await, ["failed 6"]);
    assert!(!user(&stack).await.parked, "a dream that was started has parked its user");
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "the user's own dream comes");
    assert!(messy::is_dreamt(&ada).await);
    stack.finish().await;
}
