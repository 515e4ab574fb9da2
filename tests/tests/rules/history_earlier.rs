//! Reading what was.

use std::time::Duration;

use memex_proto::v1::read_file_request::At;
use memex_proto::v1::{
    ErrorReason, GetRevisionRequest, ListRevisionsRequest, MoveFileRequest, ReadFileRequest, Revision,
};
use memex_stack::stack::{Call, Clients, Stack};
use prost_types::Timestamp;
use tests::ask;
use tests::refused::refused;

fn at_time(clients: &Clients, path: &str, time: Timestamp) -> Call<ReadFileRequest> {
    clients.read(path).with(|read| read.at = Some(At::AtTime(time)))
}

async fn revisions(clients: &Clients, path: &str) -> Vec<Revision> {
    let request = ListRevisionsRequest { path: path.into(), ..Default::default() };
    clients.history.clone().list_revisions(request).await.unwrap().into_inner().revisions
}

/// A file that was at `user/old.md` for two versions and is at `user/new.md` from version 3 on.
async fn moved(stack: &Stack, ada: &Clients) {
    for text in ["one", "two"] {
        ada.write("user/old.md", text).overwrite().await.unwrap();
        stack.advance(Duration::from_secs(60)).await;
    }
    let request = MoveFileRequest { path: "user/old.md".into(), new_path: "user/new.md".into(), ..Default::default() };
    ada.memory.clone().move_file(request).await.unwrap();
}

#[tokio::test]
async fn a_version_is_read_as_it_was_and_each_read_is_logged_with_it() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    for text in ["one", "two"] {
        ada.write("user/a.md", text).overwrite().await.unwrap();
    }
    for (version, text) in [(1, "one"), (2, "two")] {
        let file = ada.read("user/a.md").at(version).await.unwrap();
        let head = file.file.unwrap();
        assert_eq!((file.content.as_str(), head.version, head.size_bytes), (text, version, 3));
        assert_eq!(head.updated_by, "agent");
    }
    for (path, version, reason) in [
        ("user/a.md", 3, ErrorReason::RevisionNotFound),
        ("user/none.md", 1, ErrorReason::RevisionNotFound),
        ("user/a.md", 0, ErrorReason::FieldInvalid),
        ("user/a.md", -1, ErrorReason::FieldInvalid),
    ] {
        assert_eq!(refused(ada.read(path).at(version).await), reason, "{path} {version}");
    }
    let log = "SELECT format('%s %s %s', file_version, outcome, reason) FROM mx_access_log WHERE operation = 2 ORDER BY entry_id";
    assert_eq!(ask::lines(stack.sql(), log, &[]).await, ["1 1 0", "2 1 0", "0 2 9", "0 2 9", "0 2 3", "0 2 3"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_time_gives_what_stood_there_then() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    for text in ["one", "two"] {
        ada.write("user/a.md", text).overwrite().await.unwrap();
        stack.advance(Duration::from_secs(60)).await;
    }
    let times: Vec<_> = revisions(&ada, "user/a.md").await.into_iter().map(|one| one.created_at.unwrap()).collect();
    for (time, text) in [(times[1], "one"), (times[0], "two")] {
        let answer = at_time(&ada, "user/a.md", time).await.unwrap();
        assert_eq!((answer.content.as_str(), answer.file.unwrap().updated_at), (text, Some(time)));
    }
    let mut before = times[1];
    before.seconds -= 1;
    let early = at_time(&ada, "user/a.md", before).await;
    assert_eq!(refused(early), ErrorReason::FileNotFound);
    stack.finish().await;
}

#[tokio::test]
async fn a_moved_file_keeps_its_versions_and_leaves_nothing_behind() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    moved(&stack, &ada).await;
    let listed = revisions(&ada, "user/new.md").await;
    let seen: Vec<_> = listed.iter().map(|one| (one.version, one.path.as_str(), one.moved_from.as_str())).collect();
    assert_eq!(seen, [(3, "user/new.md", "user/old.md"), (2, "user/old.md", ""), (1, "user/old.md", "")]);
    for (path, version, text) in [("user/new.md", 1, "one"), ("user/old.md", 2, "two"), ("user/new.md", 3, "two")] {
        assert_eq!(ada.read(path).at(version).await.unwrap().content, text, "{path} {version}");
    }
    let gone = ada.read("user/old.md").at(3).await;
    assert_eq!(refused(gone), ErrorReason::RevisionNotFound);
    let (after, before) = (listed[0].created_at.unwrap(), listed[1].created_at.unwrap());
    for (path, time, there) in [
        ("user/old.md", before, true),
        ("user/old.md", after, false),
        ("user/new.md", before, false),
        ("user/new.md", after, true),
    ] {
        assert_eq!(at_time(&ada, path, time).await.is_ok(), there, "{path} {time}");
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_deleted_version_is_no_file_and_a_redacted_one_says_so() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    for text in ["one", "two", "three"] {
        ada.write("user/a.md", text).overwrite().await.unwrap();
    }
    ask::change(stack.sql(), "UPDATE mx_revision SET text = NULL, redacted = true WHERE version = 1", &[]).await;
    ask::change(stack.sql(), "UPDATE mx_revision SET text = NULL, operation = 12 WHERE version = 2", &[]).await;
    let listed = revisions(&ada, "user/a.md").await;
    assert!(listed[2].redacted && listed[2].sha256.is_empty() && listed[2].size_bytes == 0, "{:?}", listed[2]);
    assert!(!listed[0].redacted && !listed[0].sha256.is_empty());
    for (version, reason) in [(1, ErrorReason::RevisionRedacted), (2, ErrorReason::FileNotFound)] {
        assert_eq!(refused(ada.read("user/a.md").at(version).await), reason);
    }
    let id = GetRevisionRequest { revision_id: listed[2].revision_id.clone(), ..Default::default() };
    assert_eq!(refused(ada.history.clone().get_revision(id).await), ErrorReason::RevisionRedacted);
    let refusals = "SELECT count(*) FROM mx_access_log WHERE outcome = 2 AND reason = 26";
    assert_eq!(ask::number(stack.sql(), refusals, &[]).await, 2);
    stack.abandon().await;
}

#[tokio::test]
async fn an_imported_revision_tells_its_origin() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "one").overwrite().await.unwrap();
    assert_eq!(revisions(&ada, "user/a.md").await[0].imported, None);
    let origin = "UPDATE mx_revision SET imported_actor = 'bob', imported_dream = 'drm_there'";
    ask::change(stack.sql(), origin, &[]).await;
    let imported = revisions(&ada, "user/a.md").await.remove(0).imported.unwrap();
    assert_eq!((imported.actor.as_str(), imported.dream_id.as_str()), ("bob", "drm_there"));
    stack.finish().await;
}
