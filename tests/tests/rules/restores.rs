//! Who may restore what, and what a restored or recreated file is.

use memex_core::ids::RevisionId;
use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::{
    DeleteFileRequest, DreamState, ErrorReason, ListRevisionsRequest, RestoreRevisionRequest, Revision, Source,
};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::messy;
use tests::refused::{bytes, reason, refused};

fn restore(revision_id: &str) -> RestoreRevisionRequest {
    RestoreRevisionRequest {
        revision_id: revision_id.into(),
        precondition: Some(Precondition::Overwrite(true)),
        ..RestoreRevisionRequest::default()
    }
}

/// The revisions of a path, oldest first.
async fn revisions(clients: &Clients, user: &str, path: &str) -> Vec<Revision> {
    let request = ListRevisionsRequest { user_id: user.into(), path: path.into(), ..Default::default() };
    let mut all = clients.history.clone().list_revisions(request).await.unwrap().into_inner().revisions;
    all.reverse();
    all
}

#[tokio::test]
async fn what_is_shared_is_restored_by_an_operator_alone() {
    let stack = Stack::start().await;
    let mut operator = stack.operator();
    operator.write("shared/a.md", "one").await.unwrap();
    operator.write("shared/a.md", "two").overwrite().await.unwrap();
    let first = revisions(&operator, "", "shared/a.md").await.remove(0).revision_id;
    for clients in [stack.agent("ada").await, stack.backend().await] {
        let answer = clients.history.clone().restore_revision(restore(&first)).await;
        assert_eq!(refused(answer), ErrorReason::ReadOnlyScope);
    }
    let auditor = stack.auditor().await.history.restore_revision(restore(&first)).await;
    assert_eq!(refused(auditor), ErrorReason::RoleRequired);
    assert_eq!(operator.history.restore_revision(restore(&first)).await.unwrap().into_inner().file.unwrap().version, 3);
    stack.finish().await;
}

#[tokio::test]
async fn nobody_restores_the_dream_log() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    messy::write(&ada).await;
    start_dream_of(&stack, "ada").await;
    let dream = claim_one(&worker(&stack, 1).await[0]).await;
    dream.clean().await.unwrap();
    assert_eq!(dream.ends().await, DreamState::Applied);
    let log = revisions(ada.agent(), "", "user/dream-log.md").await.remove(0).revision_id;
    for clients in [ada.agent().clone(), stack.backend().await, stack.operator()] {
        let answer = clients.history.clone().restore_revision(restore(&log)).await;
        assert_eq!(refused(answer), ErrorReason::ExcludedPath);
    }
    stack.finish().await;
}

#[tokio::test]
async fn a_restored_text_keeps_its_source() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for (text, source) in [("one", Source::User), ("two", Source::Web), ("three", Source::Agent)] {
        ada.agent().write("user/a.md", text).overwrite().source(source).await.unwrap();
    }
    let made = revisions(ada.agent(), "", "user/a.md").await;
    for revision in &made[..2] {
        ada.agent().history.clone().restore_revision(restore(&revision.revision_id)).await.unwrap();
    }
    let sources: Vec<_> =
        revisions(ada.agent(), "", "user/a.md").await.iter().skip(3).map(|revision| revision.source()).collect();
    assert_eq!(sources, [Source::User, Source::Web]);
    stack.finish().await;
}

#[tokio::test]
async fn what_is_written_or_restored_after_a_deletion_is_another_file() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let mut agent = ada.agent().clone();
    ada.write("user/a.md", "one").await;
    let gone = DeleteFileRequest { path: "user/a.md".into(), ..DeleteFileRequest::default() };
    agent.memory.delete_file(gone.clone()).await.unwrap();
    ada.write("user/a.md", "two").await;
    agent.memory.delete_file(gone).await.unwrap();
    let first = revisions(&agent, "", "user/a.md").await.remove(0).revision_id;
    agent.history.restore_revision(restore(&first)).await.unwrap();
    let ids = ask::lines(stack.sql(), "SELECT file_id::text FROM mx_revision ORDER BY sequence", &[]).await;
    assert!(ids[0] == ids[1] && ids[2] == ids[3], "{ids:?}");
    assert!(ids[0] != ids[2] && ids[2] != ids[4] && ids[0] != ids[4], "{ids:?}");
    stack.finish().await;
}

#[tokio::test]
async fn a_foreign_revision_is_refused_in_the_same_bytes_whether_it_exists_or_not() {
    let stack = Stack::start().await;
    let bob = stack.user("bob").await;
    bob.write("user/a.md", "one").await;
    let there = revisions(bob.agent(), "", "user/a.md").await.remove(0).revision_id;
    let RevisionId { scope, .. } = there.parse().unwrap();
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "one").await;
    let mut answers = Vec::new();
    for id in
        [there, RevisionId { scope, sequence: 999 }.to_string(), RevisionId { scope: 9_999, sequence: 1 }.to_string()]
    {
        let status = ada.agent().history.clone().restore_revision(restore(&id)).await.unwrap_err();
        assert_eq!(reason(&status), ErrorReason::WrongUser);
        answers.push(bytes(&status));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    stack.finish().await;
}
