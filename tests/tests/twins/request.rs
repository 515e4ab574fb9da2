//! A write repeated with its request id makes no second change.

use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{WriteFileRequest, WriteFileResponse};
use memex_stack::stack::Stack;
use tests::ask;
use uuid::Uuid;

const PATH: &str = "user/a.md";

async fn write(stack: &Stack, text: &str, id: Uuid) -> WriteFileResponse {
    let request = WriteFileRequest {
        path: PATH.into(),
        content: text.into(),
        precondition: Some(Precondition::Overwrite(true)),
        request_id: id.to_string(),
        ..Default::default()
    };
    stack.agent("ada").await.memory.clone().write_file(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_late_repeat_has_the_first_answer_and_brings_no_old_text_back() {
    let stack = Stack::start().await;
    let id = Uuid::new_v4();
    let first = write(&stack, "tea", id).await;
    write(&stack, "coffee", Uuid::new_v4()).await;
    assert_eq!(write(&stack, "tea", id).await, first);
    assert_eq!(stack.user("ada").await.read(PATH).await.as_deref(), Some("coffee"));
    assert_eq!(ask::revisions(&stack, "ada").await, 2);
    stack.finish().await;
}

#[tokio::test]
async fn without_the_guard_a_late_repeat_brings_the_old_text_back() {
    let stack = Stack::start().await;
    stack.install_twin("mx_commit_1", "request").await;
    let id = Uuid::new_v4();
    let first = write(&stack, "tea", id).await;
    write(&stack, "coffee", Uuid::new_v4()).await;
    assert_ne!(write(&stack, "tea", id).await, first);
    assert_eq!(stack.user("ada").await.read(PATH).await.as_deref(), Some("tea"));
    stack.abandon().await;
}
