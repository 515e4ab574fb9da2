//! What the person said is never dropped for what another said.

use memex_proto::v1::{DreamState, Source};
use memex_stack::stack::{Stack, StackOptions};
use memory_api::{Guard, Guards};
use tests::hand;

const SAID: &str = "- Ada likes green tea.";

const TOPIC: &str = "user/food.md";

const SESSION: &str = "user/sessions/s04.md";

/// The end of a dream that drops the person's line for the web's, and whether the person's stands.
async fn end(guards: Guards) -> (DreamState, bool) {
    let stack = Stack::with(StackOptions { guards, ..StackOptions::default() }).await;
    let ada = stack.user("ada").await;
    for (path, text, source) in [
        (SESSION, format!("- Ada slept.\n{SAID}\n"), Source::User),
        (TOPIC, format!("# Food\n\n{SAID}\n"), Source::Web),
    ] {
        ada.agent().write(path, &text).overwrite().source(source).await.unwrap();
    }
    hand::start_dream_of(&stack, "ada").await;
    let held = hand::claim_one(&hand::worker(&stack, 1).await[0]).await;
    held.drop_for((SESSION, 1, 2), (TOPIC, 1, 3), SAID).await.unwrap();
    let state = held.ends().await;
    let stands = ada.read(SESSION).await.unwrap().contains(SAID);
    stack.abandon().await;
    (state, stands)
}

#[tokio::test]
async fn a_dream_that_drops_the_persons_line_for_the_webs_is_not_adopted() {
    let (state, stands) = end(Guards::default()).await;
    assert_ne!(state, DreamState::Applied);
    assert!(stands);
}

#[tokio::test]
async fn without_the_source_the_persons_line_is_dropped_for_the_webs() {
    assert_eq!(end(Guards::without(Guard::Source)).await, (DreamState::Applied, false));
}
