//! History through a move.

use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::watch_changes_response::Event;
use memex_proto::v1::{
    BlameFileRequest, DeleteFileRequest, DiffRevisionsRequest, ErrorReason, ListRevisionsRequest,
    RestoreRevisionRequest, RestoreRevisionResponse, Revision, RevisionOperation, WatchChangesRequest,
};
use memex_stack::stack::{Clients, Stack, User};
use tests::refused::refused;
use tests::waiting::ends;
use tonic::Status;

use super::moves::shift;

/// A file of two versions at `user/a.md`, moved to `user/b.md` as the third and written there as the fourth.
async fn moved(stack: &Stack) -> User {
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one\n").await;
    ada.write("user/a.md", "one\ntwo\n").await;
    ada.agent().memory.clone().move_file(shift("user/a.md", "user/b.md")).await.unwrap();
    ada.write("user/b.md", "one\ntwo\nthree\n").await;
    ada
}

/// Every revision, oldest first.
async fn revisions(clients: &Clients) -> Vec<Revision> {
    let asked = ListRevisionsRequest::default();
    let mut all = clients.history.clone().list_revisions(asked).await.unwrap().into_inner().revisions;
    all.reverse();
    all
}

async fn restore(
    clients: &Clients,
    revision: &Revision,
    precondition: Option<Precondition>,
    request_id: &str,
) -> Result<RestoreRevisionResponse, Status> {
    let request = RestoreRevisionRequest {
        revision_id: revision.revision_id.clone(),
        precondition,
        request_id: request_id.into(),
        ..RestoreRevisionRequest::default()
    };
    Ok(clients.history.clone().restore_revision(request).await?.into_inner())
}

#[tokio::test]
async fn diffs_and_blame_go_through_a_move() {
    let stack = Stack::start().await;
    let ada = moved(&stack).await;
    let mut history = ada.agent().history.clone();
    let diff = |from_version, to_version| DiffRevisionsRequest {
        path: "user/b.md".into(),
        from_version,
        to_version,
        ..DiffRevisionsRequest::default()
    };
    let across = history.diff_revisions(diff(0, 3)).await.unwrap().into_inner();
    assert_eq!((across.from.unwrap().path.as_str(), across.diff.as_str()), ("user/a.md", ""));
    assert_eq!(across.to.unwrap().moved_from, "user/a.md");
    let all = history.diff_revisions(diff(1, 0)).await.unwrap().into_inner();
    assert!(all.diff.starts_with("--- user/a.md@1\n+++ user/b.md@4\n"), "{}", all.diff);
    assert_eq!((all.added_lines, all.deleted_lines), (2, 0));
    let blame = BlameFileRequest { path: "user/b.md".into(), ..BlameFileRequest::default() };
    let lines = history.blame_file(blame).await.unwrap().into_inner().lines;
    assert_eq!(lines.iter().map(|line| line.version).collect::<Vec<_>>(), [1, 2, 4], "a move brings no line");
    stack.finish().await;
}

#[tokio::test]
async fn a_revision_comes_back_where_its_file_is_now() {
    let stack = Stack::start().await;
    let ada = moved(&stack).await;
    ada.write("user/a.md", "another file\n").await;
    let first = revisions(ada.agent()).await.remove(0);
    let unsaid = restore(ada.agent(), &first, None, "").await;
    assert_eq!(refused(unsaid), ErrorReason::ExpectedVersionRequired);
    let id = uuid::Uuid::new_v4().to_string();
    let at = Some(Precondition::ExpectedVersion(4));
    let back = restore(ada.agent(), &first, at, &id).await.unwrap();
    let file = back.file.as_ref().unwrap();
    assert_eq!((file.path.as_str(), file.version, back.changed), ("user/b.md", 5, true));
    assert_eq!(ada.read("user/b.md").await.as_deref(), Some("one\n"));
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("another file\n"));
    ada.agent().memory.clone().move_file(shift("user/b.md", "user/c.md")).await.unwrap();
    assert_eq!(restore(ada.agent(), &first, at, &id).await.unwrap(), back, "a repeat names the path of then");
    stack.finish().await;
}

#[tokio::test]
async fn a_file_that_was_moved_and_deleted_comes_back_at_the_revisions_path() {
    let stack = Stack::start().await;
    let ada = moved(&stack).await;
    let gone = DeleteFileRequest { path: "user/b.md".into(), ..DeleteFileRequest::default() };
    ada.agent().memory.clone().delete_file(gone).await.unwrap();
    let all = revisions(ada.agent()).await;
    for (revision, path, version) in [(&all[1], "user/a.md", 4), (&all[2], "user/b.md", 6)] {
        let file = restore(ada.agent(), revision, None, "").await.unwrap().file.unwrap();
        assert_eq!((file.path.as_str(), file.version), (path, version));
        assert_eq!(ada.read(path).await.as_deref(), Some("one\ntwo\n"));
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_watch_tells_where_a_file_came_from() {
    let stack = Stack::start().await;
    let ada = moved(&stack).await;
    let request = WatchChangesRequest { from_beginning: true, ..WatchChangesRequest::default() };
    let mut stream = ada.agent().history.clone().watch_changes(request).await.unwrap().into_inner();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let answer = ends("the next event of a watch", stream.message()).await.unwrap().unwrap();
        if let Some(Event::Change(change)) = answer.event {
            let revision = change.revision.unwrap();
            seen.push((revision.sequence, revision.operation(), revision.path, revision.moved_from));
        }
    }
    assert_eq!(seen[2], (3, RevisionOperation::Move, "user/b.md".to_owned(), "user/a.md".to_owned()));
    assert!(seen.iter().filter(|one| !one.3.is_empty()).count() == 1, "{seen:?}");
    drop(stream);
    stack.finish().await;
}
