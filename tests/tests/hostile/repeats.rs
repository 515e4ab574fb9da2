//! A call and its repeats at the same time are one change with one answer.

use futures::future::join_all;
use memex_proto::v1::{
    CreateTokenRequest, ErrorReason, PauseUserRequest, ResumeUserRequest, Role, StartDreamRequest, UpdateConfigRequest,
};
use memex_stack::stack::Stack;
use tests::ask::number;
use tests::refused::reason;
use uuid::Uuid;

/// Calls at the same time.
const AT_ONCE: usize = 16;

/// The one answer of many calls.
fn the_same<T: PartialEq + std::fmt::Debug>(answers: Vec<Result<tonic::Response<T>, tonic::Status>>) -> T {
    let mut answers: Vec<T> = answers.into_iter().map(|answer| answer.unwrap().into_inner()).collect();
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    answers.remove(0)
}

#[tokio::test]
async fn repeats_at_the_same_time_have_one_answer() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let operator = stack.operator();
    let id = || Uuid::new_v4().to_string();
    let start = StartDreamRequest { user_id: "ada".into(), request_id: id(), ..StartDreamRequest::default() };
    let started = join_all((0..AT_ONCE).map(|_| {
        let (mut dreams, start) = (operator.dream_admin.clone(), start.clone());
        async move { dreams.start_dream(start).await }
    }));
    assert!(the_same(started.await).created);
    let pause = PauseUserRequest { user_id: "ada".into(), request_id: id(), ..PauseUserRequest::default() };
    let paused = join_all((0..AT_ONCE).map(|_| {
        let (mut admin, pause) = (operator.admin.clone(), pause.clone());
        async move { admin.pause_user(pause).await }
    }));
    let paused = the_same(paused.await);
    assert!(paused.changed && !paused.canceled_dream_id.is_empty());
    let resume = ResumeUserRequest { user_id: "ada".into(), request_id: id() };
    let resumed = join_all((0..AT_ONCE).map(|_| {
        let (mut admin, resume) = (operator.admin.clone(), resume.clone());
        async move { admin.resume_user(resume).await }
    }));
    assert!(the_same(resumed.await).changed);
    stack.finish().await;
}

#[tokio::test]
async fn keys_and_tokens_that_are_asked_for_twice_at_once_are_made_once() {
    let stack = Stack::start().await;
    let operator = stack.operator();
    let values = [("dream_min_changes".to_owned(), "2".to_owned())].into();
    let update =
        UpdateConfigRequest { values, request_id: Uuid::new_v4().to_string(), ..UpdateConfigRequest::default() };
    let updated = join_all((0..AT_ONCE).map(|_| {
        let (mut admin, update) = (operator.admin.clone(), update.clone());
        async move { admin.update_config(update).await }
    }));
    the_same(updated.await);
    let create = CreateTokenRequest {
        role: Role::Auditor.into(),
        request_id: Uuid::new_v4().to_string(),
        ..CreateTokenRequest::default()
    };
    let created = join_all((0..AT_ONCE).map(|_| {
        let (mut admin, create) = (operator.admin.clone(), create.clone());
        async move { admin.create_token(create).await }
    }));
    let mut ids: Vec<String> = created.await.into_iter().map(|made| made.unwrap().into_inner().token_id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(number(stack.sql(), "SELECT count(*) FROM mx_token WHERE role = 5", &[]).await, 1);
    stack.finish().await;
}

#[tokio::test]
async fn one_request_id_for_two_calls_at_once_is_a_reuse_and_no_failure() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    for _ in 0..4 {
        let request_id = Uuid::new_v4().to_string();
        let answers = join_all((0..AT_ONCE).map(|number| {
            let (mut admin, request_id) = (stack.operator().admin, request_id.clone());
            async move {
                match number % 3 {
                    0 => {
                        let update = UpdateConfigRequest {
                            reset_keys: vec!["dream_guard".into()],
                            request_id,
                            ..Default::default()
                        };
                        admin.update_config(update).await.map(|_| ())
                    }
                    1 => {
                        let create =
                            CreateTokenRequest { role: Role::Auditor.into(), request_id, ..Default::default() };
                        admin.create_token(create).await.map(|_| ())
                    }
                    _ => admin.resume_user(ResumeUserRequest { user_id: "ada".into(), request_id }).await.map(|_| ()),
                }
            }
        }));
        for status in answers.await.into_iter().filter_map(Result::err) {
            assert_eq!(reason(&status), ErrorReason::RequestIdReused, "{status}");
        }
    }
    stack.finish().await;
}
