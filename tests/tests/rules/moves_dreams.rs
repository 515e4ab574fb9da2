//! What a move, a deletion and a restore mean to dreams.

use memex_proto::reason::Refusal;
use memex_proto::v1::{
    DeleteFileRequest, ErrorReason, ListDreamsRequest, ListRevisionsRequest, RestoreRevisionRequest, RevertDreamRequest,
};
use memex_stack::stack::{Stack, User};
use tests::ask;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::refused;

use super::moves::shift;

const TWICE: &str = "- Ada likes green tea.\n- Ada has two cats.\n- Ada likes green tea.\n";

/// Whether the user waits for a dream, and how many changes count.
async fn armed(stack: &Stack) -> (bool, i64) {
    let dirty = "SELECT count(*) FROM mx_dream_state WHERE dirty AND due_at IS NOT NULL";
    let changes = "SELECT new_changes::bigint FROM mx_scope WHERE kind = 1";
    (ask::number(stack.sql(), dirty, &[]).await == 1, ask::number(stack.sql(), changes, &[]).await)
}

async fn moves(user: &User, path: &str, new_path: &str) {
    user.agent().memory.clone().move_file(shift(path, new_path)).await.unwrap();
}

#[tokio::test]
async fn a_move_makes_the_user_due_where_either_end_counts() {
    for (from, to, due) in [
        ("user/a.md", "user/b.md", true),
        ("user/a.md", "user/log.md", true),
        ("user/log.md", "user/a.md", true),
        ("user/log.md", "user/old.log", false),
    ] {
        let stack = Stack::start().await;
        let ada = stack.user("ada").await;
        let written = i64::from(!from.contains("log"));
        ask::set_key(&stack, "dream_min_changes", &(written + 1).to_string()).await;
        ada.write(from, "- tea\n").await;
        assert_eq!(armed(&stack).await, (false, written), "{from}");
        moves(&ada, from, to).await;
        assert_eq!(armed(&stack).await, (due, written + i64::from(due)), "{from} {to}");
        stack.finish().await;
    }
}

#[tokio::test]
async fn a_deletion_and_a_restore_make_the_user_due() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ask::set_key(&stack, "dream_min_changes", "2").await;
    ada.write("user/a.md", "- tea\n").await;
    assert_eq!(armed(&stack).await, (false, 1));
    let mut agent = stack.agent("ada").await;
    agent.memory.delete_file(DeleteFileRequest { path: "user/a.md".into(), ..Default::default() }).await.unwrap();
    assert_eq!(armed(&stack).await, (true, 2), "a deletion");
    stack.quiet().await;
    stack.worker().poll_once().await.unwrap();
    assert_eq!(armed(&stack).await, (false, 0));
    ask::set_key(&stack, "dream_min_changes", "1").await;
    let revisions = agent.history.list_revisions(ListRevisionsRequest::default()).await.unwrap().into_inner().revisions;
    let first = revisions.last().unwrap().revision_id.clone();
    agent.history.restore_revision(RestoreRevisionRequest { revision_id: first, ..Default::default() }).await.unwrap();
    assert_eq!(armed(&stack).await, (true, 1), "a restore");
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_under_way_is_overtaken_by_a_move_of_either_end() {
    for (from, to, overtaken) in [
        ("user/a.md", "user/b.md", true),
        ("user/a.md", "user/a-log.md", true),
        ("user/log.md", "user/a2.md", true),
        ("user/log.md", "user/old.log", false),
    ] {
        let stack = Stack::start().await;
        let ada = stack.user("ada").await;
        ada.write("user/a.md", TWICE).await;
        ada.write("user/log.md", "- seen\n").await;
        start_dream_of(&stack, "ada").await;
        let dream = claim_one(&worker(&stack, 1).await[0]).await;
        dream.read("user/a.md").await.unwrap();
        moves(&ada, from, to).await;
        let staged = dream.stage("user/a.md", "- Ada likes green tea.\n", 1).await;
        if overtaken {
            assert_eq!(refused(staged), ErrorReason::DreamOvertaken, "{from} {to}");
            assert_eq!(ask::dreams(&stack, "ada").await, ["overtaken 1"]);
        } else {
            assert!(staged.is_ok(), "{staged:?}");
            dream.ends().await;
        }
        stack.finish().await;
    }
}

#[tokio::test]
async fn a_dream_sees_a_moved_file_at_its_new_path_alone() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", TWICE).await;
    moves(&ada, "user/a.md", "user/notes.md").await;
    start_dream_of(&stack, "ada").await;
    let dream = claim_one(&worker(&stack, 1).await[0]).await;
    assert_eq!(refused(dream.read("user/a.md").await), ErrorReason::FileNotFound);
    let seen = dream.read("user/notes.md").await.unwrap();
    assert_eq!((seen.content.as_str(), seen.file.unwrap().version), (TWICE, 2));
    let today = ask::lines(stack.sql(), "SELECT (mx_now() AT TIME ZONE 'UTC')::date::text", &[]).await.remove(0);
    let days: Vec<&str> = seen.origins.iter().map(|line| line.asserted_on.as_str()).collect();
    assert_eq!(days, vec![today.as_str(); 3], "the lines stand since they were written, not since the move");
    assert_eq!(refused(dream.stage("user/a.md", "- x\n", 2).await), ErrorReason::VersionConflict);
    assert_eq!(dream.stage("user/a.md", "- x\n", 0).await.unwrap().version, 1);
    dream.ends().await;
    stack.finish().await;
}

#[tokio::test]
async fn a_revert_does_not_bring_back_a_file_that_was_moved_since() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", TWICE).await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    let dreams = ListDreamsRequest { user_id: "ada".into(), ..ListDreamsRequest::default() };
    let id = stack.operator().dream_admin.list_dreams(dreams).await.unwrap().into_inner().dreams.remove(0).dream_id;
    moves(&ada, "user/a.md", "user/b.md").await;
    let before = ada.files().await;
    let revert = RevertDreamRequest { dream_id: id, ..RevertDreamRequest::default() };
    let status = stack.operator().dream_admin.revert_dream(revert).await.unwrap_err();
    let refusal = Refusal::of(&status).unwrap();
    assert_eq!((refusal.reason, refusal.facts["path"].as_str()), (ErrorReason::VersionConflict, "user/a.md"));
    assert_eq!(ada.files().await, before);
    stack.finish().await;
}

#[tokio::test]
async fn a_moved_file_is_dreamt_at_its_new_path() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", TWICE).await;
    moves(&ada, "user/a.md", "user/b.md").await;
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    assert_eq!(ada.read("user/b.md").await.unwrap().lines().count(), 2, "a duplicate of a moved file is dropped");
    assert_eq!(ada.read("user/a.md").await, None);
    stack.finish().await;
}
