//! Users as an operator sees them: listed, shown, with keys of their own.

use std::collections::HashMap;

use memex_proto::v1::{
    DreamMode, ErrorReason, GetUserRequest, ListUsersRequest, StartDreamRequest, UpdateConfigRequest,
    UpdateUserRequest, User,
};
use memex_stack::stack::{Stack, StackOptions};
use tests::ask;
use tests::refused::refused;
use uuid::Uuid;

async fn ids(stack: &Stack, prefix: &str) -> Vec<String> {
    let mut admin = stack.auditor().await.admin;
    let (mut ids, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListUsersRequest { prefix: prefix.into(), page_size: 2, page_token };
        let page = admin.list_users(request).await.unwrap().into_inner();
        ids.extend(page.users.into_iter().map(|user| user.user_id));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return ids;
        }
    }
}

fn values(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn update(pairs: &[(&str, &str)]) -> UpdateUserRequest {
    UpdateUserRequest { user_id: "ada".into(), values: values(pairs), ..UpdateUserRequest::default() }
}

async fn get(stack: &Stack, user: &str) -> User {
    let request = GetUserRequest { user_id: user.into() };
    stack.backend().await.admin.get_user(request).await.unwrap().into_inner().user.unwrap()
}

#[tokio::test]
async fn users_are_listed_by_id_in_byte_order_and_a_prefix_is_no_pattern() {
    let options = StackOptions { workspaces: vec!["main".into(), "other".into()], ..StackOptions::default() };
    let stack = Stack::with(options).await;
    for user in ["b", "a_1", "a%", "ab", "A", "a_2", "a", "ä", "100%", "1000"] {
        stack.user(user).await.write("user/a.md", "x").await;
    }
    stack.workspace_named("other").user("a_3").await.write("user/a.md", "x").await;
    assert_eq!(ids(&stack, "").await, ["100%", "1000", "A", "a", "a%", "a_1", "a_2", "ab", "b", "ä"]);
    assert_eq!(ids(&stack, "a").await, ["a", "a%", "a_1", "a_2", "ab"]);
    assert_eq!(ids(&stack, "a_").await, ["a_1", "a_2"]);
    assert_eq!(ids(&stack, "a%").await, ["a%"]);
    assert_eq!(ids(&stack, "100%").await, ["100%"]);
    assert_eq!(ids(&stack, "z").await, Vec::<String>::new());
    let mut admin = stack.operator().admin;
    let first = ListUsersRequest { page_size: 1, ..Default::default() };
    let page_token = admin.list_users(first).await.unwrap().into_inner().next_page_token;
    let foreign = ListUsersRequest { prefix: "a".into(), page_token, ..Default::default() };
    assert_eq!(refused(admin.list_users(foreign).await), ErrorReason::CursorExpired);
    stack.finish().await;
}

#[tokio::test]
async fn a_user_is_shown_with_what_they_have_and_what_waits_for_them() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "- tea\n").await;
    ada.write("user/b.md", "- milk\n").await;
    let user = get(&stack, "ada").await;
    assert_eq!((user.user_id.as_str(), user.files, user.size_bytes, user.sequence), ("ada", 2, 13, 2));
    assert_eq!((user.new_changes, user.paused, user.parked), (2, false, false));
    assert!(user.created_at.is_some() && user.changed_at.is_some() && user.due_at.is_some() && user.values.is_empty());
    let nobody = GetUserRequest { user_id: "nobody".into() };
    assert_eq!(refused(stack.operator().admin.get_user(nobody).await), ErrorReason::UserNotFound);
    let own = GetUserRequest { user_id: "ada".into() };
    assert_eq!(refused(stack.agent("ada").await.admin.get_user(own).await), ErrorReason::RoleRequired);
    stack.finish().await;
}

#[tokio::test]
async fn keys_of_a_user_are_set_all_or_none_and_every_wrong_one_is_named() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let mut admin = stack.operator().admin;
    let wrong = update(&[
        ("dream_mode", "careless"),
        ("no_such_key", "1"),
        ("dream_min_changes", "2"),
        ("dream_max_writes", "5"),
    ]);
    let refusal = admin.update_user(wrong).await.unwrap_err();
    for name in ["dream_mode", "no_such_key", "dream_min_changes"] {
        assert!(refusal.message().contains(&format!("values[{name}]")), "{refusal}");
    }
    assert!(!refusal.message().contains("values[dream_max_writes]"));
    for wider in [("dream_max_writes", "11"), ("dream_max_bytes", "200000")] {
        assert_eq!(refused(admin.update_user(update(&[wider])).await), ErrorReason::FieldInvalid, "{wider:?}");
    }
    assert_eq!(refused(admin.update_user(update(&[])).await), ErrorReason::FieldInvalid);
    assert!(get(&stack, "ada").await.values.is_empty());
    let request = UpdateUserRequest { request_id: Uuid::new_v4().to_string(), ..update(&[("dream_mode", "review")]) };
    let first = admin.update_user(request.clone()).await.unwrap().into_inner();
    assert!(first.changed && first.user.as_ref().unwrap().values == values(&[("dream_mode", "review")]));
    assert_eq!(admin.update_user(request.clone()).await.unwrap().into_inner(), first);
    let other = UpdateUserRequest { request_id: request.request_id, ..update(&[("dream_mode", "dry_run")]) };
    assert_eq!(refused(admin.update_user(other).await), ErrorReason::RequestIdReused);
    assert!(!admin.update_user(update(&[("dream_mode", "review")])).await.unwrap().into_inner().changed);
    let reset = UpdateUserRequest { reset_keys: vec!["dream_mode".into()], ..update(&[]) };
    assert!(admin.update_user(reset.clone()).await.unwrap().into_inner().changed);
    assert!(!admin.update_user(reset).await.unwrap().into_inner().changed);
    stack.finish().await;
}

#[tokio::test]
async fn a_users_keys_narrow_the_dreams_that_are_started_and_those_that_come_due() {
    let stack = Stack::start().await;
    let mut operator = stack.operator();
    for user in ["ada", "bob", "cleo"] {
        stack.user(user).await.write("user/a.md", "- tea\n- tea\n").await;
    }
    let own =
        [("dream_mode", "review"), ("dream_max_writes", "3"), ("dream_max_files", "2"), ("dream_max_bytes", "2048")];
    for user in ["ada", "cleo"] {
        let request = UpdateUserRequest { user_id: user.into(), ..update(&own) };
        operator.admin.update_user(request).await.unwrap();
    }
    let start = |user: &str, mode: DreamMode| StartDreamRequest {
        user_id: user.into(),
        mode: mode.into(),
        ..Default::default()
    };
    operator.dream_admin.start_dream(start("ada", DreamMode::Apply)).await.unwrap();
    operator.dream_admin.start_dream(start("bob", DreamMode::Unspecified)).await.unwrap();
    stack.quiet().await;
    stack.worker().poll_once().await.unwrap();
    let statement = "SELECT format('%s %s %s %s %s', s.user_id, d.mode, d.max_ops, d.max_files, d.max_bytes)
                       FROM mx_dream d JOIN mx_scope s USING (scope_id) ORDER BY 1";
    let dreams = ask::lines(stack.sql(), statement, &[]).await;
    assert_eq!(dreams, ["ada review 3 2 2048", "bob apply 10 20 131072", "cleo review 3 2 2048"]);
    stack.finish().await;
}

#[tokio::test]
async fn what_a_workspace_narrows_later_holds_for_a_user_who_had_set_more() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let mut admin = stack.operator().admin;
    admin
        .update_user(update(&[("dream_max_writes", "8"), ("dream_mode", "review"), ("dream_guard", "refuse")]))
        .await
        .unwrap();
    let narrower = UpdateConfigRequest {
        values: values(&[("dream_max_writes", "4"), ("dream_mode", "dry_run")]),
        ..Default::default()
    };
    admin.update_config(narrower).await.unwrap();
    let statement = "SELECT mx_user_setting_1(workspace_id, scope_id, k) FROM mx_scope, unnest(ARRAY['dream_max_writes', 'dream_mode', 'dream_guard', 'dream_max_files']) k
                      WHERE kind = 1";
    assert_eq!(ask::lines(stack.sql(), statement, &[]).await, ["4", "dry_run", "refuse", "20"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_late_repeat_has_the_first_answer_though_the_value_is_too_wide_by_then() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let mut admin = stack.operator().admin;
    let id = || Uuid::new_v4().to_string();
    let of_ada = UpdateUserRequest { request_id: id(), ..update(&[("dream_max_writes", "8")]) };
    let of_all =
        UpdateConfigRequest { values: values(&[("max_text_bytes", "50000")]), request_id: id(), ..Default::default() };
    let all = admin.update_config(of_all.clone()).await.unwrap().into_inner();
    let ada = admin.update_user(of_ada.clone()).await.unwrap().into_inner();
    let narrower =
        "INSERT INTO mx_config (workspace_id, key, value, updated_by) VALUES (0, 'max_text_bytes', '4096', 'test')";
    ask::change(stack.sql(), narrower, &[]).await;
    ask::set_key(&stack, "dream_max_writes", "4").await;
    assert_eq!(admin.update_user(of_ada.clone()).await.unwrap().into_inner(), ada);
    assert_eq!(admin.update_config(of_all.clone()).await.unwrap().into_inner(), all);
    let anew = UpdateUserRequest { request_id: id(), ..of_ada };
    assert_eq!(refused(admin.update_user(anew).await), ErrorReason::FieldInvalid);
    let anew = UpdateConfigRequest { request_id: id(), ..of_all };
    assert_eq!(refused(admin.update_config(anew).await), ErrorReason::FieldInvalid);
    stack.finish().await;
}
