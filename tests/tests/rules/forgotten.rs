//! Never again: what a person rejected, reverted or removed does not come back through a dream.

use memex_proto::v1::{
    ApproveDreamRequest, DreamMode, DreamNear, DreamState, ErrorReason, GetChangesetRequest, RedactRevisionRequest,
    RejectDreamRequest, RevertDreamRequest, StartDreamRequest, Treatment,
};
use memex_stack::stack::{Stack, User};
use tests::ask;
use tests::backup::dumped;
use tests::erasing::{done, erase};
use tests::hand::{claim_one, start_dream, start_dream_of, tidied, worker};
use tests::refused::{reason, refused};

use super::erasure_rows::rows_that_say;

const TEA: &str = "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n- Ada has a cat.\n- Ada has a cat.\n";
const TRIP: &str = "# Trip to Rome\n\n- Ada likes green tea.\n- Ada likes red wine.\n";
const PROFILE: &str = "# Ada\n\n- Ada has two cats.\n- Ada likes green tea.\n";

/// A canary that nothing else says.
const SECRET: &str = "- Ada owes money to Quirrelmund.";

async fn reject(stack: &Stack, dream_id: &str) {
    let request = RejectDreamRequest { dream_id: dream_id.into(), ..RejectDreamRequest::default() };
    stack.operator().dream_admin.reject_dream(request).await.unwrap();
}

async fn revert(stack: &Stack, dream_id: &str) {
    let request = RevertDreamRequest { dream_id: dream_id.into(), ..RevertDreamRequest::default() };
    stack.operator().dream_admin.revert_dream(request).await.unwrap();
}

/// Ada's dreams, the oldest first.
async fn dreams(stack: &Stack) -> Vec<String> {
    let statement = "SELECT d.state FROM mx_dream d JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'ada' AND d.reverts IS NULL ORDER BY d.created_at";
    ask::lines(stack.sql(), statement, &[]).await
}

async fn dreamt(stack: &Stack) {
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "ada is not due");
}

/// The last dream's id.
async fn last(stack: &Stack) -> String {
    let list = memex_proto::v1::ListDreamsRequest { user_id: "ada".into(), ..Default::default() };
    stack.operator().dream_admin.list_dreams(list).await.unwrap().into_inner().dreams.remove(0).dream_id
}

#[tokio::test]
async fn a_rejected_pair_does_not_come_again_and_the_other_pairs_of_its_file_do() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_mode", "review").await;
    let ada = stack.user("ada").await;
    ada.write("user/tea.md", "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n").await;
    dreamt(&stack).await;
    reject(&stack, &last(&stack).await).await;
    // Written otherwise, at another place, and beside another pair.
    ask::set_key(&stack, "dream_mode", "apply").await;
    ada.write("user/tea.md", "# Ada\n\n* Ada likes  tea\n* Ada likes tea.\n* Ada has a cat.\n* Ada has a cat.\n").await;
    dreamt(&stack).await;
    assert_eq!(dreams(&stack).await, ["rejected", "applied"]);
    let left = ada.read("user/tea.md").await.unwrap();
    assert_eq!((left.matches("tea").count(), left.matches("cat").count()), (2, 1), "{left}");
    // Asked for.
    start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(dreams(&stack).await, ["rejected", "applied", "noop"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_reverted_pair_does_not_come_again() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/tea.md", TEA).await;
    dreamt(&stack).await;
    revert(&stack, &last(&stack).await).await;
    assert_eq!(ada.read("user/tea.md").await.as_deref(), Some(TEA));
    ada.write("user/new.md", "# Ada\n\n- Ada swims.\n").await;
    dreamt(&stack).await;
    start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(dreams(&stack).await, ["reverted", "noop", "noop"]);
    assert_eq!(ada.read("user/tea.md").await.as_deref(), Some(TEA));
    stack.finish().await;
}

#[tokio::test]
async fn a_rejected_probable_pair_is_neither_followed_nor_proposed_again() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/profile.md", PROFILE).await;
    ada.write("user/trip.md", TRIP).await;
    dreamt(&stack).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "a dream of probable copies follows");
    assert_eq!(dreams(&stack).await, ["noop", "proposed"]);
    reject(&stack, &last(&stack).await).await;
    ada.write("user/new.md", "# Ada\n\n- Ada swims.\n").await;
    dreamt(&stack).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "the pair is not new");
    let near = StartDreamRequest {
        user_id: "ada".into(),
        near: DreamNear::Review.into(),
        mode: DreamMode::Apply.into(),
        ..StartDreamRequest::default()
    };
    start_dream(&stack, near).await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(dreams(&stack).await, ["noop", "rejected", "noop", "noop"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_pair_that_is_rejected_while_a_dream_has_staged_it_is_not_adopted_whoever_approves() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_mode", "review").await;
    let ada = stack.user("ada").await;
    ada.write("user/tea.md", TEA).await;
    let by_hand = worker(&stack, 1).await.remove(0);
    let first = start_dream_of(&stack, "ada").await.dream_id;
    let held = claim_one(&by_hand).await;
    held.drop_duplicate("user/tea.md", 4, 3, "- Ada likes tea.").await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    let second = start_dream_of(&stack, "ada").await.dream_id;
    let held = claim_one(&by_hand).await;
    held.drop_duplicate("user/tea.md", 4, 3, "- Ada likes tea.").await.unwrap();
    reject(&stack, &first).await;
    let late = held.drop_for(("user/tea.md", 2, 3), ("user/tea.md", 1, 4), "- Ada likes tea.").await.unwrap_err();
    assert_eq!(reason(&late), ErrorReason::GroundInvalid, "the same pair the other way round");
    let ended = held.finish().await.unwrap();
    assert_eq!(ended.state(), DreamState::Proposed, "{}", ended.cause);
    assert_eq!(ended.violations.iter().map(|one| one.rule.as_str()).collect::<Vec<_>>(), ["forgotten"]);
    let request = ApproveDreamRequest { dream_id: second.clone(), ..ApproveDreamRequest::default() };
    let operator = stack.operator();
    assert_eq!(refused(operator.dream_admin.clone().approve_dream(request).await), ErrorReason::PolicyRefused);
    let request = GetChangesetRequest { dream_id: second };
    let verdict = operator.dream_admin.clone().get_changeset(request).await.unwrap().into_inner().verdict;
    let failed: Vec<&str> = verdict.iter().filter(|one| !one.passes).map(|one| one.rule.as_str()).collect();
    assert_eq!(failed, ["forgotten"]);
    assert_eq!(ada.read("user/tea.md").await.as_deref(), Some(TEA));
    stack.finish().await;
}

/// A rogue worker's attempt to bring text in: as what stage and judge say of it.
async fn brings(stack: &Stack, path: &str, text: &str, version: i64) -> Result<Vec<String>, ErrorReason> {
    start_dream(
        stack,
        StartDreamRequest { user_id: "ada".into(), mode: DreamMode::Apply.into(), ..Default::default() },
    )
    .await;
    let held = claim_one(&worker(stack, 1).await[0]).await;
    // A page that is tidied in a dream of its own is derived from before anything is decided.
    let treatments: Vec<Treatment> = vec![tidied()];
    if let Err(status) = held.stage_as(path, text, version, treatments).await {
        held.finish().await.unwrap();
        return Err(reason(&status));
    }
    let ended = held.finish().await.unwrap();
    assert_eq!(ended.state(), DreamState::Proposed, "{}", ended.cause);
    Ok(ended.violations.into_iter().map(|one| one.rule).filter(|rule| rule == "forgotten").collect())
}

/// Ada's debt, which the operator has removed.
async fn removed(stack: &Stack) -> User {
    let ada = stack.user("ada").await;
    ada.write("user/money.md", &format!("# Money\n\n- Ada saves.\n{SECRET}\n")).await;
    let request = memex_proto::v1::WriteFileRequest {
        user_id: "ada".into(),
        path: "user/money.md".into(),
        content: "# Money\n\n- Ada saves.\n".into(),
        precondition: Some(memex_proto::v1::write_file_request::Precondition::Overwrite(true)),
        ..Default::default()
    };
    stack.operator().memory.write_file(request).await.unwrap();
    ada
}

const BACK: &str = "# Money\n\n- Ada saves.\n* Ada owes money to  Quirrelmund\n";

#[tokio::test]
async fn a_statement_that_a_person_removed_is_not_brought_back_and_who_says_it_again_lifts_that() {
    let stack = Stack::start().await;
    let ada = removed(&stack).await;
    assert_eq!(brings(&stack, "user/money.md", BACK, 2).await, Ok(vec!["forgotten".to_owned()]), "at judging");
    assert_eq!(brings(&stack, "user/money.md", BACK, 2).await, Err(ErrorReason::GroundInvalid), "at staging");
    // An agent says it again and takes it back: what agents take back is no person's word.
    ada.write("user/money.md", BACK).await;
    ada.write("user/money.md", "# Money\n\n- Ada saves.\n").await;
    assert_eq!(brings(&stack, "user/money.md", "# Money\n\n- Ada saves.\n\n", 4).await, Ok(vec![]), "a first look");
    assert_eq!(brings(&stack, "user/money.md", BACK, 4).await, Ok(vec![]), "it was said again");
    stack.finish().await;
}

#[tokio::test]
async fn what_an_agent_removed_and_what_stands_elsewhere_is_not_forgotten() {
    let stack = Stack::start().await;
    let ada = removed(&stack).await;
    ada.write("user/debts.md", &format!("# Debts\n\n{SECRET}\n")).await;
    ada.write("user/hobby.md", "# Hobby\n\n- Ada swims.\n- Ada sings.\n").await;
    ada.write("user/hobby.md", "# Hobby\n\n- Ada sings.\n").await;
    assert_eq!(brings(&stack, "user/money.md", BACK, 2).await, Ok(vec![]));
    assert_eq!(brings(&stack, "user/hobby.md", "# Hobby\n\n- Ada sings.\n- Ada swims.\n", 2).await, Ok(vec![]));
    stack.finish().await;
}

#[tokio::test]
async fn a_redacted_text_is_nowhere_and_still_does_not_come_back() {
    let stack = Stack::start().await;
    let _ada = removed(&stack).await;
    let revision = ask::lines(
        stack.sql(),
        "SELECT format('%s', r.scope_id) FROM mx_revision r WHERE r.path = 'user/money.md' AND r.version = 1",
        &[],
    )
    .await;
    let scope = revision[0].parse().unwrap();
    let revision_id = memex_core::ids::RevisionId { scope, sequence: 1 }.to_string();
    let request = RedactRevisionRequest { revision_id, ..RedactRevisionRequest::default() };
    assert!(stack.operator().admin.redact_revision(request).await.unwrap().into_inner().changed);
    assert_eq!(rows_that_say(&stack, "Quirrelmund").await, Vec::<String>::new());
    assert!(!dumped(&stack).contains("Quirrelmund"));
    assert_eq!(brings(&stack, "user/money.md", BACK, 2).await, Err(ErrorReason::GroundInvalid));
    stack.finish().await;
}

#[tokio::test]
async fn a_shared_text_is_redacted_though_nobody_dreams_over_it() {
    let stack = Stack::start().await;
    for content in ["- The door's code is Quirrelmund.\n", "- The door is open.\n"] {
        let request = memex_proto::v1::WriteFileRequest {
            path: "shared/door.md".into(),
            content: content.into(),
            precondition: Some(memex_proto::v1::write_file_request::Precondition::Overwrite(true)),
            ..Default::default()
        };
        stack.operator().memory.write_file(request).await.unwrap();
    }
    let scope = ask::number(stack.sql(), "SELECT scope_id FROM mx_revision LIMIT 1", &[]).await;
    let revision_id = memex_core::ids::RevisionId { scope, sequence: 1 }.to_string();
    let request = RedactRevisionRequest { revision_id, ..RedactRevisionRequest::default() };
    assert!(stack.operator().admin.redact_revision(request).await.unwrap().into_inner().changed);
    stack.finish().await;
}

#[tokio::test]
async fn nothing_forgotten_is_kept_as_text_and_an_erasure_takes_it_with_its_key() {
    let stack = Stack::start().await;
    let ada = removed(&stack).await;
    brings(&stack, "user/money.md", "# Money\n\n- Ada saves.\n\n", 2).await.unwrap();
    reject(&stack, &last(&stack).await).await;
    let forgotten = "SELECT count(*) FROM mx_forgotten";
    assert!(ask::number(stack.sql(), forgotten, &[]).await >= 2, "a statement and a pair");
    let said = rows_that_say(&stack, "Quirrelmund").await;
    assert!(
        !said.iter().any(|rows| rows.starts_with("mx_forgotten") || rows.starts_with("mx_dream_state")),
        "{said:?}"
    );
    erase(&stack.operator(), ada.id()).await;
    done(&stack.operator(), ada.id()).await;
    assert_eq!(ask::number(stack.sql(), forgotten, &[]).await, 0);
    assert_eq!(ask::number(stack.sql(), "SELECT count(forget_key) FROM mx_dream_state", &[]).await, 0);
    assert!(!dumped(&stack).contains("Quirrelmund"));
    stack.finish().await;
}
