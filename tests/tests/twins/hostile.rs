//! A hostile user id is an id and nothing else: it reaches nothing of anyone else's.

use std::collections::BTreeMap;

use memex_proto::v1::{
    BatchReadFilesRequest, ErrorReason, GetChangesetRequest, GetDreamRequest, GetRevisionRequest, ListAccessLogRequest,
    ListDreamsRequest, ListFilesRequest, ListRevisionsRequest, RevertDreamRequest, Role,
};
use memex_stack::stack::{Clients, Stack, StackOptions, User};
use memory_api::{Guard, Guards};
use tests::refused::{bytes, refused};
use tests::{ask, hand, messy};
use tonic::Status;

/// Ids that elsewhere are paths, patterns, prefixes, keys or code.
#[rustfmt::skip]
const HOSTILE: [&str; 67] = [
    "a", "ab", "abc", "a/", "a/b", "a/../b", "../a", "./a", "a/.", "/", "//", ".", "..", "a/../../etc/passwd",
    "users/a", "user/a", "shared", "shared/", "%", "_", "a%", "a_", "%a%", "*", "?", "a*", "[a]", "\\", "a\\",
    "a\\_", " ", "a ", " a", "A", "ä", "a\u{308}", "👩👧", "🙂", "'", "''", "\"", "a'; DROP TABLE mx_file; --",
    "a' OR '1'='1", "$1", "{a}", "a,b", "{}", "NULL", "null", "0", "1", "-1", "true", "a%2Fb", "%2e%2e", "a;b",
    "a|b", "a&b", "$(id)", "`id`", "<script>", "drm_AAAAAAAAAAEBAQEBAQEBAQEBAQEBAQEB", "tok_x", "system",
    "dream-agent", "operator", "main",
];

/// The same, and the longest there can be.
fn hostile_ids() -> Vec<String> {
    let long = ["a".repeat(256), "a".repeat(255), "_".repeat(256), "é".repeat(128)];
    HOSTILE.into_iter().map(str::to_owned).chain(long).collect()
}

/// A text that only this user has.
fn text_of(id: &str) -> String {
    format!("- This is the memory of {id:?}.\n")
}

#[tokio::test]
async fn every_id_has_its_own_memory_and_sees_no_other() {
    let stack = Stack::start().await;
    let ids = hostile_ids();
    let mut users: Vec<User> = Vec::new();
    for id in &ids {
        let user = stack.user(id).await;
        assert_eq!(user.files().await, BTreeMap::new(), "{id:?} has memory before its first write");
        user.write("user/a.md", &text_of(id)).await;
        user.write("user/only.md", &format!("- only {id:?}")).await;
        users.push(user);
    }
    let scopes = "SELECT count(*) FROM mx_scope WHERE kind = 1";
    assert_eq!(ask::number(stack.sql(), scopes, &[]).await, ids.len() as i64, "each id is a user, and no two are one");
    let backend = stack.backend().await;
    for user in &users {
        let id = user.id();
        assert_eq!(user.files().await.get("user/a.md"), Some(&text_of(id)), "{id:?}");
        sees_itself_alone(user.agent(), id, "").await;
        sees_itself_alone(&backend, id, id).await;
        dreams_are_its_own(&stack, id).await;
    }
    stack.finish().await;
}

/// Every list and read of memory and history, by an agent who is bound to the user or by a backend who names them.
async fn sees_itself_alone(clients: &Clients, id: &str, user_id: &str) {
    let user_id = user_id.to_owned();
    let request = ListFilesRequest { user_id: user_id.clone(), prefix: "user/".into(), ..Default::default() };
    let files = clients.memory.clone().list_files(request).await.unwrap().into_inner().files;
    assert_eq!(
        files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(),
        ["user/a.md", "user/only.md"],
        "{id:?}"
    );
    let request = BatchReadFilesRequest { user_id: user_id.clone(), paths: vec!["user/a.md".into()] };
    let read = clients.memory.clone().batch_read_files(request).await.unwrap().into_inner();
    assert!(format!("{read:?}").contains(&format!("{:?}", text_of(id))), "{id:?} reads another's text: {read:?}");
    let request = ListRevisionsRequest { user_id, ..Default::default() };
    let revisions = clients.history.clone().list_revisions(request).await.unwrap().into_inner().revisions;
    assert_eq!(revisions.len(), 2, "{id:?}");
    for revision in revisions.iter().filter(|revision| revision.path == "user/a.md") {
        let request = GetRevisionRequest { revision_id: revision.revision_id.clone(), ..Default::default() };
        let content = clients.history.clone().get_revision(request).await.unwrap().into_inner().content;
        assert_eq!(content, text_of(id));
    }
}

/// Dreams, asked for and listed, and the access log.
async fn dreams_are_its_own(stack: &Stack, id: &str) {
    let mut operator = stack.operator();
    let dream = hand::start_dream_of(stack, id).await;
    assert_eq!(dream.user_id, id);
    let request = ListDreamsRequest { user_id: id.into(), ..Default::default() };
    let listed = operator.dream_admin.list_dreams(request).await.unwrap().into_inner().dreams;
    assert_eq!(listed.iter().map(|dream| dream.user_id.as_str()).collect::<Vec<_>>(), [id]);
    let request = ListAccessLogRequest { user_id: id.into(), page_size: 1_000, ..Default::default() };
    let entries = operator.admin.list_access_log(request).await.unwrap().into_inner().entries;
    assert!(!entries.is_empty() && entries.iter().all(|entry| entry.user_id == id), "{id:?} has another's log rows");
    let held = hand::claim_one(&hand::worker(stack, 1).await[0]).await;
    assert_eq!(held.assignment.user_id, id);
    assert_eq!(held.read("user/a.md").await.unwrap().content, text_of(id));
    held.finish().await.unwrap();
}

#[tokio::test]
async fn what_a_hostile_id_writes_changes_nobody_else() {
    let stack = Stack::start().await;
    let others = ["a", "b", "ab", "a/b", "passwd"];
    for other in others {
        stack.user(other).await.write("user/a.md", &text_of(other)).await;
    }
    let before = fingerprints(&stack, &others).await;
    for id in hostile_ids().iter().filter(|id| !others.contains(&id.as_str())) {
        let user = stack.user(id).await;
        messy::write(&user).await;
        hand::start_dream_of(&stack, id).await;
        assert_eq!(stack.worker().poll_once().await.unwrap(), 1, "{id:?}");
        assert!(messy::is_dreamt(&user).await, "{id:?}");
    }
    assert_eq!(fingerprints(&stack, &others).await, before);
    stack.finish().await;
}

/// Every row of these users, in digests.
async fn fingerprints(stack: &Stack, users: &[&str]) -> Vec<String> {
    let statement = "SELECT md5(coalesce(s::text, '') || coalesce(f::text, '') || coalesce(r::text, '') || coalesce(l::text, '')) FROM mx_scope s
        LEFT JOIN mx_file f USING (scope_id) LEFT JOIN mx_revision r USING (scope_id) LEFT JOIN mx_access_log l USING (scope_id)
        WHERE s.kind = 1 AND s.user_id = $1 ORDER BY 1";
    let mut all = Vec::new();
    for user in users {
        all.extend(ask::lines(stack.sql(), statement, &[user]).await);
    }
    all
}

/// Ids of another's dream and revision: one that there is, and one that there is not.
struct Foreign {
    dreams: [String; 2],
    revisions: [String; 2],
}

/// Ada's, after a dream over her memory.
async fn adas(stack: &Stack) -> Foreign {
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    let dream = hand::start_dream_of(stack, "ada").await.dream_id;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    let request = ListRevisionsRequest::default();
    let revisions = ada.agent().history.clone().list_revisions(request).await.unwrap().into_inner().revisions;
    let nothing = "AAAAAAAAA_8BAQEBAQEBAQEBAQEBAQEB";
    Foreign {
        dreams: [dream, format!("drm_{nothing}")],
        revisions: [revisions[0].revision_id.clone(), "rev_AAAAAAAAA_8AAAAAAAAAAQ".to_owned()],
    }
}

#[tokio::test]
async fn an_id_of_anothers_answers_the_same_whether_it_exists_or_not() {
    let options = StackOptions { workspaces: vec!["main".into(), "other".into()], ..StackOptions::default() };
    let stack = Stack::with(options).await;
    let foreign = adas(&stack).await;
    let stranger = stack.user("ada/../ben").await;
    stranger.write("user/a.md", "- a stranger").await;
    let before = ask::everything(&stack).await;

    let bound = stack.agent("ada/../ben").await;
    let elsewhere = stack.workspace_named("other").operator();
    for clients in [&bound, &elsewhere] {
        same_refusal(&foreign.revisions, async |id| get_revision(clients, id).await).await;
    }
    same_refusal(&foreign.dreams, async |id| get_dream(&elsewhere, id).await).await;
    same_refusal(&foreign.dreams, async |id| get_changeset(&elsewhere, id).await).await;
    same_refusal(&foreign.dreams, async |id| revert(&elsewhere, id).await).await;
    same_refusal(&foreign.dreams, async |id| list_revisions_of_dream(&bound, id).await).await;
    for user in ["ada", "nobody"] {
        assert_eq!(refused(bound.read("user/notes.md").of(user).await), ErrorReason::WrongUser, "{user}");
    }
    assert_eq!(ask::everything(&stack).await, before);
    stack.finish().await;
}

/// Refused as another's, with the same bytes for both ids.
async fn same_refusal(ids: &[String; 2], call: impl AsyncFn(String) -> Result<(), Status>) {
    let there = call(ids[0].clone()).await.expect_err("another's id was answered");
    let nowhere = call(ids[1].clone()).await.expect_err("an id that is none was answered");
    assert_eq!(tests::refused::reason(&there), ErrorReason::WrongUser, "{there}");
    assert_eq!(bytes(&there), bytes(&nowhere), "the answer tells whether {} exists", ids[0]);
}

async fn get_revision(clients: &Clients, revision_id: String) -> Result<(), Status> {
    clients.history.clone().get_revision(GetRevisionRequest { revision_id, ..Default::default() }).await.map(drop)
}

async fn get_dream(clients: &Clients, dream_id: String) -> Result<(), Status> {
    clients.dream_admin.clone().get_dream(GetDreamRequest { dream_id }).await.map(drop)
}

async fn get_changeset(clients: &Clients, dream_id: String) -> Result<(), Status> {
    clients.dream_admin.clone().get_changeset(GetChangesetRequest { dream_id }).await.map(drop)
}

async fn revert(clients: &Clients, dream_id: String) -> Result<(), Status> {
    clients.dream_admin.clone().revert_dream(RevertDreamRequest { dream_id, ..Default::default() }).await.map(drop)
}

async fn list_revisions_of_dream(clients: &Clients, dream_id: String) -> Result<(), Status> {
    clients.history.clone().list_revisions(ListRevisionsRequest { dream_id, ..Default::default() }).await.map(drop)
}

#[tokio::test]
async fn without_the_guard_a_bound_token_reads_and_writes_anothers_memory() {
    let stack = Stack::with(StackOptions { guards: Guards::without(Guard::Scope), ..StackOptions::default() }).await;
    let foreign = adas(&stack).await;
    let clients = Clients::at(&stack.endpoint(), &stack.workspace().token(Role::Agent, "ben").await);
    get_revision(&clients, foreign.revisions[0].clone()).await.expect("nothing keeps ben from ada's revision");
    clients.write("user/mine.md", "ben was here").of("ada").await.expect("nothing keeps ben from ada's memory");
    assert_eq!(stack.user("ada").await.read("user/mine.md").await.as_deref(), Some("ben was here"));
    stack.abandon().await;
}
