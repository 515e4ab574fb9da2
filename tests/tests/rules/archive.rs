//! Export and import of a user's whole memory.

use std::collections::{BTreeMap, BTreeSet};

use memex_proto::v1::{
    DeleteFileRequest, ErrorReason, ExportUserRequest, ExportUserResponse, GetUserRequest, ImportHeader,
    ListTokensRequest, Revision, RevokeTokenRequest, Role,
};
use memex_stack::stack::{Stack, StackOptions};
use serde_json::Value;
use tests::archive::{export, import, into, messages, revisions};
use tests::ask;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::{reason, refused};
use tests::waiting::{ends, until};
use tonic::Streaming;
use uuid::Uuid;

use super::erasure::{done, erase};

/// Path, version, sequence, operation, hash and source of every revision.
type Told = (String, i64, i64, i32, Vec<u8>, i32);

fn told(revisions: &[Revision]) -> Vec<Told> {
    revisions.iter().map(|r| (r.path.clone(), r.version, r.sequence, r.operation, r.sha256.clone(), r.source)).collect()
}

/// A user with a history: Unicode, CRLF, a deletion, a path that came again, a dream with its log.
pub async fn with_a_history(stack: &Stack) -> BTreeMap<String, String> {
    let ada = stack.user("ada").await;
    tests::messy::write(&ada).await;
    start_dream_of(stack, "ada").await;
    let dream = claim_one(&worker(stack, 1).await[0]).await;
    dream.clean().await.unwrap();
    dream.ends().await;
    for text in ["Zoë\r\nZoe\u{308} 🦀\u{200B}", "", "no final newline"] {
        ada.write("user/übung.md", text).await;
    }
    ada.write("user/gone.md", "once").await;
    let delete = DeleteFileRequest { path: "user/gone.md".into(), ..DeleteFileRequest::default() };
    ada.agent().memory.clone().delete_file(delete.clone()).await.unwrap();
    ada.write("user/gone.md", "again").await;
    ada.write("user/away.md", "x").await;
    let delete = DeleteFileRequest { path: "user/away.md".into(), ..delete };
    ada.agent().memory.clone().delete_file(delete).await.unwrap();
    ada.files().await
}

#[tokio::test]
async fn acceptance_42_an_archive_brings_the_same_hashes_to_another_user_and_workspace() {
    let options = StackOptions { workspaces: vec!["main".into(), "other".into()], ..StackOptions::default() };
    let stack = Stack::with(options).await;
    let files = with_a_history(&stack).await;
    stack.user("bob").await.write("user/secret.md", "canary-of-bob").await;
    let archive = export(&stack.operator(), "ada").await;
    assert!(!String::from_utf8_lossy(&archive).contains("canary"));
    let before = revisions(&stack.operator(), "ada").await;
    let other = stack.workspace_named("other").clone();
    for (clients, user) in [(stack.operator(), "grace"), (other.operator(), "ada")] {
        let answer = import(&clients, into(user), &archive).await.unwrap();
        assert_eq!(answer.revisions, i64::try_from(before.len()).unwrap());
        assert_eq!(answer.dreams, 1);
        let after = revisions(&clients, user).await;
        assert_eq!(told(&after), told(&before));
        for (here, there) in after.iter().zip(&before) {
            let imported = here.imported.clone().unwrap();
            assert_eq!((imported.actor, imported.created_at), (there.actor.clone(), there.created_at));
            assert_eq!((imported.dream_id, here.dream_id.as_str()), (there.dream_id.clone(), ""));
        }
        let asked = GetUserRequest { user_id: user.into() };
        let state = clients.admin.clone().get_user(asked).await.unwrap().into_inner().user.unwrap();
        assert_eq!((state.new_changes, state.due_at), (0, None));
        let again = export(&clients, user).await;
        let third = format!("{user}-again");
        assert_eq!(import(&clients, into(&third), &again).await.unwrap().revisions, answer.revisions);
    }
    assert_eq!(stack.user("grace").await.files().await, files);
    assert_eq!(refused(import(&stack.operator(), into("grace"), &archive).await), ErrorReason::WrongState);
    stack.finish().await;
}

/// The fields of a value and of what it contains, each by its way from the line.
fn fields(value: &Value, way: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter().filter(|(name, _)| *name != "kind") {
                let way = if way.is_empty() { name.clone() } else { format!("{way}.{name}") };
                fields(value, &way, found);
                found.insert(way);
            }
        }
        // Pairs of lines are no fields.
        Value::Array(values) => values.iter().for_each(|value| fields(value, way, found)),
        _ => {}
    }
}

/// The fields that the page on archives tells of, by kind.
fn described() -> BTreeMap<String, BTreeSet<String>> {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../proto/ARCHIVE.md"));
    let kinds = page.split("\n### ").skip(1).map(|section| {
        let (kind, rest) = section.split_once('\n').unwrap();
        let cells = rest.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
        let names = cells.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches('`').to_owned());
        (kind.to_owned(), names.collect())
    });
    kinds.collect()
}

#[tokio::test]
async fn the_page_on_archives_tells_of_every_field_of_every_line_and_of_no_other() {
    let stack = Stack::start().await;
    with_a_history(&stack).await;
    let archive = export(&stack.operator(), "ada").await;
    import(&stack.operator(), into("grace"), &archive).await.unwrap();
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for archive in [archive, export(&stack.operator(), "grace").await] {
        for line in archive.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Value = serde_json::from_slice(line).unwrap();
            let kind = line["kind"].as_str().unwrap_or("header").to_owned();
            fields(&line, "", told.entry(kind).or_default());
        }
    }
    assert_eq!(told, described());
    stack.finish().await;
}

#[tokio::test]
async fn an_archive_that_is_not_whole_leaves_nothing_behind() {
    let stack = Stack::start().await;
    with_a_history(&stack).await;
    let archive = export(&stack.operator(), "ada").await;
    let text = String::from_utf8(archive.clone()).unwrap();
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let swapped = [&lines[..3], &[lines[4], lines[3]], &lines[5..]].concat().concat();
    let cases = [
        text[..text.len() / 2].to_owned(),
        lines[..lines.len() - 1].concat(),
        text.replacen("green tea", "black tea", 1),
        swapped,
        text.replacen("\"version\":1", "\"version\":2", 1),
        "not an archive\n".to_owned(),
        String::new(),
    ];
    let before = ask::everything(&stack).await;
    for (number, broken) in cases.iter().enumerate() {
        let answer = import(&stack.operator(), into("grace"), broken.as_bytes()).await;
        assert_eq!(refused(answer), ErrorReason::FieldInvalid, "case {number}");
    }
    assert_eq!(ask::everything(&stack).await, before);
    stack.finish().await;
}

#[tokio::test]
async fn a_repeat_of_an_import_gives_its_answer_and_makes_the_user_due_only_where_asked() {
    let stack = Stack::start().await;
    with_a_history(&stack).await;
    let archive = export(&stack.operator(), "ada").await;
    let header = ImportHeader { qualifies: true, request_id: Uuid::new_v4().to_string(), ..into("grace") };
    let first = import(&stack.operator(), header.clone(), &archive).await.unwrap();
    assert_eq!(import(&stack.operator(), header.clone(), &archive).await.unwrap(), first);
    let other = import(&stack.operator(), header, &archive[..archive.len() - 1]).await;
    assert_eq!(refused(other), ErrorReason::RequestIdReused);
    let asked = GetUserRequest { user_id: "grace".into() };
    let state = stack.operator().admin.get_user(asked).await.unwrap().into_inner().user.unwrap();
    assert!(state.new_changes > 0 && state.due_at.is_some());
    stack.finish().await;
}

#[tokio::test]
async fn a_repeat_of_an_import_keeps_nobody_from_writing_while_it_is_sent() {
    let stack = Stack::start().await;
    with_a_history(&stack).await;
    let archive = export(&stack.operator(), "ada").await;
    let header = ImportHeader { request_id: Uuid::new_v4().to_string(), ..into("grace") };
    let first = import(&stack.operator(), header.clone(), &archive).await.unwrap();
    let (send, sent) = tokio::sync::mpsc::channel(1);
    let mut admin = stack.operator().admin;
    let mut to_send = messages(header, &archive).into_iter();
    let sent = futures::stream::unfold(sent, |mut sent| async { sent.recv().await.map(|message| (message, sent)) });
    let repeat = tokio::spawn(async move { admin.import_user(sent).await });
    send.send(to_send.next().unwrap()).await.unwrap();
    let looked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND (query LIKE '-- imports.target%' OR query = 'ROLLBACK')";
    until("it is looked whether it is one", async || (ask::number(stack.sql(), looked, &[]).await > 0).then_some(()))
        .await;
    stack.user("grace").await.write("user/meanwhile.md", "x").await;
    for message in to_send {
        send.send(message).await.unwrap();
    }
    drop(send);
    assert_eq!(repeat.await.unwrap().unwrap().into_inner(), first);
    stack.finish().await;
}

#[tokio::test]
async fn what_an_archive_brought_is_dated_by_no_day_of_its_import() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/notes.md", "- Likes tea.\n").await;
    let archive = export(&stack.operator(), "ada").await;
    import(&stack.operator(), into("grace"), &archive).await.unwrap();
    stack.user("grace").await.write("user/notes.md", "- Likes tea.\n- Likes milk.\n").await;
    let mut dated = Vec::new();
    for user in ["ada", "grace"] {
        start_dream_of(&stack, user).await;
        let dream = claim_one(&worker(&stack, 1).await[0]).await;
        let read = dream.read("user/notes.md").await.unwrap();
        dated.push(read.origins.iter().map(|line| !line.asserted_on.is_empty()).collect::<Vec<_>>());
        dream.ends().await;
    }
    assert_eq!(dated, [vec![true], vec![false, true]]);
    stack.finish().await;
}

#[tokio::test]
async fn an_export_that_loses_its_snapshot_half_way_never_ends_as_a_whole_one() {
    let stack = Stack::start().await;
    let mut parts = half_taken(&stack).await;
    let killed = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '-- archive.%'";
    assert_eq!(ask::number(stack.sql(), killed, &[]).await, 1);
    assert_eq!(breaks_off(&mut parts).await, ErrorReason::DatabaseUnavailable);
    stack.finish().await;
}

#[tokio::test]
async fn an_export_under_way_ends_with_the_erasure_of_its_user() {
    let stack = Stack::start().await;
    let mut parts = half_taken(&stack).await;
    erase(&stack.operator(), "ada").await;
    assert_eq!(breaks_off(&mut parts).await, ErrorReason::UserErased);
    done(&stack.operator(), "ada").await;
    stack.finish().await;
}

#[tokio::test]
async fn an_export_under_way_ends_with_its_token() {
    let stack = Stack::start().await;
    let mut parts = half_taken(&stack).await;
    let tokens = stack.operator().admin.list_tokens(ListTokensRequest::default()).await.unwrap().into_inner().tokens;
    let backend = tokens.iter().find(|token| token.role() == Role::Backend).unwrap();
    let revoke = RevokeTokenRequest { token_id: backend.token_id.clone(), ..RevokeTokenRequest::default() };
    stack.operator().admin.revoke_token(revoke).await.unwrap();
    assert_eq!(breaks_off(&mut parts).await, ErrorReason::TokenInvalid);
    stack.finish().await;
}

/// An export of which a backend has taken the first part: more than what waits for them on the way is still to be read.
async fn half_taken(stack: &Stack) -> Streaming<ExportUserResponse> {
    let ada = stack.user("ada").await;
    let text = "x".repeat(100_000);
    for number in 0..60 {
        ada.write(&format!("user/{number}.md"), &text).await;
    }
    let request = ExportUserRequest { user_id: "ada".into() };
    let mut parts = stack.backend().await.admin.export_user(request).await.unwrap().into_inner();
    parts.message().await.unwrap().expect("an export has a first part");
    parts
}

/// Why an export ends before it is whole.
async fn breaks_off(parts: &mut Streaming<ExportUserResponse>) -> ErrorReason {
    let ended = ends("the export", async {
        loop {
            match parts.message().await {
                Ok(Some(_)) => {}
                Ok(None) => panic!("the export ended as if it were whole"),
                Err(status) => return reason(&status),
            }
        }
    });
    ended.await
}

#[tokio::test]
async fn only_an_operator_imports() {
    let stack = Stack::start().await;
    for clients in [stack.backend().await, stack.auditor().await, stack.agent("ada").await] {
        assert_eq!(refused(import(&clients, into("ada"), b"").await), ErrorReason::RoleRequired);
    }
    stack.finish().await;
}
