//! What a call brings beside its message: the token, the dream, other headers, and the id that makes a repeat safe.

use memex_proto::reason::Refusal;
use memex_proto::v1::{CreateTokenRequest, ErrorReason, ListFilesRequest, PauseUserRequest, ReadFileRequest, Role};
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA};
use memex_runtime::client::{ClientSettings, connect};
use memex_stack::stack::{Clients, Stack};
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::refused;
use tonic::Request;
use uuid::Uuid;

/// Clients that send no token by themselves.
fn bare(stack: &Stack) -> Clients {
    Clients::over(connect(&ClientSettings::new(&stack.endpoint()).unwrap()))
}

fn listing(stack: &Stack, scheme: &str) -> Request<ListFilesRequest> {
    let mut request = Request::new(ListFilesRequest { prefix: "shared/".into(), ..ListFilesRequest::default() });
    let token = format!("{scheme} {}", stack.workspace().operator_token());
    request.metadata_mut().insert("authorization", token.parse().unwrap());
    request
}

#[tokio::test]
async fn the_scheme_of_a_token_is_written_in_any_case() {
    let stack = Stack::start().await;
    let mut memory = bare(&stack).memory;
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let answer = memory.list_files(listing(&stack, scheme)).await;
        assert!(answer.is_ok(), "{scheme}: {answer:?}");
    }
    for scheme in ["Basic", "Bearer:", ""] {
        assert_eq!(refused(memory.list_files(listing(&stack, scheme)).await), ErrorReason::TokenInvalid, "{scheme}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn headers_that_are_too_long_are_refused_with_a_reason_and_the_connection_goes_on() {
    let stack = Stack::start().await;
    let mut memory = bare(&stack).memory;
    for bytes in [17, 100, 900].map(|kib| kib * 1024) {
        let mut request = listing(&stack, "Bearer");
        for part in 0..bytes / 1000 {
            let name: tonic::metadata::AsciiMetadataKey = format!("x-part-{part}").parse().unwrap();
            request.metadata_mut().insert(name, "x".repeat(1000).parse().unwrap());
        }
        assert_eq!(refused(memory.list_files(request).await), ErrorReason::MessageTooLarge, "{bytes}");
        assert!(memory.list_files(listing(&stack, "Bearer")).await.is_ok());
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_that_is_named_twice_is_refused() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- tea\n").await;
    start_dream_of(&stack, "ada").await;
    let worker = worker(&stack, 1).await.remove(0);
    let dream = claim_one(&worker).await;
    let (id, fence) = (&dream.assignment.dream_id, dream.assignment.fence.to_string());
    let read = |more: &[(&'static str, &str)]| {
        let mut request = Request::new(ReadFileRequest { path: "user/a.md".into(), ..ReadFileRequest::default() });
        for (key, value) in [(DREAM_ID_METADATA, id.as_str()), (DREAM_FENCE_METADATA, &fence)].iter().chain(more) {
            request.metadata_mut().append(*key, value.parse().unwrap());
        }
        request
    };
    let mut memory = worker.memory.clone();
    assert!(memory.read_file(read(&[])).await.is_ok());
    for twice in [(DREAM_ID_METADATA, id.as_str()), (DREAM_FENCE_METADATA, &fence), (DREAM_FENCE_METADATA, "7")] {
        let answer = memory.read_file(read(&[twice])).await;
        assert_eq!(refused(answer), ErrorReason::FieldInvalid, "{twice:?}");
    }
    dream.finish().await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn what_became_of_a_dream_is_told_to_the_worker_that_held_it_and_to_no_other() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- tea\n").await;
    start_dream_of(&stack, "ada").await;
    let (holder, other) = (worker(&stack, 1).await.remove(0), worker(&stack, 1).await.remove(0));
    let dream = claim_one(&holder).await;
    let pause = PauseUserRequest { user_id: "ada".into(), ..PauseUserRequest::default() };
    stack.operator().admin.pause_user(pause).await.unwrap();
    let told = |status: tonic::Status| {
        let refusal = Refusal::of(&status).unwrap();
        assert_eq!(refusal.reason, ErrorReason::LeaseLost);
        refusal.facts.get("ending").cloned()
    };
    let mut of_another_fence = dream.clone();
    of_another_fence.assignment.fence += 1;
    let mut answers = Vec::new();
    for finishing in [dream.through(&other), of_another_fence, dream] {
        answers.push(told(finishing.finish().await.unwrap_err()));
    }
    assert_eq!(answers, [None, None, Some("canceled".to_owned())]);
    stack.finish().await;
}

#[tokio::test]
async fn the_nil_uuid_is_no_request_id() {
    let stack = Stack::start().await;
    let (operator, request_id) = (stack.operator(), Uuid::nil().to_string());
    let write = operator.write("shared/a.md", "x").id(Uuid::nil());
    assert_eq!(refused(write.await), ErrorReason::FieldInvalid);
    let token = CreateTokenRequest { role: Role::Auditor.into(), request_id, ..CreateTokenRequest::default() };
    assert_eq!(refused(operator.admin.clone().create_token(token).await), ErrorReason::FieldInvalid);
    stack.finish().await;
}

#[tokio::test]
async fn no_token_is_made_that_has_ended_already() {
    let stack = Stack::start().await;
    let ends_in = async |seconds: i64| {
        let now = tests::ask::number(stack.sql(), "SELECT extract(epoch FROM mx_now())::bigint", &[]).await;
        let expires_at = Some(prost_types::Timestamp { seconds: now + seconds, nanos: 0 });
        let request = CreateTokenRequest { role: Role::Auditor.into(), expires_at, ..CreateTokenRequest::default() };
        stack.operator().admin.create_token(request).await
    };
    for seconds in [-1_000_000_000, -3600, -1] {
        assert_eq!(refused(ends_in(seconds).await), ErrorReason::FieldInvalid, "{seconds}");
    }
    assert!(ends_in(3600).await.is_ok());
    stack.finish().await;
}
