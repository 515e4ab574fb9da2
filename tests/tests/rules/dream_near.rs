//! Dreams of probable copies alone.

use memex_proto::v1::{
    DreamMode, DreamNear, DreamState, GetChangesetRequest, GetDreamRequest, ListDreamsRequest, StartDreamRequest,
};
use memex_stack::stack::Stack;
use memory_api::args::DatabaseArgs;
use memory_api::sweep_once;
use tests::ask;
use tests::hand::{start_dream, start_dream_of};

const PROFILE: &str = "# Ada\n\n- Ada has two cats.\n- Ada likes green tea.\n";
const TRIP: &str = "# Trip to Rome\n\n- Ada likes green tea.\n- Ada likes red wine.\n";

async fn sweep(stack: &Stack) {
    let database =
        DatabaseArgs { database_url: Some(stack.database_url()), owner_database_url: None, max_connections: 2.into() };
    sweep_once(&database).await.unwrap();
}

async fn state(stack: &Stack, dream_id: &str) -> DreamState {
    let request = GetDreamRequest { dream_id: dream_id.to_owned() };
    stack.operator().dream_admin.get_dream(request).await.unwrap().into_inner().dream.unwrap().state()
}

fn near(mode: DreamMode) -> StartDreamRequest {
    StartDreamRequest {
        user_id: "ada".into(),
        mode: mode.into(),
        near: DreamNear::Review.into(),
        ..StartDreamRequest::default()
    }
}

#[tokio::test]
async fn probable_copies_are_proposed_whatever_the_guard_and_expire_and_hold_no_other_dream_up() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_guard", "refuse").await;
    let ada = stack.user("ada").await;
    ada.write("user/profile.md", PROFILE).await;
    ada.write("user/trip.md", TRIP).await;
    ada.write("user/tea.md", "- Ada likes tea.\n- Ada likes tea.\n").await;
    let proposal = start_dream(&stack, near(DreamMode::Apply)).await.dream_id;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    let request = GetChangesetRequest { dream_id: proposal.clone() };
    let told = stack.operator().dream_admin.get_changeset(request).await.unwrap().into_inner();
    let dream = told.dream.unwrap();
    assert_eq!((dream.state(), dream.near()), (DreamState::Proposed, DreamNear::Review), "{}", dream.cause);
    assert_eq!(told.dropped_lines.len(), 1, "{:?}", told.dropped_lines);
    assert_eq!(told.dropped_lines[0].kept.as_ref().unwrap().text, "- Ada likes green tea.");
    assert_eq!(ada.read("user/trip.md").await.as_deref(), Some(TRIP), "nothing of it was adopted");
    // What is certain is still due, and done while the proposal waits.
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "the proposal holds the user up");
    assert_eq!(ada.read("user/tea.md").await.as_deref(), Some("- Ada likes tea.\n"));
    assert_eq!(state(&stack, &proposal).await, DreamState::Proposed);
    // A newer one takes its place, and expires when nobody decides.
    let newer = start_dream(&stack, near(DreamMode::Unspecified)).await.dream_id;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(state(&stack, &proposal).await, DreamState::Replaced);
    sweep(&stack).await;
    assert_eq!(state(&stack, &newer).await, DreamState::Proposed);
    stack.advance(std::time::Duration::from_secs(14 * 86_400 + 60)).await;
    sweep(&stack).await;
    assert_eq!(state(&stack, &newer).await, DreamState::Expired);
    stack.finish().await;
}

/// Ada's dreams, the oldest first: state, near, and whether each follows another.
async fn dreams(stack: &Stack) -> Vec<String> {
    let statement = "SELECT concat_ws(' ', d.state, d.near, CASE WHEN d.follows IS NOT NULL THEN 'follows' END)
                       FROM mx_dream d JOIN mx_scope s USING (scope_id) WHERE s.user_id = 'ada' ORDER BY d.created_at";
    ask::lines(stack.sql(), statement, &[]).await
}

/// Ada with one pair that is probably a copy, dreamt over once.
async fn counted(stack: &Stack) {
    let ada = stack.user("ada").await;
    ada.write("user/profile.md", PROFILE).await;
    ada.write("user/trip.md", TRIP).await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
}

#[tokio::test]
async fn a_dream_that_counted_a_new_pair_is_followed_by_one_of_probable_copies_and_by_no_other() {
    let stack = Stack::start().await;
    counted(&stack).await;
    assert_eq!(dreams(&stack).await, ["noop off", "requested review follows"]);
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(dreams(&stack).await, ["noop off", "proposed review follows"]);
    // The pair waits for a person: counted again, it is not proposed again.
    stack.user("ada").await.write("user/new.md", "# Ada\n\n- Ada swims.\n").await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0);
    assert_eq!(dreams(&stack).await, ["noop off", "proposed review follows", "noop off"]);
    stack.finish().await;
}

#[tokio::test]
async fn dream_near_off_asks_for_no_dream_and_adopt_adopts_what_is_probable() {
    for (key, then) in [("off", "noop off"), ("adopt", "applied adopt follows")] {
        let stack = Stack::start().await;
        ask::set_key(&stack, "dream_near", key).await;
        counted(&stack).await;
        stack.worker().poll_once().await.unwrap();
        assert_eq!(dreams(&stack).await.pop().unwrap(), then);
        let trip = stack.user("ada").await.read("user/trip.md").await.unwrap();
        assert_eq!(trip.contains("green tea"), key == "off", "{trip}");
        stack.finish().await;
    }
}

#[tokio::test]
async fn a_dream_of_probable_copies_never_delays_what_is_certain() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_concurrency", "1").await;
    counted(&stack).await;
    // Another user is due, and then ada again: both come before the dream that follows.
    stack.user("ben").await.write("user/tea.md", "- Ben likes tea.\n- Ben likes tea.\n").await;
    stack.quiet().await;
    let ben =
        "SELECT user_id FROM mx_dream d JOIN mx_scope s USING (scope_id) ORDER BY claimed_at DESC NULLS LAST LIMIT 1";
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(ask::lines(stack.sql(), ben, &[]).await, ["ben"]);
    stack.user("ada").await.write("user/tea.md", "- Ada likes tea.\n- Ada likes tea.\n").await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(
        dreams(&stack).await,
        ["noop off", "canceled review follows", "applied off", "requested review follows"]
    );
    // What a person asks for comes first, too.
    start_dream_of(&stack, "ada").await;
    assert_eq!(dreams(&stack).await[3], "canceled review follows");
    stack.finish().await;
}

#[tokio::test]
async fn a_dry_run_of_probable_copies_is_reported_and_an_ordinary_proposal_stays_beside_theirs() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/profile.md", PROFILE).await;
    ada.write("user/trip.md", TRIP).await;
    ada.write("user/tea.md", "- Ada likes tea.\n- Ada likes tea.\n").await;
    ask::set_key(&stack, "dream_mode", "review").await;
    let ordinary = start_dream_of(&stack, "ada").await.dream_id;
    stack.worker().poll_once().await.unwrap();
    let beside = start_dream(&stack, near(DreamMode::Unspecified)).await.dream_id;
    stack.worker().poll_once().await.unwrap();
    let dry = start_dream(&stack, near(DreamMode::DryRun)).await.dream_id;
    stack.worker().poll_once().await.unwrap();
    let states = [state(&stack, &ordinary).await, state(&stack, &beside).await, state(&stack, &dry).await];
    assert_eq!(states, [DreamState::Proposed, DreamState::Proposed, DreamState::Reported]);
    let list =
        ListDreamsRequest { user_id: "ada".into(), states: vec![DreamState::Proposed.into()], ..Default::default() };
    let listed = stack.operator().dream_admin.list_dreams(list).await.unwrap().into_inner().dreams;
    assert_eq!(listed.len(), 2);
    stack.finish().await;
}
