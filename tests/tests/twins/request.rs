//! What is repeated with its request id makes no second change, and is told what it was told first.

use memex_proto::v1::{
    CreateTokenRequest, PauseUserRequest, ResumeUserRequest, Role, StartDreamRequest, UpdateConfigRequest,
    WriteFileResponse,
};
use memex_stack::stack::{Stack, StackOptions};
use memory_api::{Guard, Guards};
use tests::ask;
use uuid::Uuid;

const PATH: &str = "user/a.md";

async fn write(stack: &Stack, text: &str, id: Uuid) -> WriteFileResponse {
    stack.agent("ada").await.write(PATH, text).overwrite().id(id).await.unwrap()
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

/// Mutations that change no file, each repeated late with its id: those whose repeat is not told what the first was.
async fn told_otherwise(stack: &Stack) -> Vec<&'static str> {
    stack.user("ada").await.write(PATH, "tea").await;
    let (user_id, id) = (|| "ada".to_owned(), || Uuid::new_v4().to_string());
    let (mut admin, mut dreams) = (stack.operator().admin, stack.operator().dream_admin);
    let start = StartDreamRequest { user_id: user_id(), request_id: id(), ..StartDreamRequest::default() };
    let pause = PauseUserRequest { user_id: user_id(), request_id: id(), ..PauseUserRequest::default() };
    let keys = |value: &str, request_id| {
        let values = [("dream_min_changes".to_owned(), value.to_owned())].into();
        UpdateConfigRequest { values, request_id, ..UpdateConfigRequest::default() }
    };
    let two = keys("2", id());
    let token = CreateTokenRequest { role: Role::Auditor.into(), request_id: id(), ..CreateTokenRequest::default() };

    let started = dreams.start_dream(start.clone()).await.unwrap().into_inner().created;
    let paused = admin.pause_user(pause.clone()).await.unwrap().into_inner();
    admin.resume_user(ResumeUserRequest { user_id: user_id(), ..ResumeUserRequest::default() }).await.unwrap();
    let set = admin.update_config(two.clone()).await.unwrap().into_inner();
    admin.update_config(keys("3", String::new())).await.unwrap();
    let made = admin.create_token(token.clone()).await.unwrap().into_inner().token_id;

    let start = dreams.start_dream(start).await.map(|answer| answer.into_inner().created).ok();
    let pause = admin.pause_user(pause).await.map(tonic::Response::into_inner).ok();
    let set_again = admin.update_config(two).await.map(tonic::Response::into_inner).ok();
    let made_again = admin.create_token(token).await.map(|answer| answer.into_inner().token_id).ok();
    let told = [
        ("StartDream", start == Some(started)),
        ("PauseUser", pause == Some(paused)),
        ("UpdateConfig", set_again == Some(set)),
        ("CreateToken", made_again == Some(made)),
    ];
    told.into_iter().filter(|(_, as_first)| !as_first).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn a_late_repeat_of_what_changes_no_file_is_told_what_the_first_was() {
    let stack = Stack::start().await;
    assert_eq!(told_otherwise(&stack).await, Vec::<&str>::new());
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_dream_state WHERE paused", &[]).await, 0);
    stack.finish().await;
}

/// The key of the remembered answers keeps it from a second change; the caller hears of an id that was reused.
#[tokio::test]
async fn without_the_guard_no_repeat_is_told_what_the_first_was() {
    let options = StackOptions { guards: Guards::without(Guard::Requests), ..StackOptions::default() };
    let stack = Stack::with(options).await;
    assert_eq!(told_otherwise(&stack).await, ["StartDream", "PauseUser", "UpdateConfig", "CreateToken"]);
    stack.abandon().await;
}
