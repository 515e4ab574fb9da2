//! A person's write during a dream wins, with the services as processes.

use memex_stack::stack::Stack;
use tests::waiting::until;
use tests::{ask, messy};

use crate::process::{Pause, Process};

#[tokio::test]
async fn what_a_person_writes_while_a_worker_dreams_stays_and_is_dreamt_later() {
    let stack = Stack::start().await;
    let memory_api = Process::memory_api(&stack.database_url(), "").await;
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    stack.quiet().await;
    let pause = Pause::new();
    let worker = Process::dream_worker(&stack, &memory_api.endpoint(), "worker", &pause.at("before_finish")).await;
    pause.reached().await;
    let said = format!("{}- Ada has moved to Linz.\n", messy::FILES[0].1);
    ada.write("user/notes.md", &said).await;
    pause.go();
    let overtaken = async || (ask::dreams(&stack, "ada").await == ["overtaken 1"]).then_some(());
    until("the dream is overtaken", overtaken).await;
    assert_eq!(
        ada.read("user/notes.md").await.as_deref(),
        Some(said.as_str()),
        "the person's text is not what stands there"
    );
    assert_eq!(ada.read("user/dream-log.md").await, None);

    // The worker is still there, and polls.
    stack.quiet().await;
    let dreamt = async || (ask::dreams(&stack, "ada").await == ["overtaken 1", "applied 1"]).then_some(());
    until("what was written is dreamt", dreamt).await;
    worker.stop().await;
    assert!(messy::is_dreamt(&ada).await);
    assert!(ada.read("user/notes.md").await.unwrap().contains("- Ada has moved to Linz."));
    memory_api.stop().await;
    stack.finish().await;
}
