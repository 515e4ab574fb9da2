//! Moving a file: what becomes of both paths, and who may.

use memex_proto::reason::Refusal;
use memex_proto::v1::{
    DeleteFileRequest, ErrorReason, ListFilesRequest, ListRevisionsRequest, MoveFileRequest, RevisionOperation, Source,
};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::refused::refused;
use uuid::Uuid;

pub(super) fn shift(path: &str, new_path: &str) -> MoveFileRequest {
    MoveFileRequest {
        path: path.into(),
        new_path: new_path.into(),
        request_id: Uuid::new_v4().to_string(),
        ..MoveFileRequest::default()
    }
}

async fn refusal(clients: &Clients, request: MoveFileRequest) -> ErrorReason {
    refused(clients.memory.clone().move_file(request).await)
}

/// The ids of the files that stood at a path, by version.
async fn file_ids(stack: &Stack, path: &str) -> Vec<String> {
    let statement = "SELECT file_id::text FROM mx_revision WHERE path = $1 ORDER BY version";
    ask::lines(stack.sql(), statement, &[path]).await
}

async fn delete(clients: &Clients, path: &str) -> i64 {
    let request = DeleteFileRequest { path: path.into(), ..DeleteFileRequest::default() };
    clients.memory.clone().delete_file(request).await.unwrap().into_inner().version
}

#[tokio::test]
async fn a_move_is_one_revision_at_the_new_path_and_takes_id_text_and_source_along() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one").await;
    ada.agent().write("user/a.md", "two").at(1).source(Source::User).await.unwrap();
    let mut agent = stack.agent("ada").await;
    let request = MoveFileRequest { reason: "tidied".into(), ..shift("user/a.md", "user/notes/b.md") };
    let moved = agent.memory.move_file(request).await.unwrap().into_inner();
    let file = moved.file.unwrap();
    assert_eq!((file.path.as_str(), file.version, file.size_bytes, moved.changed), ("user/notes/b.md", 3, 3, true));
    assert_eq!(ada.read("user/notes/b.md").await.as_deref(), Some("two"));
    assert_eq!(ada.read("user/a.md").await, None);
    let listed = agent.memory.list_files(ListFilesRequest::default()).await.unwrap().into_inner().files;
    assert_eq!(listed, [file]);
    let of = ListRevisionsRequest { path: "user/notes/b.md".into(), ..ListRevisionsRequest::default() };
    let head = agent.history.list_revisions(of).await.unwrap().into_inner().revisions.remove(0);
    assert_eq!((head.revision_id.as_str(), head.operation()), (moved.revision_id.as_str(), RevisionOperation::Move));
    assert_eq!((head.moved_from.as_str(), head.source(), head.reason.as_str()), ("user/a.md", Source::User, "tidied"));
    let ids = file_ids(&stack, "user/a.md").await;
    assert_eq!(file_ids(&stack, "user/notes/b.md").await, ids[1..]);
    assert_eq!(ask::revisions(&stack, "ada").await, 3);
    let rows = "SELECT format('%s %s %s', path, file_version, outcome) FROM mx_access_log WHERE operation = 13";
    assert_eq!(ask::lines(stack.sql(), rows, &[]).await, ["user/notes/b.md 3 1"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_move_is_refused_at_either_end_and_changes_nothing() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one").await;
    ada.write("user/b.md", "two").await;
    let (agent, operator) = (stack.agent("ada").await, stack.operator());
    operator.write("shared/s.md", "x").await.unwrap();
    let before = ask::everything(&stack).await;
    let at = |version, path| MoveFileRequest { expected_version: Some(version), ..shift(path, "user/c.md") };
    use ErrorReason::{
        ExcludedPath, FieldInvalid, FileExists, FileNotFound, InvalidPath, ReadOnlyScope, VersionConflict,
    };
    let cases = [
        (shift("user/a.md", "user/b.md"), FileExists),
        (shift("user/none.md", "user/c.md"), FileNotFound),
        (shift("user/none.md", "user/none.md"), FileNotFound),
        (at(7, "user/a.md"), VersionConflict),
        (at(1, "user/none.md"), VersionConflict),
        (at(0, "user/a.md"), FieldInvalid),
        (at(-1, "user/a.md"), FieldInvalid),
        (MoveFileRequest { request_id: "seven".into(), ..shift("user/a.md", "user/c.md") }, FieldInvalid),
        (MoveFileRequest { reason: "a\nb".into(), ..shift("user/a.md", "user/c.md") }, FieldInvalid),
        (shift("user/a.md", "user/../c.md"), InvalidPath),
        (shift("user/a.md", ""), InvalidPath),
        (shift("user/../a.md", "user/c.md"), InvalidPath),
        (shift("user/a.md", "shared/c.md"), ReadOnlyScope),
        (shift("shared/s.md", "user/c.md"), ReadOnlyScope),
        (shift("shared/s.md", "shared/c.md"), ReadOnlyScope),
        (shift("user/a.md", "user/dream-log.md"), ExcludedPath),
        (shift("user/dream-log.md", "user/c.md"), ExcludedPath),
    ];
    let refusals = cases.len();
    for (request, reason) in cases {
        assert_eq!(refusal(&agent, request.clone()).await, reason, "{request:?}");
    }
    let of_ada = |request| MoveFileRequest { user_id: "ada".into(), ..request };
    assert_eq!(refusal(&operator, of_ada(shift("user/a.md", "shared/c.md"))).await, FieldInvalid);
    assert_eq!(refusal(&operator, of_ada(shift("user/a.md", "user/dream-log.md"))).await, ExcludedPath);
    assert_eq!(
        refusal(&stack.auditor().await, of_ada(shift("user/a.md", "user/c.md"))).await,
        ErrorReason::RoleRequired
    );
    assert_eq!(
        refusal(&stack.agent("bob").await, of_ada(shift("user/a.md", "user/c.md"))).await,
        ErrorReason::WrongUser
    );
    assert_eq!(refusal(&stack.agent("bob").await, shift("user/a.md", "user/c.md")).await, FileNotFound);
    assert_eq!(ask::everything(&stack).await, before);
    let rows = "SELECT count(*) FROM mx_access_log WHERE operation = 13 AND outcome = 2";
    assert_eq!(ask::number(stack.sql(), rows, &[]).await, i64::try_from(refusals).unwrap() + 5);
    stack.finish().await;
}

#[tokio::test]
async fn a_refused_move_says_the_version_that_stands_in_its_way() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one").await;
    for text in ["one", "two", "three"] {
        ada.write("user/b.md", text).await;
    }
    let mut memory = ada.agent().memory.clone();
    let stale = MoveFileRequest { expected_version: Some(9), ..shift("user/a.md", "user/c.md") };
    let never = MoveFileRequest { expected_version: Some(9), ..shift("user/none.md", "user/c.md") };
    for (request, current) in [(stale, "1"), (never, "0"), (shift("user/a.md", "user/b.md"), "3")] {
        let refusal = Refusal::of(&memory.move_file(request).await.unwrap_err()).unwrap();
        assert_eq!(refusal.facts["current_version"], current, "{refusal:?}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn versions_at_both_paths_go_on_and_what_comes_again_is_another_file() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let mut agent = stack.agent("ada").await;
    for text in ["x", "y", "z"] {
        ada.write("user/b.md", text).await;
    }
    assert_eq!(delete(&agent, "user/b.md").await, 4);
    ada.write("user/a.md", "one").await;
    let moved = agent.memory.move_file(shift("user/a.md", "user/b.md")).await.unwrap().into_inner().file.unwrap();
    assert_eq!(moved.version, 5, "beyond what stood at the new path");
    let stale = ada.agent().write("user/a.md", "again").at(1).await;
    assert_eq!(refused(stale), ErrorReason::VersionConflict);
    let stale = ada.agent().write("user/a.md", "again").at(5).await;
    assert_eq!(refused(stale), ErrorReason::VersionConflict, "no file stands there");
    let again = ada.agent().write("user/a.md", "again").at(0).await;
    assert_eq!(again.unwrap().file.unwrap().version, 6, "beyond the move that left the path");
    let (old, new) = (file_ids(&stack, "user/a.md").await, file_ids(&stack, "user/b.md").await);
    assert_eq!(old[0], new[4]);
    assert!(old[0] != old[1] && new[3] != new[4], "{old:?} {new:?}");
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("again"));
    delete(&agent, "user/a.md").await;
    let back = agent.memory.move_file(shift("user/b.md", "user/a.md")).await.unwrap().into_inner().file.unwrap();
    assert_eq!(back.version, 8, "beyond the deletion at version 7");
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("one"));
    assert_eq!(ada.write("user/b.md", "new").await.version, 9);
    stack.finish().await;
}

#[tokio::test]
async fn a_move_to_the_path_that_it_has_makes_no_revision() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one").await;
    let mut agent = stack.agent("ada").await;
    let request = shift("user/a.md", "user/a.md");
    let same = agent.memory.move_file(request.clone()).await.unwrap().into_inner();
    assert_eq!((same.changed, same.revision_id.as_str(), same.file.as_ref().unwrap().version), (false, "", 1));
    ada.write("user/a.md", "two").await;
    assert_eq!(agent.memory.move_file(request).await.unwrap().into_inner(), same, "a repeat gets the first answer");
    assert_eq!(ask::revisions(&stack, "ada").await, 2);
    stack.finish().await;
}

#[tokio::test]
async fn a_move_is_made_once_for_one_request_id() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one").await;
    let asked = shift("user/a.md", "user/b.md");
    let mut memory = stack.agent("ada").await.memory;
    let all = futures::future::join_all((0..8).map(|_| {
        let (mut memory, asked) = (memory.clone(), asked.clone());
        async move { memory.move_file(asked).await.unwrap().into_inner() }
    }))
    .await;
    assert!(all.iter().all(|one| *one == all[0] && one.changed), "{all:?}");
    ada.write("user/b.md", "two").await;
    memory.move_file(shift("user/b.md", "user/c.md")).await.unwrap();
    assert_eq!(memory.move_file(asked.clone()).await.unwrap().into_inner(), all[0]);
    let others = [
        MoveFileRequest { reason: "other".into(), ..asked.clone() },
        MoveFileRequest { new_path: "user/d.md".into(), ..asked.clone() },
        MoveFileRequest { expected_version: Some(1), ..asked.clone() },
    ];
    for other in others {
        assert_eq!(refused(memory.move_file(other).await), ErrorReason::RequestIdReused);
    }
    let written = ada.agent().write("user/e.md", "").id(asked.request_id.parse().unwrap());
    assert_eq!(refused(written.await), ErrorReason::RequestIdReused);
    assert_eq!(ask::revisions(&stack, "ada").await, 4);
    stack.finish().await;
}

#[tokio::test]
async fn an_operator_moves_what_is_shared() {
    let stack = Stack::start().await;
    let mut operator = stack.operator();
    operator.write("shared/a.md", "x").await.unwrap();
    operator.memory.move_file(shift("shared/a.md", "shared/b.md")).await.unwrap();
    let file = stack.agent("ada").await.read("shared/b.md").await.unwrap();
    assert_eq!((file.content.as_str(), file.file.unwrap().version), ("x", 2));
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_moves_to_one_path_at_once_one_arrives_and_writes_beside_them_are_not_lost() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for number in 0..8 {
        ada.write(&format!("user/{number}.md"), &format!("text {number}")).await;
    }
    let moves = futures::future::join_all((0..8).map(|number| {
        let mut memory = ada.agent().memory.clone();
        async move { memory.move_file(shift(&format!("user/{number}.md"), "user/one.md")).await }
    }));
    let writes = futures::future::join_all((0..8).map(|number| {
        let ada = ada.clone();
        async move { ada.write(&format!("user/{number}.md"), &format!("later {number}")).await }
    }));
    let (moves, _) = futures::join!(moves, writes);
    assert_eq!(moves.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in moves.into_iter().filter(Result::is_err) {
        assert_eq!(refused(answer), ErrorReason::FileExists);
    }
    for number in 0..8 {
        let here = ada.read(&format!("user/{number}.md")).await;
        let there = ada.read("user/one.md").await.filter(|text| text.ends_with(&number.to_string()));
        assert!(here.or(there) == Some(format!("later {number}")), "{number}");
    }
    assert!(ada.paths().await.contains(&"user/one.md".to_owned()));
    stack.finish().await;
}
