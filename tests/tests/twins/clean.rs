//! Over clean memory a dream leaves nothing behind.

use memex_stack::stack::Stack;
use tests::{ask, hand, messy};

/// Memory in which nothing stands twice, though some of it looks like it.
const CLEAN: [(&str, &str); 5] = [
    ("user/times.md", "# Times\n\n- The train leaves at 7:40.\n- The train leaves at 7:45.\n"),
    (
        "user/people.md",
        "- Ada's brother is Ben.\n- Ada's brother is Bert.\n- Ada is not Ben's boss.\n- Ada is Ben's boss.\n",
    ),
    ("user/code.md", "```\nx = 1\nx = 1\n```\n"),
    ("user/log.md", "- came home\n- came home\n"),
    ("user/empty.md", ""),
];

#[tokio::test]
async fn over_clean_memory_a_dream_makes_no_revision_and_no_line_in_its_log() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for (path, text) in CLEAN {
        ada.write(path, text).await;
    }
    let (files, revisions) = (ada.files().await, ask::revisions(&stack, "ada").await);
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    hand::start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "a person may ask for another");
    assert_eq!(ask::dreams(&stack, "ada").await, ["noop 1", "noop 1"]);
    assert_eq!((ada.files().await, ask::revisions(&stack, "ada").await), (files, revisions));
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0, "nothing was written, so nobody is due");
    stack.finish().await;
}

#[tokio::test]
async fn over_its_own_result_a_dream_changes_nothing() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    let (files, revisions) = (ada.files().await, ask::revisions(&stack, "ada").await);
    assert!(messy::is_dreamt(&ada).await);
    for _ in 0..2 {
        hand::start_dream_of(&stack, "ada").await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    }
    assert_eq!(ask::dreams(&stack, "ada").await, ["applied 1", "noop 1", "noop 1"]);
    assert_eq!((ada.files().await, ask::revisions(&stack, "ada").await), (files, revisions));
    stack.finish().await;
}
