//! Tokens: listed without their values, revoked at once, and refused whenever they are not what they must be.

use memex_core::ids::TokenId;
use memex_proto::v1::{
    CreateTokenRequest, ErrorReason, ListFilesRequest, ListTokensRequest, RevokeTokenRequest, Role, Token,
};
use memex_stack::stack::{Clients, Stack, StackOptions};
use prost::Message as _;
use tests::ask;
use tests::raw::AnyCaller;
use tests::refused::{bytes, reason, refused};
use tests::rpcs::Package;
use tests::waiting::until;
use uuid::Uuid;

async fn made(stack: &Stack, user: &str) -> (String, String) {
    let request = CreateTokenRequest { role: Role::Agent.into(), user_id: user.into(), ..Default::default() };
    let made = stack.operator().admin.create_token(request).await.unwrap().into_inner();
    (made.token_id, made.token)
}

async fn listed(stack: &Stack, request: ListTokensRequest) -> Vec<Token> {
    let mut admin = stack.auditor().await.admin;
    let (mut tokens, mut page_token) = (Vec::new(), String::new());
    loop {
        let page = admin.list_tokens(ListTokensRequest { page_token, ..request.clone() }).await.unwrap().into_inner();
        tokens.extend(page.tokens);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return tokens;
        }
    }
}

#[tokio::test]
async fn tokens_are_listed_newest_first_in_pages_and_never_with_their_values() {
    let stack = Stack::start().await;
    let mut made_ids = Vec::new();
    let mut values = Vec::new();
    for _ in 0..5 {
        let (id, value) = made(&stack, "ada").await;
        made_ids.insert(0, id);
        values.push(value);
    }
    made(&stack, "bob").await;
    let of_ada = ListTokensRequest { user_id: "ada".into(), page_size: 2, ..Default::default() };
    let tokens = listed(&stack, of_ada.clone()).await;
    assert_eq!(tokens.iter().map(|token| token.token_id.clone()).collect::<Vec<_>>(), made_ids);
    assert!(
        tokens.iter().all(|token| token.role() == Role::Agent && token.user_id == "ada" && token.created_at.is_some())
    );
    let wire: Vec<u8> = tokens.iter().flat_map(Token::encode_to_vec).collect();
    assert!(values.iter().all(|value| !String::from_utf8_lossy(&wire).contains(value.as_str())));
    // Bob's, the operator's and the auditor's besides.
    assert_eq!(listed(&stack, ListTokensRequest { page_size: 1, ..Default::default() }).await.len(), 8);
    let mut admin = stack.operator().admin;
    let page = admin.list_tokens(of_ada.clone()).await.unwrap().into_inner().next_page_token;
    let foreign = ListTokensRequest { user_id: "bob".into(), page_token: page, ..of_ada };
    assert_eq!(refused(admin.list_tokens(foreign).await), ErrorReason::CursorExpired);
    stack.finish().await;
}

#[tokio::test]
async fn a_revoked_token_ends_at_once_and_a_repeat_gives_the_first_answer() {
    let stack = Stack::start().await;
    let (id, value) = made(&stack, "ada").await;
    let mut ada = Clients::at(&stack.endpoint(), &value);
    ada.memory.list_files(ListFilesRequest::default()).await.unwrap();
    let mut admin = stack.operator().admin;
    let revoke = RevokeTokenRequest { token_id: id.clone(), request_id: Uuid::new_v4().to_string() };
    assert!(admin.revoke_token(revoke.clone()).await.unwrap().into_inner().changed);
    assert_eq!(refused(ada.memory.list_files(ListFilesRequest::default()).await), ErrorReason::TokenInvalid);
    assert!(admin.revoke_token(revoke.clone()).await.unwrap().into_inner().changed);
    let again = RevokeTokenRequest { request_id: String::new(), ..revoke.clone() };
    assert!(!admin.revoke_token(again).await.unwrap().into_inner().changed);
    let (second, _) = made(&stack, "ada").await;
    let reused = RevokeTokenRequest { token_id: second.clone(), ..revoke };
    assert_eq!(refused(admin.revoke_token(reused).await), ErrorReason::RequestIdReused);
    let of_ada = |include_ended| ListTokensRequest { user_id: "ada".into(), include_ended, ..Default::default() };
    let ids = |tokens: Vec<Token>| {
        tokens.into_iter().map(|token| (token.token_id, token.revoked_at.is_some())).collect::<Vec<_>>()
    };
    assert_eq!(ids(listed(&stack, of_ada(false)).await), [(second.clone(), false)]);
    assert_eq!(ids(listed(&stack, of_ada(true)).await), [(second, false), (id, true)]);
    stack.finish().await;
}

#[tokio::test]
async fn a_revocation_acts_at_every_replica() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    let (token_id, value) = made(&stack, "ada").await;
    let mut ada = Clients::at(&stack.endpoint_of(1), &value);
    ada.memory.list_files(ListFilesRequest::default()).await.unwrap();
    let revoke = RevokeTokenRequest { token_id, ..Default::default() };
    stack.operator().admin.revoke_token(revoke).await.unwrap();
    // Five seconds are what a look-up is believed for; the wait is for the condition alone.
    until("the other replica refuses the token", async || {
        let answer = ada.memory.list_files(ListFilesRequest::default()).await;
        answer.err().map(|status| assert_eq!(reason(&status), ErrorReason::TokenInvalid))
    })
    .await;
    stack.finish().await;
}

#[tokio::test]
async fn a_token_of_another_workspace_and_one_that_never_was_are_refused_alike() {
    let options = StackOptions { workspaces: vec!["main".into(), "other".into()], ..StackOptions::default() };
    let stack = Stack::with(options).await;
    let (token_id, value) = made(&stack, "ada").await;
    let mut other = stack.workspace_named("other").operator().admin;
    let mut refusals = Vec::new();
    for token_id in [token_id, TokenId(Uuid::from_u128(1)).to_string()] {
        refusals
            .push(bytes(&other.revoke_token(RevokeTokenRequest { token_id, ..Default::default() }).await.unwrap_err()));
    }
    assert_eq!(refusals[0], refusals[1]);
    Clients::at(&stack.endpoint(), &value).memory.list_files(ListFilesRequest::default()).await.unwrap();
    let malformed = RevokeTokenRequest { token_id: "tok_x".into(), ..Default::default() };
    assert_eq!(refused(other.revoke_token(malformed).await), ErrorReason::FieldInvalid);
    stack.finish().await;
}

#[tokio::test]
async fn a_repeated_create_token_whose_token_was_revoked_gives_no_dead_value() {
    let stack = Stack::start().await;
    let mut admin = stack.operator().admin;
    let request = CreateTokenRequest {
        role: Role::Auditor.into(),
        request_id: Uuid::new_v4().to_string(),
        ..CreateTokenRequest::default()
    };
    let token_id = admin.create_token(request.clone()).await.unwrap().into_inner().token_id;
    admin.revoke_token(RevokeTokenRequest { token_id, ..Default::default() }).await.unwrap();
    assert_eq!(refused(admin.create_token(request).await), ErrorReason::WrongState);
    stack.finish().await;
}

#[tokio::test]
async fn every_rpc_refuses_every_credential_that_is_not_one() {
    let stack = Stack::start().await;
    let token = |value: &str| Some(memex_runtime::client::Token::new("token", value).unwrap());
    let (revoked_id, revoked) = made(&stack, "ada").await;
    stack
        .operator()
        .admin
        .revoke_token(RevokeTokenRequest { token_id: revoked_id, ..Default::default() })
        .await
        .unwrap();
    let (_, expired) = made(&stack, "bob").await;
    let statement = "UPDATE mx_token SET expires_at = mx_now() WHERE hash = sha256(convert_to($1, 'UTF8'))";
    ask::change(stack.sql(), statement, &[&expired]).await;
    let unknown = format!("mx_{}", "0".repeat(43));
    let callers = [
        (None, ErrorReason::TokenMissing),
        (token("not-a-token"), ErrorReason::TokenInvalid),
        (token(&unknown), ErrorReason::TokenInvalid),
        (token(&revoked), ErrorReason::TokenInvalid),
        (token(&expired), ErrorReason::TokenExpired),
    ];
    for (token, expected) in callers {
        let mut caller = AnyCaller::at(&stack.endpoint(), token);
        for rpc in Package::read().rpcs {
            let status = caller.call(&rpc.path, Vec::new()).await.unwrap_err();
            assert_eq!((reason(&status), status.code()), (expected, tonic::Code::Unauthenticated), "{}", rpc.name);
        }
    }
    stack.finish().await;
}
