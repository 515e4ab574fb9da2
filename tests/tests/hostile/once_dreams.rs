//! The cases of `once` that are about dreams: started, paused, reverted, and decided about.

use memex_proto::v1::{
    ApproveDreamRequest, CancelDreamRequest, DreamMode, DreamState, PauseUserRequest, RejectDreamRequest,
    ResumeUserRequest, RevertDreamRequest, StartDreamRequest,
};
use memex_stack::stack::Stack;
use tests::hand::{claim_one, start_dream, worker};
use tests::messy;

use crate::once::{Case, ada, asked, id};

/// Pauses, starts, and the revert of an applied dream.
pub(super) fn dreams(applied: &str) -> Vec<Case> {
    let pause = |reason: &str, request_id: String| {
        asked("PauseUser", &PauseUserRequest { user_id: ada(), reason: reason.into(), request_id })
    };
    let resume = |request_id: String| asked("ResumeUser", &ResumeUserRequest { user_id: ada(), request_id });
    let start = |instructions: &str, request_id: String| {
        let instructions = instructions.into();
        asked("StartDream", &StartDreamRequest { user_id: ada(), instructions, request_id, ..Default::default() })
    };
    let revert = |reason: &str, request_id: String| {
        let (dream_id, reason) = (applied.to_owned(), reason.into());
        asked("RevertDream", &RevertDreamRequest { dream_id, reason, request_id, ..Default::default() })
    };
    let [same, started, paused, resumed] = [id(), id(), id(), id()];
    vec![
        Case { before: vec![], asked: revert("", same.clone()), other: revert("other", same), idle: None },
        Case {
            before: vec![],
            asked: start("", started.clone()),
            other: start("other", started),
            idle: Some((start("", id()), vec![pause("", String::new()), resume(String::new())])),
        },
        Case {
            before: vec![],
            asked: pause("", paused.clone()),
            other: pause("other", paused),
            idle: Some((pause("", id()), vec![resume(String::new())])),
        },
        Case {
            before: vec![pause("", String::new())],
            asked: resume(resumed.clone()),
            other: pause("", resumed),
            idle: Some((resume(id()), vec![pause("", String::new())])),
        },
    ]
}

/// What a person decides about three proposals.
pub(super) fn decisions([approved, rejected, canceled]: &[String; 3]) -> Vec<Case> {
    let approve = |reason: &str, request_id: String| {
        let (dream_id, reason) = (approved.clone(), reason.into());
        asked("ApproveDream", &ApproveDreamRequest { dream_id, reason, request_id, ..Default::default() })
    };
    let reject = |reason: &str, request_id: String| {
        let (dream_id, reason) = (rejected.clone(), reason.into());
        asked("RejectDream", &RejectDreamRequest { dream_id, reason, request_id, ..Default::default() })
    };
    let cancel = |reason: &str, request_id: String| {
        let (dream_id, reason) = (canceled.clone(), reason.into());
        asked("CancelDream", &CancelDreamRequest { dream_id, reason, request_id, ..Default::default() })
    };
    let [yes, no, end] = [id(), id(), id()];
    vec![
        Case { before: vec![], asked: approve("", yes.clone()), other: approve("other", yes), idle: None },
        Case { before: vec![], asked: reject("", no.clone()), other: reject("other", no), idle: None },
        Case { before: vec![], asked: cancel("", end.clone()), other: cancel("other", end), idle: None },
    ]
}

/// A user with a dream that waits for a person.
pub(super) async fn proposal(stack: &Stack, user: &str) -> String {
    messy::write(&stack.user(user).await).await;
    let request = StartDreamRequest { user_id: user.into(), mode: DreamMode::Review.into(), ..Default::default() };
    start_dream(stack, request).await;
    let held = claim_one(&worker(stack, 1).await[0]).await;
    held.clean().await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    held.assignment.dream_id
}
