//! Deleting a file, and bringing an earlier text back.

use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::{
    DeleteFileRequest, ErrorReason, ListFilesRequest, ListRevisionsRequest, MoveFileRequest, RestoreRevisionRequest,
    Revision, RevisionOperation,
};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::refused::refused;
use uuid::Uuid;

fn delete(path: &str) -> DeleteFileRequest {
    DeleteFileRequest { path: path.into(), request_id: Uuid::new_v4().to_string(), ..DeleteFileRequest::default() }
}

fn restore(revision: &Revision, precondition: Option<Precondition>) -> RestoreRevisionRequest {
    RestoreRevisionRequest {
        revision_id: revision.revision_id.clone(),
        precondition,
        request_id: Uuid::new_v4().to_string(),
        ..RestoreRevisionRequest::default()
    }
}

/// The revisions of a path, oldest first.
async fn revisions(agent: &mut Clients, path: &str) -> Vec<Revision> {
    let asked = ListRevisionsRequest { path: path.into(), ..ListRevisionsRequest::default() };
    let mut revisions = agent.history.list_revisions(asked).await.unwrap().into_inner().revisions;
    revisions.reverse();
    revisions
}

#[tokio::test]
async fn a_deletion_is_a_revision_and_the_paths_versions_go_on() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one").await;
    let mut agent = stack.agent("ada").await;
    let gone = agent.memory.delete_file(delete("user/a.md")).await.unwrap().into_inner();
    assert_eq!(gone.version, 2);
    assert_eq!(refused(agent.read("user/a.md").await), ErrorReason::FileNotFound);
    let files = agent.memory.list_files(ListFilesRequest::default()).await.unwrap().into_inner().files;
    assert!(files.is_empty());
    ada.write("user/a.md", "two").await;
    let made = revisions(&mut agent, "user/a.md").await;
    let operations: Vec<_> = made.iter().map(|revision| (revision.version, revision.operation())).collect();
    use RevisionOperation::{Delete, Write};
    assert_eq!(operations, [(1, Write), (2, Delete), (3, Write)]);
    stack.finish().await;
}

#[tokio::test]
async fn what_is_not_there_or_at_another_version_is_not_deleted() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "one").await;
    let mut agent = stack.agent("ada").await.memory;
    assert_eq!(refused(agent.delete_file(delete("user/b.md")).await), ErrorReason::FileNotFound);
    let other = DeleteFileRequest { expected_version: Some(7), ..delete("user/a.md") };
    assert_eq!(refused(agent.delete_file(other).await), ErrorReason::VersionConflict);
    let none = DeleteFileRequest { expected_version: Some(0), ..delete("user/a.md") };
    assert_eq!(refused(agent.delete_file(none).await), ErrorReason::FieldInvalid);
    assert_eq!(refused(agent.delete_file(delete("shared/a.md")).await), ErrorReason::ReadOnlyScope);
    assert_eq!(refused(agent.delete_file(delete("user/dream-log.md")).await), ErrorReason::ExcludedPath);
    let rows = "SELECT count(*) FROM mx_access_log WHERE operation = 12 AND outcome = 2";
    assert_eq!(ask::number(stack.sql(), rows, &[]).await, 5);
    assert_eq!(ask::revisions(&stack, "ada").await, 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_deletion_and_a_restore_are_done_once_for_one_request_id() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "one").await;
    let mut agent = stack.agent("ada").await;
    let first = revisions(&mut agent, "user/a.md").await.remove(0);
    let asked = delete("user/a.md");
    let all = futures::future::join_all((0..5).map(|_| {
        let (mut memory, asked) = (agent.memory.clone(), asked.clone());
        async move { memory.delete_file(asked).await.unwrap().into_inner() }
    }))
    .await;
    assert!(all.iter().all(|one| *one == all[0]));
    let reused = DeleteFileRequest { reason: "other".into(), ..asked };
    assert_eq!(refused(agent.memory.delete_file(reused).await), ErrorReason::RequestIdReused);
    let asked = restore(&first, None);
    let all = futures::future::join_all((0..5).map(|_| {
        let (mut history, asked) = (agent.history.clone(), asked.clone());
        async move { history.restore_revision(asked).await.unwrap().into_inner() }
    }))
    .await;
    assert!(all.iter().all(|one| *one == all[0] && one.changed));
    let reused = RestoreRevisionRequest { reason: "other".into(), ..asked };
    assert_eq!(refused(agent.history.restore_revision(reused).await), ErrorReason::RequestIdReused);
    assert_eq!(ask::revisions(&stack, "ada").await, 3);
    stack.finish().await;
}

#[tokio::test]
async fn any_revision_with_a_text_comes_back_as_a_new_one() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for text in ["one", "two", "three"] {
        ada.write("user/a.md", text).await;
    }
    let mut agent = stack.agent("ada").await;
    let made = revisions(&mut agent, "user/a.md").await;
    assert_eq!(
        refused(agent.history.restore_revision(restore(&made[0], None)).await),
        ErrorReason::ExpectedVersionRequired
    );
    let stale = restore(&made[0], Some(Precondition::ExpectedVersion(2)));
    assert_eq!(refused(agent.history.restore_revision(stale).await), ErrorReason::VersionConflict);
    let back = restore(&made[0], Some(Precondition::ExpectedVersion(3)));
    let back = agent.history.restore_revision(back).await.unwrap().into_inner();
    assert_eq!((back.changed, back.file.unwrap().version), (true, 4));
    let content = agent.read("user/a.md").await.unwrap().content;
    assert_eq!(content, "one");
    let same = restore(&made[0], Some(Precondition::Overwrite(true)));
    assert!(!agent.history.restore_revision(same).await.unwrap().into_inner().changed);
    agent.memory.delete_file(delete("user/a.md")).await.unwrap();
    let deleted = revisions(&mut agent, "user/a.md").await.pop().unwrap();
    assert_eq!(refused(agent.history.restore_revision(restore(&deleted, None)).await), ErrorReason::FieldInvalid);
    assert!(agent.history.restore_revision(restore(&made[1], None)).await.unwrap().into_inner().changed);
    stack.finish().await;
}

#[tokio::test]
async fn nobody_restores_what_is_not_theirs_to_write() {
    let stack = Stack::start().await;
    stack.user("bob").await.write("user/a.md", "one").await;
    let mut bob = stack.agent("bob").await;
    let made = revisions(&mut bob, "user/a.md").await;
    let mut ada = stack.agent("ada").await.history;
    let asked = restore(&made[0], Some(Precondition::Overwrite(true)));
    assert_eq!(refused(ada.restore_revision(asked).await), ErrorReason::WrongUser);
    assert_eq!(ask::revisions(&stack, "bob").await, 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_listing_has_the_paths_whose_files_are_gone_where_it_asks_for_them() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for path in ["user/a.md", "user/b.md", "user/c.md", "user/d.md"] {
        ada.write(path, "one").await;
    }
    let mut memory = stack.agent("ada").await.memory;
    for path in ["user/a.md", "user/d.md"] {
        memory.delete_file(delete(path)).await.unwrap();
    }
    ada.write("user/d.md", "two").await;
    let away = MoveFileRequest { path: "user/b.md".into(), new_path: "user/e.md".into(), ..Default::default() };
    memory.move_file(away).await.unwrap();

    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListFilesRequest { include_deleted: true, page_size: 2, page_token, ..Default::default() };
        let page = memory.list_files(request).await.unwrap().into_inner();
        assert!(page.files.iter().all(|file| file.deleted == file.sha256.is_empty()), "{page:?}");
        listed.extend(page.files.into_iter().map(|file| (file.path, file.version, file.deleted)));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let all = [("a", 2, true), ("b", 2, true), ("c", 1, false), ("d", 3, false), ("e", 2, false)];
    assert_eq!(listed, all.map(|(name, version, gone)| (format!("user/{name}.md"), version, gone)));
    let plain = memory.list_files(ListFilesRequest::default()).await.unwrap().into_inner().files;
    let plain: Vec<_> = plain.into_iter().map(|file| (file.path, file.version, file.deleted)).collect();
    assert_eq!(plain, listed.into_iter().filter(|(_, _, gone)| !gone).collect::<Vec<_>>());
    stack.finish().await;
}
