//! A dream neither reads nor changes an excluded path.

use memex_proto::v1::{DreamState, ErrorReason};
use memex_stack::stack::{Stack, StackOptions, User};
use memory_api::{Guard, Guards};
use tests::ask;
use tests::hand::{self, HeldDream};
use tests::refused::refused;

const LOG: &str = "user/log.md";

const TEXT: &str = "- Ada came home.\n- Ada slept.\n- Ada came home.\n";

async fn begun(stack: &Stack) -> (User, HeldDream) {
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "- Ada likes tea.\n").await;
    ada.write(LOG, TEXT).await;
    hand::start_dream_of(stack, "ada").await;
    (ada, hand::claim_one(&hand::worker(stack, 1).await[0]).await)
}

async fn drops_a_line(held: &HeldDream) -> Result<(), tonic::Status> {
    held.drop_duplicate(LOG, 3, 1, "- Ada came home.").await.map(drop)
}

#[tokio::test]
async fn an_excluded_path_is_neither_read_nor_staged_by_a_dream() {
    let stack = Stack::start().await;
    let (ada, held) = begun(&stack).await;
    assert_eq!(refused(held.read(LOG).await), ErrorReason::FileNotFound);
    assert_eq!(refused(drops_a_line(&held).await), ErrorReason::ExcludedPath);
    assert_eq!(held.ends().await, DreamState::Noop);
    assert_eq!(ada.read(LOG).await.as_deref(), Some(TEXT));
    stack.finish().await;
}

#[tokio::test]
async fn without_the_guard_a_dream_reads_the_log_and_stages_a_change_of_it() {
    let options = StackOptions { guards: Guards::without(Guard::Excluded), ..StackOptions::default() };
    let stack = Stack::with(options).await;
    let (_, held) = begun(&stack).await;
    assert_eq!(held.read(LOG).await.unwrap().content, TEXT);
    drops_a_line(&held).await.expect("nothing keeps a dream from the log");
    let staged = "SELECT count(*) FROM mx_dream_op WHERE path = $1";
    assert_eq!(ask::number(stack.sql(), staged, &[LOG]).await, 1, "only the ledger stands before the log now");
    stack.abandon().await;
}
