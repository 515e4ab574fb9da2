//! What a person sees of dreams that are under way: WatchDream and GetStatus.

use memex_proto::v1::{
    DreamEvent, DreamState, FinishOutcome, GetStatusRequest, GetStatusResponse, PauseUserRequest, WatchDreamRequest,
    WatchDreamResponse,
};
use memex_stack::stack::Stack;
use tests::ask;
use tests::hand::{claim_one, start_dream_of, worker};
use tonic::Streaming;

const TEA: &str = "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n- Ada has a cat.\n";

async fn watch(stack: &Stack, dream_id: &str) -> Streaming<WatchDreamResponse> {
    let request = WatchDreamRequest { dream_id: dream_id.to_owned() };
    stack.operator().dream_admin.watch_dream(request).await.unwrap().into_inner()
}

async fn status(stack: &Stack) -> GetStatusResponse {
    stack.operator().dream_admin.get_status(GetStatusRequest {}).await.unwrap().into_inner()
}

/// The next event: what happened, the dream's state, and the path of an op.
async fn next(events: &mut Streaming<WatchDreamResponse>) -> Option<(DreamEvent, DreamState, String)> {
    let told = events.message().await.unwrap()?;
    let state = told.dream.as_ref().map_or(DreamState::Unspecified, |dream| dream.state());
    Some((told.event(), state, told.op.map(|op| op.path).unwrap_or_default()))
}

#[tokio::test]
async fn a_watch_tells_what_a_dream_does_until_it_has_ended() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/tea.md", TEA).await;
    let dream = start_dream_of(&stack, "ada").await.dream_id;
    let mut events = watch(&stack, &dream).await;
    let at = |event, state, path: &str| Some((event, state, path.to_owned()));
    assert_eq!(next(&mut events).await, at(DreamEvent::State, DreamState::Requested, ""));
    let held = claim_one(&worker(&stack, 1).await[0]).await;
    assert_eq!(next(&mut events).await, at(DreamEvent::State, DreamState::Running, ""));
    held.read("user/tea.md").await.unwrap();
    assert_eq!(next(&mut events).await, at(DreamEvent::Read, DreamState::Running, ""));
    held.drop_duplicate("user/tea.md", 4, 3, "- Ada likes tea.").await.unwrap();
    // Staging by a patch reads, which is no event of its own where nothing more was read than is counted.
    let mut told = next(&mut events).await;
    if told == at(DreamEvent::Read, DreamState::Running, "") {
        told = next(&mut events).await;
    }
    assert_eq!(told, at(DreamEvent::Staged, DreamState::Running, "user/tea.md"));
    held.stage("user/tea.md", "- nothing\n", 7).await.unwrap_err();
    assert_eq!(next(&mut events).await, at(DreamEvent::Refused, DreamState::Running, ""));
    held.finish().await.unwrap();
    let mut last = next(&mut events).await;
    if last == at(DreamEvent::Judging, DreamState::Applied, "") {
        last = next(&mut events).await;
    }
    assert_eq!(last, at(DreamEvent::State, DreamState::Applied, ""));
    assert_eq!(next(&mut events).await, None);
    // Of one that has ended, the first answer is the only one beside its ops.
    let mut late = watch(&stack, &dream).await;
    assert_eq!(next(&mut late).await, at(DreamEvent::State, DreamState::Applied, ""));
    assert_eq!(next(&mut late).await, at(DreamEvent::Staged, DreamState::Applied, "user/tea.md"));
    assert_eq!(next(&mut late).await, None);
    stack.finish().await;
}

#[tokio::test]
async fn the_status_counts_who_is_due_runs_waits_and_is_held() {
    let stack = Stack::start().await;
    ask::set_key(&stack, "dream_mode", "review").await;
    for user in ["ada", "ben", "cleo", "dan"] {
        stack.user(user).await.write("user/tea.md", &TEA.replace("Ada", user)).await;
    }
    let nobody = status(&stack).await;
    assert_eq!((nobody.deployment_enabled, nobody.workspace_enabled, nobody.due), (true, true, 0), "all are in grace");
    stack.quiet().await;
    let due = status(&stack).await;
    assert_eq!((due.due, due.oldest_due_at.is_some()), (4, true));
    let pause = PauseUserRequest { user_id: "dan".into(), ..PauseUserRequest::default() };
    stack.operator().admin.pause_user(pause).await.unwrap();
    let by_hand = worker(&stack, 1).await.remove(0);
    let mut held = tests::hand::claim(&by_hand, 2).await;
    held.remove(0).finish_as(FinishOutcome::Complete).await.unwrap();
    let proposing = held.remove(0);
    let user = proposing.assignment.user_id.clone();
    proposing.drop_duplicate("user/tea.md", 4, 3, &format!("- {user} likes tea.")).await.unwrap();
    assert_eq!(status(&stack).await.running, 1);
    assert_eq!(proposing.ends().await, DreamState::Proposed);
    let told = status(&stack).await;
    let counts = [told.due, told.requested, told.running, told.waiting, told.parked, told.paused];
    assert_eq!(counts, [1, 0, 0, 1, 0, 1]);
    let endings: Vec<(DreamState, i64)> = told.endings.iter().map(|one| (one.state(), one.dreams)).collect();
    assert_eq!(endings, [(DreamState::Noop, 1), (DreamState::Proposed, 1)], "{:?}", told.endings);
    ask::set_key(&stack, "dream_enabled", "false").await;
    assert!(!status(&stack).await.workspace_enabled);
    stack.finish().await;
}
