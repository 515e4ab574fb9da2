//! One way through the whole house: memory comes in with duplicates, a dream cleans it, the dream is undone.

#![allow(clippy::unwrap_used, reason = "a test")]

use memex_proto::v1::{
    DreamState, ListAccessLogRequest, ListDreamsRequest, ListRevisionsRequest, RevertDreamRequest, UpdateConfigRequest,
};
use memex_stack::stack::Stack;

const DREAM_LOG: &str = "user/dream-log.md";

const PROFILE: &str =
    "# Ada\n\n- Ada drinks tea in the morning.\n- Ada speaks Portuguese.\n- FYI: Ada drinks tea in the morning\n";
const SESSION: &str = "# Session\n\n- Ada speaks Portuguese.\n- Ada has two cats.\n";

async fn messy() -> Stack {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/profile.md", PROFILE).await;
    ada.write("user/sessions/2026-10-05.md", SESSION).await;
    stack
}

#[tokio::test]
async fn duplicates_go_in_one_dream_which_leaves_its_line_and_can_be_undone_byte_for_byte() {
    let stack = messy().await;
    let ada = stack.user("ada").await;
    let before = ada.files().await;

    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);

    let mut operator = stack.operator();
    let request = ListDreamsRequest { user_id: "ada".into(), ..ListDreamsRequest::default() };
    let dreams = operator.dream_admin.list_dreams(request).await.unwrap().into_inner().dreams;
    assert_eq!(dreams.len(), 1);
    assert_eq!(dreams[0].state(), DreamState::Applied, "{dreams:?}");
    let ledger = dreams[0].ledger.unwrap();
    assert_eq!((ledger.duplicate, ledger.added), (2, 0), "{ledger:?}");

    let dreamt = ada.files().await;
    let all: String = dreamt.iter().filter(|(path, _)| *path != DREAM_LOG).map(|(_, text)| text.as_str()).collect();
    for said in ["tea in the morning", "speaks Portuguese", "two cats"] {
        assert_eq!(all.matches(said).count(), 1, "{said} in {all}");
    }
    let line = dreamt[DREAM_LOG].lines().last().unwrap().to_owned();
    assert!(line.contains("dream-consolidation: touched") && line.contains("2 duplicates"), "{line}");

    let request = RevertDreamRequest { dream_id: dreams[0].dream_id.clone(), ..RevertDreamRequest::default() };
    let undone = operator.dream_admin.revert_dream(request).await.unwrap().into_inner();
    assert_eq!(undone.dream.unwrap().state(), DreamState::Reverted);
    let mut after = ada.files().await;
    after.remove(DREAM_LOG).unwrap();
    assert_eq!(after, before);

    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "a revert made the user due");
    stack.finish().await;
}

#[tokio::test]
async fn nobody_is_dreamt_for_before_they_are_quiet_or_while_dreaming_is_switched_off() {
    let stack = messy().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "within the grace");
    stack.quiet().await;
    let mut operator = stack.operator();
    let mut switch = async |on: &str| {
        let values = [("dream_enabled".to_owned(), on.to_owned())].into();
        operator.admin.update_config(UpdateConfigRequest { values, ..UpdateConfigRequest::default() }).await.unwrap();
    };
    switch("false").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "switched off");
    switch("true").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_second_dream_over_clean_memory_leaves_no_trace_in_it() {
    let stack = messy().await;
    let ada = stack.user("ada").await;
    stack.quiet().await;
    stack.worker().poll_once().await.unwrap();
    // A change that qualifies and gives a dream nothing to do.
    ada.write("user/garden.md", "# Garden\n\n- The beans are planted.\n").await;
    let clean = ada.files().await;
    let mut operator = stack.operator();
    let request = ListRevisionsRequest { user_id: "ada".into(), ..ListRevisionsRequest::default() };
    let revisions = operator.history.list_revisions(request.clone()).await.unwrap().into_inner().revisions.len();
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(ada.files().await, clean);
    assert_eq!(operator.history.list_revisions(request).await.unwrap().into_inner().revisions.len(), revisions);
    stack.finish().await;
}

#[tokio::test]
async fn two_workspaces_of_one_deployment_see_nothing_of_each_other() {
    let options = memex_stack::stack::StackOptions {
        workspaces: vec!["main".into(), "other".into()],
        replicas: 2,
        ..Default::default()
    };
    let stack = Stack::with(options).await;
    stack.user("ada").await.write("user/profile.md", "- main\n").await;
    let other = stack.workspace_named("other").user("ada").await;
    assert_eq!(other.read("user/profile.md").await, None);
    other.write("user/profile.md", "- other\n").await;
    assert_eq!(stack.user("ada").await.read("user/profile.md").await.as_deref(), Some("- main\n"));
    let rows = stack
        .operator()
        .admin
        .list_access_log(ListAccessLogRequest { actor: "agent".into(), ..Default::default() })
        .await;
    assert_eq!(rows.unwrap().into_inner().entries.iter().filter(|row| row.operation == "write").count(), 1);
    stack.finish().await;
}
