//! Tokens, roles, the shared files, keys and pauses.

use std::time::Duration;

use memex_proto::v1::{
    ClaimDreamsRequest, CreateTokenRequest, ErrorReason, GetConfigRequest, GetUserRequest, ListAccessLogRequest,
    ListFilesRequest, PauseUserRequest, ReadFileRequest, ResumeUserRequest, Role, Source, StartDreamRequest,
    UpdateConfigRequest,
};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::hand::start_dream;
use tests::refused::{bytes, refused};
use uuid::Uuid;

#[tokio::test]
async fn a_bound_token_reaches_its_own_user_alone_whether_the_other_exists_or_not() {
    let stack = Stack::start().await;
    stack.user("bob").await.write("user/a.md", "secret").await;
    let mut ada = stack.agent("ada").await;
    let existing = ada.read("user/a.md").of("bob").await.unwrap_err();
    let missing = ada.read("user/a.md").of("nobody").await.unwrap_err();
    assert_eq!(bytes(&existing), bytes(&missing));
    assert_eq!(refused(ada.write("user/b.md", "x").of("bob").await), ErrorReason::WrongUser);
    assert_eq!(
        refused(ada.memory.list_files(ListFilesRequest { user_id: "bob".into(), ..Default::default() }).await),
        ErrorReason::WrongUser
    );
    stack.finish().await;
}

#[tokio::test]
async fn shared_files_are_the_operators_to_write_and_everybodys_to_read() {
    let stack = Stack::start().await;
    stack.operator().write("shared/company.md", "x").await.unwrap();
    for clients in [stack.agent("ada").await, stack.backend().await, stack.auditor().await] {
        clients.read("shared/company.md").await.unwrap();
    }
    assert_eq!(refused(stack.agent("ada").await.write("shared/x.md", "x").await), ErrorReason::ReadOnlyScope);
    assert_eq!(refused(stack.backend().await.write("shared/x.md", "x").of("ada").await), ErrorReason::ReadOnlyScope);
    assert_eq!(refused(stack.auditor().await.write("user/x.md", "x").of("ada").await), ErrorReason::RoleRequired);
    stack.finish().await;
}

#[tokio::test]
async fn the_dream_log_is_nobodys_to_write_but_an_operators_first_import() {
    let stack = Stack::start().await;
    let (agent, operator) = (stack.agent("ada").await, stack.operator());
    let log = |clients: &Clients, text: &str| clients.write("user/dream-log.md", text).of("ada");
    for clients in [&agent, &operator] {
        assert_eq!(refused(log(clients, "x").overwrite().await), ErrorReason::ExcludedPath);
    }
    log(&operator, "x").at(0).source(Source::Import).await.unwrap();
    assert!(matches!(
        refused(log(&operator, "y").at(0).source(Source::Import).await),
        ErrorReason::ExcludedPath | ErrorReason::FileExists
    ));
    stack.finish().await;
}

#[tokio::test]
async fn a_worker_reaches_memory_only_within_a_dream_and_nobody_else_calls_as_one() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let mut worker = stack.worker_channel();
    assert_eq!(refused(worker.read("user/a.md").of("ada").await), ErrorReason::RoleRequired);
    assert_eq!(refused(worker.admin.get_config(GetConfigRequest::default()).await), ErrorReason::RoleRequired);
    let claim = ClaimDreamsRequest { worker_name: "w".into(), max: 1 };
    assert_eq!(refused(stack.operator().dream.claim_dreams(claim).await), ErrorReason::RoleRequired);
    let mut forged = tonic::Request::new(ReadFileRequest { path: "user/a.md".into(), ..Default::default() });
    forged.metadata_mut().insert("memex-dream-id", "drm_x".parse().unwrap());
    assert_eq!(refused(stack.agent("ada").await.memory.read_file(forged).await), ErrorReason::RoleRequired);
    stack.finish().await;
}

#[tokio::test]
async fn tokens_that_are_missing_unknown_or_expired_are_told_apart() {
    let stack = Stack::start().await;
    let list = ListFilesRequest::default;
    let mut unknown = Clients::at(&stack.endpoint(), "mx_0000000000000000000000000000000000000000000");
    assert_eq!(refused(unknown.memory.list_files(list()).await), ErrorReason::TokenInvalid);
    let channel = tonic::transport::Endpoint::from_shared(stack.endpoint()).unwrap().connect().await.unwrap();
    let mut bare = memex_proto::v1::memory_service_client::MemoryServiceClient::new(channel);
    assert_eq!(refused(bare.list_files(list()).await), ErrorReason::TokenMissing);
    let expires_at = prost_types::Timestamp { seconds: chrono_now(&stack).await + 60, nanos: 0 };
    let request = CreateTokenRequest {
        role: Role::Agent.into(),
        user_id: "ada".into(),
        expires_at: Some(expires_at),
        ..Default::default()
    };
    let token = stack.operator().admin.create_token(request).await.unwrap().into_inner().token;
    let mut short = Clients::at(&stack.endpoint(), &token);
    short.memory.list_files(list()).await.unwrap();
    stack.advance(Duration::from_secs(61)).await;
    assert_eq!(refused(short.memory.list_files(list()).await), ErrorReason::TokenExpired);
    stack.finish().await;
}

async fn chrono_now(stack: &Stack) -> i64 {
    ask::number(stack.sql(), "SELECT extract(epoch FROM mx_now())::bigint", &[]).await
}

#[tokio::test]
async fn a_repeated_create_token_keeps_the_id_and_voids_the_first_value() {
    let stack = Stack::start().await;
    let mut admin = stack.operator().admin;
    let request =
        CreateTokenRequest { role: Role::Auditor.into(), request_id: Uuid::new_v4().to_string(), ..Default::default() };
    let first = admin.create_token(request.clone()).await.unwrap().into_inner();
    let second = admin.create_token(request).await.unwrap().into_inner();
    assert_eq!(first.token_id, second.token_id);
    assert_ne!(first.token, second.token);
    Clients::at(&stack.endpoint(), &second.token)
        .memory
        .list_files(ListFilesRequest { prefix: "shared/".into(), ..Default::default() })
        .await
        .unwrap();
    let void = Clients::at(&stack.endpoint(), &first.token).memory.list_files(ListFilesRequest::default()).await;
    assert_eq!(refused(void), ErrorReason::TokenInvalid);
    stack.finish().await;
}

#[tokio::test]
async fn a_backend_makes_agents_of_a_user_and_no_others_and_no_name_is_a_dreams() {
    let stack = Stack::start().await;
    let mut backend = stack.backend().await.admin;
    let wanted = |role: Role, user: &str, actor: &str| CreateTokenRequest {
        role: role.into(),
        user_id: user.into(),
        actor: actor.into(),
        ..Default::default()
    };
    backend.create_token(wanted(Role::Agent, "ada", "helper")).await.unwrap();
    assert_eq!(refused(backend.create_token(wanted(Role::Operator, "", "")).await), ErrorReason::RoleRequired);
    assert_eq!(refused(backend.create_token(wanted(Role::Agent, "", "")).await), ErrorReason::FieldInvalid);
    assert_eq!(
        refused(backend.create_token(wanted(Role::Agent, "ada", "dream-agent")).await),
        ErrorReason::FieldInvalid
    );
    assert_eq!(
        refused(stack.operator().admin.create_token(wanted(Role::Worker, "", "")).await),
        ErrorReason::FieldInvalid
    );
    stack.finish().await;
}

#[tokio::test]
async fn keys_are_set_all_or_none_and_a_bad_one_names_its_range() {
    let stack = Stack::start().await;
    let mut admin = stack.operator().admin;
    let set = |pairs: &[(&str, &str)]| UpdateConfigRequest {
        values: pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        ..UpdateConfigRequest::default()
    };
    let bad = admin.update_config(set(&[("dream_max_writes", "20"), ("dream_min_changes", "0")])).await.unwrap_err();
    assert!(bad.message().contains("dream_min_changes"), "{bad}");
    let get = GetConfigRequest { keys: vec!["dream_max_writes".into()] };
    assert_eq!(admin.get_config(get.clone()).await.unwrap().into_inner().entries[0].value, "10");
    admin.update_config(set(&[("dream_max_writes", "20")])).await.unwrap();
    assert_eq!(admin.get_config(get).await.unwrap().into_inner().entries[0].value, "20");
    for (key, value) in
        [("no_such_key", "1"), ("dream_lease_seconds", "10"), ("dream_curator", "llm"), ("max_files", "20000")]
    {
        assert_eq!(refused(admin.update_config(set(&[(key, value)])).await), ErrorReason::FieldInvalid, "{key}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_pause_is_law_at_once_and_its_end_makes_due_again() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- tea\n- tea\n").await;
    let mut operator = stack.operator();
    let pause = |reason: &str| PauseUserRequest { user_id: "ada".into(), reason: reason.into(), ..Default::default() };
    let start = StartDreamRequest { user_id: "ada".into(), ..StartDreamRequest::default() };
    let dream = start_dream(&stack, start.clone()).await;
    let paused = operator.admin.pause_user(pause("on holiday")).await.unwrap().into_inner();
    assert_eq!((paused.changed, paused.canceled_dream_id), (true, dream.dream_id));
    assert!(!operator.admin.pause_user(pause("ill")).await.unwrap().into_inner().changed);
    let mut admin = operator.admin.clone();
    let mut ada = async || {
        let of = GetUserRequest { user_id: "ada".into() };
        admin.get_user(of).await.unwrap().into_inner().user.unwrap()
    };
    assert_eq!(ada().await.pause_reason, "on holiday");
    assert_eq!(refused(operator.dream_admin.start_dream(start).await), ErrorReason::UserPaused);
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 0);
    let resumed = operator
        .admin
        .resume_user(ResumeUserRequest { user_id: "ada".into(), ..Default::default() })
        .await
        .unwrap()
        .into_inner();
    assert!(resumed.changed && resumed.due_at.is_some());
    assert_eq!(ada().await.pause_reason, "");
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    let unknown = operator.admin.pause_user(PauseUserRequest { user_id: "nobody".into(), ..Default::default() }).await;
    assert_eq!(refused(unknown), ErrorReason::UserNotFound);
    stack.finish().await;
}

#[tokio::test]
async fn every_call_leaves_its_row_refusals_included() {
    let stack = Stack::start().await;
    let mut ada = stack.agent("ada").await;
    ada.write("user/a.md", "x").await.unwrap();
    ada.write("user/a.md", "x").await.unwrap_err();
    ada.write("user/../x", "x").await.unwrap_err();
    ada.read("user/a.md").await.unwrap();
    ada.read("user/none.md").await.unwrap_err();
    ada.memory.list_files(ListFilesRequest::default()).await.unwrap();
    let request = ListAccessLogRequest { user_id: "ada".into(), actor: "agent".into(), ..Default::default() };
    let mut rows = stack.operator().admin.list_access_log(request).await.unwrap().into_inner().entries;
    rows.reverse();
    let seen: Vec<_> = rows.iter().map(|row| (row.operation.as_str(), row.reason(), row.path.as_str())).collect();
    assert!(seen.contains(&("write", ErrorReason::Unspecified, "user/a.md")), "{seen:?}");
    assert!(seen.contains(&("write", ErrorReason::ExpectedVersionRequired, "user/a.md")), "{seen:?}");
    assert!(seen.contains(&("read", ErrorReason::Unspecified, "user/a.md")), "{seen:?}");
    assert!(seen.contains(&("read", ErrorReason::FileNotFound, "user/none.md")), "{seen:?}");
    let all = ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log WHERE actor = 'agent'", &[]).await;
    assert_eq!(all, 6, "{seen:?}");
    stack.finish().await;
}
