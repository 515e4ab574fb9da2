//! What a person rejected does not come back through a dream.

use memex_proto::v1::RejectDreamRequest;
use memex_stack::stack::{Stack, StackOptions};
use memory_api::{Guard, Guards};
use tests::ask;
use tests::hand::start_dream_of;

const TEA: &str = "# Ada\n\n- Ada likes tea.\n- Ada likes tea.\n";

/// How the dream ends that comes after a rejected one.
async fn end(guards: Guards) -> String {
    let stack = Stack::with(StackOptions { guards, ..StackOptions::default() }).await;
    ask::set_key(&stack, "dream_mode", "review").await;
    stack.user("ada").await.write("user/tea.md", TEA).await;
    let dream_id = start_dream_of(&stack, "ada").await.dream_id;
    stack.worker().poll_once().await.unwrap();
    let request = RejectDreamRequest { dream_id, ..RejectDreamRequest::default() };
    stack.operator().dream_admin.reject_dream(request).await.unwrap();
    start_dream_of(&stack, "ada").await;
    stack.worker().poll_once().await.unwrap();
    let last = ask::lines(stack.sql(), "SELECT state FROM mx_dream ORDER BY created_at DESC LIMIT 1", &[]).await;
    stack.abandon().await;
    last[0].clone()
}

#[tokio::test]
async fn a_rejected_change_is_not_proposed_again() {
    assert_eq!(end(Guards::default()).await, "noop");
}

#[tokio::test]
async fn without_the_guard_it_is_proposed_again() {
    assert_eq!(end(Guards::without(Guard::Forgotten)).await, "proposed");
}
