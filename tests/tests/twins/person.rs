//! A person's write during a dream wins, wherever in the dream it comes, and is dreamt later.

use memex_proto::v1::{DreamState, ErrorReason, StopReason};
use memex_stack::stack::{Stack, StackOptions, User};
use memory_api::{Guard, Guards};
use tests::hand::{self, HeldDream};
use tests::refused::refused;
use tests::{ask, messy};

/// Dreams that are overtaken.
const RUNS: usize = 12;

const SAID: &str = "- Ada has moved to Linz.";

/// What the worker asks right after the person has written.
#[derive(Clone, Copy, Debug)]
enum Asks {
    Read,
    Stage,
    Renew,
    Finish,
}

const TIMES: [Asks; 4] = [Asks::Read, Asks::Stage, Asks::Renew, Asks::Finish];

/// A user who writes while a worker dreams: to the file that is dreamt over, to another, or to a new one.
async fn writes(user: &User, run: usize) -> (String, String) {
    let path = ["user/notes.md", "user/profile.md", "user/news.md"][run / TIMES.len() % 3];
    let before = user.read(path).await.unwrap_or_default();
    let text = format!("{before}{SAID}\n");
    user.write(path, &text).await;
    (path.to_owned(), text)
}

async fn held_dream(stack: &Stack, user: &User, run: usize) -> HeldDream {
    messy::write(user).await;
    // Both kinds: the one that was due and the one that a person started.
    if run.is_multiple_of(2) {
        stack.quiet().await;
    } else {
        hand::start_dream_of(stack, user.id()).await;
    }
    hand::claim_one(&hand::worker(stack, 1).await[0]).await
}

async fn is_overtaken(held: &HeldDream, asks: Asks) {
    match asks {
        Asks::Read => assert_eq!(refused(held.read("user/notes.md").await), ErrorReason::DreamOvertaken),
        Asks::Stage => assert_eq!(refused(held.clean().await), ErrorReason::DreamOvertaken),
        Asks::Renew => assert_eq!(held.renew().await.unwrap().stop(), StopReason::Overtaken),
        Asks::Finish => assert_eq!(held.ends().await, DreamState::Overtaken),
    }
}

#[tokio::test]
async fn what_a_person_writes_during_a_dream_stays_and_is_dreamt_later() {
    let stack = Stack::start().await;
    for run in 0..RUNS {
        let user = stack.user(&format!("user-{run}")).await;
        let held = held_dream(&stack, &user, run).await;
        let asks = TIMES[run % TIMES.len()];
        held.read("user/notes.md").await.unwrap();
        if !matches!(asks, Asks::Read | Asks::Stage) {
            held.clean().await.unwrap();
        }
        let (path, text) = writes(&user, run).await;
        is_overtaken(&held, asks).await;
        assert_eq!(user.read(&path).await, Some(text), "{asks:?}: the person's text is not what stands there");
        assert_eq!(user.read("user/dream-log.md").await, None, "{asks:?}: an overtaken dream has left something");
        assert_eq!(ask::dreams(&stack, user.id()).await, ["overtaken 1"], "{asks:?}");

        assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "{asks:?}: the person is not quiet yet");
        stack.quiet().await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "{asks:?}: what was written is due");
        assert!(user.read(&path).await.unwrap().contains(SAID), "{asks:?}");
        assert!(messy::is_dreamt_but_for(&user, &["user/news.md"]).await, "{asks:?}: {:?}", user.files().await);
    }
    stack.finish().await;
}

#[tokio::test]
async fn without_the_guard_a_dream_is_not_overtaken_and_without_the_ledger_too_the_persons_text_is_lost() {
    for (guards, ending, kept) in
        [(Guards::default(), DreamState::Proposed, true), (Guards::without(Guard::Ledger), DreamState::Applied, false)]
    {
        let stack = Stack::with(StackOptions { guards, ..StackOptions::default() }).await;
        stack.install_twin("mx_lease_1", "overtaken").await;
        let ada = stack.user("ada").await;
        let held = held_dream(&stack, &ada, 0).await;
        held.clean().await.unwrap();
        writes(&ada, 0).await;
        assert_eq!(held.ends().await, ending);
        assert_eq!(ada.read("user/notes.md").await.unwrap().contains(SAID), kept);
        stack.abandon().await;
    }
}
