//! Proposals: what a person approves, in whole or in part, rejects or cancels, and what ends a proposal without a person.

use std::time::Duration;

use memex_proto::v1::{
    ApproveDreamRequest, ApproveDreamResponse, CancelDreamRequest, Dream, DreamState, ErrorReason, GetChangesetRequest,
    GetDreamRequest, PauseUserRequest, RejectDreamRequest, ResumeUserRequest,
};
use memex_stack::stack::Stack;
use memory_api::args::DatabaseArgs;
use memory_api::sweep_once;
use tests::ask;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::reason;
use tonic::Status;

/// A copy in each of two files, by which nothing else is touched, and one in `trip.md` of a line of `tea.md`.
const TEA: &str = "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n- Ada has a cat.\n";
const CITY: &str = "# Ada\n\n- Ada lives in Graz.\n- Ada lives in Graz.\n";
const TRIP: &str = "# Ada\n\n- Ada plays chess.\n- Ada has a cat.\n";

/// A dream of ada's that waits: it drops a line of each of the files that are named.
async fn proposal(stack: &Stack) -> String {
    ask::set_key(stack, "dream_mode", "review").await;
    let ada = stack.user("ada").await;
    ada.write("user/tea.md", TEA).await;
    ada.write("user/city.md", CITY).await;
    ada.write("user/trip.md", TRIP).await;
    let dream = start_dream_of(stack, "ada").await.dream_id;
    let held = claim_one(&worker(stack, 1).await[0]).await;
    held.drop_duplicate("user/tea.md", 4, 3, "- Ada likes tea.").await.unwrap();
    held.drop_duplicate("user/city.md", 4, 3, "- Ada lives in Graz.").await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    dream
}

async fn told(stack: &Stack, dream_id: &str) -> Dream {
    let request = GetDreamRequest { dream_id: dream_id.to_owned() };
    stack.operator().dream_admin.get_dream(request).await.unwrap().into_inner().dream.unwrap()
}

async fn approve(stack: &Stack, dream_id: &str, paths: &[&str]) -> Result<ApproveDreamResponse, Status> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let request = ApproveDreamRequest { dream_id: dream_id.to_owned(), paths, ..ApproveDreamRequest::default() };
    Ok(stack.operator().dream_admin.approve_dream(request).await?.into_inner())
}

async fn refused(stack: &Stack, dream_id: &str, paths: &[&str]) -> ErrorReason {
    let refusal = approve(stack, dream_id, paths).await.expect_err("the proposal is adopted");
    reason(&refusal)
}

async fn sweep(stack: &Stack) {
    let database =
        DatabaseArgs { database_url: Some(stack.database_url()), owner_database_url: None, max_connections: 2.into() };
    sweep_once(&database).await.unwrap();
}

#[tokio::test]
async fn an_approved_proposal_is_adopted_by_dream_agent_in_the_name_of_who_approved() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    let ada = stack.user("ada").await;
    assert_eq!(ada.read("user/tea.md").await.as_deref(), Some(TEA), "a proposal changes nothing");
    let request = ApproveDreamRequest {
        dream_id: dream.clone(),
        reason: "both are right".into(),
        request_id: uuid::Uuid::new_v4().to_string(),
        ..ApproveDreamRequest::default()
    };
    let answer = stack.operator().dream_admin.approve_dream(request.clone()).await.unwrap().into_inner();
    let paths: Vec<&str> = answer.revisions.iter().map(|revision| revision.path.as_str()).collect();
    assert_eq!(paths, ["user/tea.md", "user/city.md", "user/dream-log.md"]);
    assert!(answer.revisions[..2].iter().all(|revision| revision.actor == "dream-agent" && revision.dream_id == dream));
    let approved = answer.dream.clone().unwrap();
    assert_eq!((approved.state(), approved.decided_by.as_str()), (DreamState::Applied, "operator"));
    assert_eq!((approved.decision_reason.as_str(), answer.rest.clone()), ("both are right", None));
    assert_eq!(ada.read("user/tea.md").await.unwrap(), "# Ada\n\n- Ada likes tea.\n- Ada has a cat.\n");
    assert_eq!(ada.read("user/city.md").await.unwrap(), "# Ada\n\n- Ada lives in Graz.\n");
    let again = stack.operator().dream_admin.approve_dream(request).await.unwrap().into_inner();
    assert_eq!(again, answer, "a repeat is answered as the first call was");
    assert_eq!(refused(&stack, &dream, &[]).await, ErrorReason::WrongState);
    stack.finish().await;
}

#[tokio::test]
async fn a_write_of_a_file_that_is_touched_or_cited_ends_a_proposal_in_its_own_transaction() {
    for path in ["user/tea.md", "user/city.md"] {
        let stack = Stack::start().await;
        let dream = proposal(&stack).await;
        let ada = stack.user("ada").await;
        ada.write("user/trip.md", "# Ada\n\n- Ada swims.\n").await;
        assert_eq!(told(&stack, &dream).await.state(), DreamState::Proposed, "trip.md is neither touched nor cited");
        ada.write(path, "# Ada\n\n- Ada reads.\n").await;
        assert_eq!(told(&stack, &dream).await.state(), DreamState::Stale, "{path}");
        assert_eq!(refused(&stack, &dream, &[]).await, ErrorReason::DreamStale);
        assert_eq!(ada.read(path).await.unwrap(), "# Ada\n\n- Ada reads.\n", "the person's text stays");
        stack.finish().await;
    }
}

#[tokio::test]
async fn a_proposal_whose_ground_another_dream_dropped_is_stale() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_mode", "review").await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "# Ada\n\n- Ada likes tea.\n- Ada sings.\n").await;
    ada.write("user/b.md", "# Ada\n\n- Ada likes tea.\n- Ada reads.\n").await;
    let proposed = start_dream_of(&stack, "ada").await.dream_id;
    let by_hand = worker(&stack, 1).await.remove(0);
    let held = claim_one(&by_hand).await;
    held.drop_for(("user/b.md", 1, 3), ("user/a.md", 1, 3), "- Ada likes tea.").await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    ask::set_key(&stack, "dream_mode", "apply").await;
    let _adopted = start_dream_of(&stack, "ada").await.dream_id;
    let held = claim_one(&by_hand).await;
    held.drop_for(("user/a.md", 1, 3), ("user/b.md", 1, 3), "- Ada likes tea.").await.unwrap();
    let ended = held.finish().await.unwrap();
    // Adopted or proposed by the rules: where it was adopted, the first proposal has lost its ground.
    let first = told(&stack, &proposed).await.state();
    match ended.state() {
        DreamState::Applied => assert_eq!(first, DreamState::Stale),
        state => assert_eq!((state, first), (DreamState::Proposed, DreamState::Replaced), "{}", ended.cause),
    }
    let texts = [ada.read("user/a.md").await.unwrap(), ada.read("user/b.md").await.unwrap()];
    assert!(texts.iter().any(|text| text.contains("likes tea")), "both copies are gone");
    stack.finish().await;
}

#[tokio::test]
async fn pause_and_switch_keep_a_proposal_from_being_adopted_and_it_waits_on() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    let admin = stack.operator().admin;
    let pause = PauseUserRequest { user_id: "ada".into(), ..PauseUserRequest::default() };
    admin.clone().pause_user(pause).await.unwrap();
    assert_eq!(refused(&stack, &dream, &[]).await, ErrorReason::UserPaused);
    let resume = ResumeUserRequest { user_id: "ada".into(), ..ResumeUserRequest::default() };
    admin.clone().resume_user(resume).await.unwrap();
    ask::set_key(&stack, "dream_enabled", "false").await;
    assert_eq!(refused(&stack, &dream, &[]).await, ErrorReason::DreamingDisabled);
    ask::set_key(&stack, "dream_enabled", "true").await;
    assert_eq!(told(&stack, &dream).await.state(), DreamState::Proposed);
    approve(&stack, &dream, &[]).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn of_a_proposal_that_is_approved_in_part_the_rest_waits_on_as_a_proposal() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    assert_eq!(refused(&stack, &dream, &["user/trip.md"]).await, ErrorReason::FieldInvalid);
    let before = told(&stack, &dream).await;
    let answer = approve(&stack, &dream, &["user/city.md"]).await.unwrap();
    let (approved, rest) = (answer.dream.unwrap(), answer.rest.unwrap());
    assert_eq!((approved.state(), approved.paths.clone()), (DreamState::Applied, vec!["user/city.md".to_owned()]));
    assert_eq!(approved.ledger.unwrap().duplicate, 1);
    assert_eq!((rest.state(), rest.rest_of.as_str()), (DreamState::Proposed, dream.as_str()));
    assert_eq!((rest.paths.clone(), rest.expires_at), (vec!["user/tea.md".to_owned()], before.expires_at));
    let ada = stack.user("ada").await;
    assert_eq!(ada.read("user/tea.md").await.as_deref(), Some(TEA));
    let answer = approve(&stack, &rest.dream_id, &[]).await.unwrap();
    assert_eq!(answer.dream.unwrap().state(), DreamState::Applied);
    assert_eq!(ada.read("user/tea.md").await.unwrap(), "# Ada\n\n- Ada likes tea.\n- Ada has a cat.\n");
    stack.finish().await;
}

#[tokio::test]
async fn files_that_share_a_ground_are_approved_together_or_not_at_all() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_mode", "review").await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n- Ada sings.\n").await;
    ada.write("user/b.md", "# Ada\n\n- Ada sings.\n- Ada reads.\n").await;
    let dream = start_dream_of(&stack, "ada").await.dream_id;
    let held = claim_one(&worker(&stack, 1).await[0]).await;
    held.drop_duplicate("user/a.md", 4, 3, "- Ada likes tea.").await.unwrap();
    held.drop_for(("user/b.md", 1, 3), ("user/a.md", 1, 5), "- Ada sings.").await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    let request = GetChangesetRequest { dream_id: dream.clone() };
    let told = stack.operator().dream_admin.get_changeset(request).await.unwrap().into_inner();
    assert_eq!(told.files.iter().map(|file| file.group).collect::<Vec<_>>(), [1, 1]);
    for part in ["user/a.md", "user/b.md"] {
        assert_eq!(refused(&stack, &dream, &[part]).await, ErrorReason::FieldInvalid, "{part}");
    }
    let answer = approve(&stack, &dream, &["user/a.md", "user/b.md"]).await.unwrap();
    assert_eq!((answer.rest, answer.dream.unwrap().state()), (None, DreamState::Applied));
    stack.finish().await;
}

#[tokio::test]
async fn a_rejected_proposal_changes_nothing_and_says_who_rejected_it() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    let request = RejectDreamRequest {
        dream_id: dream.clone(),
        reason: "she means both".into(),
        ..RejectDreamRequest::default()
    };
    let answer = stack.operator().dream_admin.reject_dream(request).await.unwrap().into_inner().dream.unwrap();
    assert_eq!((answer.state(), answer.decided_by.as_str()), (DreamState::Rejected, "operator"));
    assert_eq!(answer.decision_reason, "she means both");
    let ada = stack.user("ada").await;
    assert_eq!(ada.read("user/tea.md").await.as_deref(), Some(TEA));
    assert_eq!(refused(&stack, &dream, &[]).await, ErrorReason::WrongState);
    stack.finish().await;
}

#[tokio::test]
async fn a_canceled_proposal_is_dreamt_over_again_and_a_running_dream_ends_at_once() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    let due = "SELECT count(*) FROM mx_dream_state WHERE due_at IS NOT NULL";
    assert_eq!(ask::number(stack.sql(), due, &[]).await, 0, "the proposal holds the user up");
    let cancel = |dream_id: &str| CancelDreamRequest { dream_id: dream_id.to_owned(), ..CancelDreamRequest::default() };
    let answer = stack.operator().dream_admin.cancel_dream(cancel(&dream)).await.unwrap().into_inner();
    assert_eq!(answer.dream.unwrap().state(), DreamState::Canceled);
    assert_eq!(ask::number(stack.sql(), due, &[]).await, 1, "what it looked at is due again");
    let running = start_dream_of(&stack, "ada").await.dream_id;
    let held = claim_one(&worker(&stack, 1).await[0]).await;
    let answer = stack.operator().dream_admin.cancel_dream(cancel(&running)).await.unwrap().into_inner().dream.unwrap();
    assert_eq!((answer.state(), answer.decided_by.as_str()), (DreamState::Canceled, "operator"));
    let late = held.drop_duplicate("user/tea.md", 4, 3, "- Ada likes tea.").await.unwrap_err();
    assert_eq!(reason(&late), ErrorReason::LeaseLost);
    let twice = stack.operator().dream_admin.cancel_dream(cancel(&running)).await.unwrap_err();
    assert_eq!(reason(&twice), ErrorReason::WrongState);
    stack.finish().await;
}

#[tokio::test]
async fn a_proposal_expires_and_holds_dreams_up_only_until_something_is_written() {
    let stack = Stack::start().await;
    let dream = proposal(&stack).await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "nothing was written since");
    let expires = told(&stack, &dream).await.expires_at.unwrap();
    let ended = told(&stack, &dream).await.ended_at.unwrap();
    assert_eq!(expires.seconds - ended.seconds, 14 * 86_400);
    stack.user("ada").await.write("user/new.md", "# Ada\n\n- Ada swims.\n").await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "a write after it is dreamt over");
    stack.advance(Duration::from_secs(14 * 86_400 + 60)).await;
    sweep(&stack).await;
    let state = told(&stack, &dream).await.state();
    assert!(matches!(state, DreamState::Expired | DreamState::Replaced), "{state:?}");
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_dream WHERE state = 'proposed'", &[]).await, 0);
    stack.finish().await;
}
