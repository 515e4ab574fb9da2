//! What `once.rs` has no case for: repeats whose answers differ, and one request id for different calls at once.

use futures::future::join_all;
use memex_proto::v1::{CreateTokenRequest, ErrorReason, ResumeUserRequest, Role, UpdateConfigRequest};
use memex_stack::stack::Stack;
use tests::ask::number;
use tests::refused::reason;
use uuid::Uuid;

/// Calls at the same time.
const AT_ONCE: usize = 16;

#[tokio::test]
async fn a_token_that_is_asked_for_many_times_at_once_is_made_once() {
    let stack = Stack::start().await;
    let operator = stack.operator();
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
