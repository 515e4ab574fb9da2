//! Redacting one revision: its text is nowhere any more, and its record stays.

use memex_proto::v1::restore_revision_request::Precondition as Restore;
use memex_proto::v1::{
    BlameFileRequest, DiffRevisionsRequest, DreamMode, DreamState, ErrorReason, GetChangesetRequest, GetDreamRequest,
    GetRevisionRequest, ListRevisionsRequest, RedactRevisionRequest, RedactRevisionResponse, RestoreRevisionRequest,
    RevertDreamRequest, Revision, StartDreamRequest, WatchChangesRequest, WriteFileRequest, read_file_request::At,
    watch_changes_response::Event,
};
use memex_stack::stack::{Call, Clients, Stack};
use sha2::{Digest as _, Sha256};
use tests::archive::{export, import, into};
use tests::hand::{HeldDream, claim_one, start_dream, worker};
use tests::refused::refused;
use tests::{ask, waiting::ends};
use uuid::Uuid;

/// What is nowhere in the end.
const CANARY: &str = "canary-4711";

fn secret() -> String {
    format!("# Home\n\n\n- Likes tea.\n- The code is {CANARY}.\n")
}

/// The same as a dream tidies it.
fn tidied() -> String {
    secret().replace("\n\n\n", "\n\n")
}

fn write(clients: &Clients, text: &str) -> Call<WriteFileRequest> {
    clients.write("user/a.md", text).overwrite().id(Uuid::new_v4())
}

fn redact(revision_id: &str) -> RedactRevisionRequest {
    RedactRevisionRequest {
        revision_id: revision_id.into(),
        reason: "a door code".into(),
        request_id: Uuid::new_v4().to_string(),
    }
}

async fn redacted(stack: &Stack, revision_id: &str) -> RedactRevisionResponse {
    stack.operator().admin.redact_revision(redact(revision_id)).await.unwrap().into_inner()
}

/// The revisions of the file, oldest first.
async fn revisions(agent: &Clients) -> Vec<Revision> {
    let asked = ListRevisionsRequest { path: "user/a.md".into(), ..ListRevisionsRequest::default() };
    let mut revisions = agent.history.clone().list_revisions(asked).await.unwrap().into_inner().revisions;
    revisions.reverse();
    revisions
}

/// Every row of every table that has a text, or these bytes, in any of its columns.
async fn rows_with(stack: &Stack, text: &str, bytes: &[u8]) -> Vec<String> {
    let (encoded, bytes) = (hex::encode(text), hex::encode(bytes));
    let tables = "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
    let mut rows = Vec::new();
    for table in ask::lines(stack.sql(), tables, &[]).await {
        let found = format!(
            "SELECT '{table}: ' || t::text FROM {table} t
              WHERE strpos(t::text, $1) > 0 OR strpos(t::text, $2) > 0 OR strpos(t::text, $3) > 0"
        );
        rows.extend(ask::lines(stack.sql(), &found, &[text, &encoded, &bytes]).await);
    }
    rows
}

async fn is_nowhere(stack: &Stack) {
    assert_eq!(rows_with(stack, CANARY, &Sha256::digest(secret())).await, Vec::<String>::new());
}

/// Ada's file with the canary, and a dream that has claimed her.
async fn claimed(stack: &Stack, mode: DreamMode) -> (Clients, HeldDream) {
    let ada = stack.agent("ada").await;
    write(&ada, &secret()).with(|write| write.reason = format!("says {CANARY}")).await.unwrap();
    start_dream(stack, StartDreamRequest { user_id: "ada".into(), mode: mode.into(), ..Default::default() }).await;
    let held = claim_one(&worker(stack, 1).await[0]).await;
    (ada, held)
}

async fn changeset_is_emptied(stack: &Stack, dream_id: &str) {
    let asked = GetChangesetRequest { dream_id: dream_id.into() };
    let changeset = stack.operator().dream_admin.get_changeset(asked).await.unwrap().into_inner();
    assert!(changeset.files[0].redacted && changeset.files[0].diff.is_empty(), "{changeset:?}");
    assert_eq!(changeset.files[0].added_lines, 0);
    assert!(!format!("{changeset:?}").contains(CANARY));
}

#[tokio::test]
async fn a_redacted_text_and_its_hash_are_in_no_table_and_in_no_proposal() {
    let stack = Stack::start().await;
    let (ada, held) = claimed(&stack, DreamMode::Review).await;
    held.stage("user/a.md", &tidied(), 1).await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    write(&ada, "- Likes milk.\n").await.unwrap();
    let first = revisions(&ada).await.remove(0);
    assert!(rows_with(&stack, CANARY, &first.sha256).await.len() > 1, "the search finds nothing");

    let answer = redacted(&stack, &first.revision_id).await;
    let dream_id = held.assignment.dream_id.clone();
    // The write of the current text has ended the proposal before.
    assert_eq!((answer.changed, answer.still_contained.len(), answer.ended_dream_ids.len()), (true, 0, 0));
    is_nowhere(&stack).await;
    changeset_is_emptied(&stack, &dream_id).await;
    let dream = stack.operator().dream_admin.get_dream(GetDreamRequest { dream_id }).await.unwrap().into_inner().dream;
    assert_eq!(dream.unwrap().state(), DreamState::Stale);
    let waiting = "SELECT count(*) FROM mx_dream_state WHERE proposal IS NOT NULL";
    assert_eq!(ask::number(stack.sql(), waiting, &[]).await, 0);
    let row = "SELECT count(*) FROM mx_access_log WHERE operation = 61 AND outcome = 1 AND path = 'user/a.md'";
    assert_eq!(ask::number(stack.sql(), row, &[]).await, 1);
    stack.finish().await;
}

#[tokio::test]
async fn a_user_whose_proposal_a_redaction_ended_is_dreamt_for_again() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    for text in [secret(), "- Likes tea.\n- Likes tea.\n".into()] {
        write(&ada, &text).await.unwrap();
    }
    let mode = DreamMode::Review.into();
    start_dream(&stack, StartDreamRequest { user_id: "ada".into(), mode, ..Default::default() }).await;
    let held = claim_one(&worker(&stack, 1).await[0]).await;
    held.stage("user/b.md", &secret(), 0).await.unwrap();
    assert_eq!(held.ends().await, DreamState::Proposed);
    let watermark = "SELECT watermark FROM mx_dream_state";
    assert_eq!(ask::number(stack.sql(), watermark, &[]).await, 2);
    let first = revisions(&ada).await.remove(0);
    assert_eq!(
        redacted(&stack, &first.revision_id).await.ended_dream_ids,
        std::slice::from_ref(&held.assignment.dream_id)
    );
    assert_eq!(ask::number(stack.sql(), watermark, &[]).await, 0, "as it was before the proposal");
    stack.quiet().await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    stack.finish().await;
}

#[tokio::test]
async fn the_record_stays_and_every_call_says_that_the_text_is_gone() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    for text in [secret(), "- Likes tea.\n".into(), "- Likes milk.\n".into()] {
        write(&ada, &text).with(|write| write.reason = "quoted".into()).await.unwrap();
    }
    let before = revisions(&ada).await.remove(0);
    redacted(&stack, &before.revision_id).await;
    let after = revisions(&ada).await.remove(0);
    let expected =
        Revision { redacted: true, size_bytes: 0, sha256: vec![], reason: "a door code".into(), ..before.clone() };
    assert_eq!(after, expected);
    let watch = WatchChangesRequest { from_beginning: true, ..Default::default() };
    let mut events = ada.history.clone().watch_changes(watch).await.unwrap().into_inner();
    let told = loop {
        let message = ends("the next event", events.message()).await.unwrap().unwrap();
        if let Some(Event::Change(change)) = message.event {
            break change.revision;
        }
    };
    assert_eq!(told, Some(expected));

    let gone = ErrorReason::RevisionRedacted;
    let revision_id = before.revision_id.clone();
    let mut history = ada.history.clone();
    assert_eq!(
        refused(
            history.get_revision(GetRevisionRequest { revision_id: revision_id.clone(), ..Default::default() }).await
        ),
        gone
    );
    for (from_version, to_version) in [(1, 3), (0, 2), (2, 1), (0, 1)] {
        let asked = DiffRevisionsRequest { path: "user/a.md".into(), from_version, to_version, ..Default::default() };
        assert_eq!(refused(history.diff_revisions(asked).await), gone, "{from_version} to {to_version}");
    }
    let blame = BlameFileRequest { path: "user/a.md".into(), version: 1, ..Default::default() };
    assert_eq!(refused(history.blame_file(blame).await), gone);
    for at in [At::Version(1), At::AtTime(before.created_at.unwrap())] {
        assert_eq!(refused(ada.read("user/a.md").with(|read| read.at = Some(at)).await), gone);
    }
    for request_id in [String::new(), Uuid::new_v4().to_string()] {
        let precondition = Some(Restore::Overwrite(true));
        let asked =
            RestoreRevisionRequest { revision_id: revision_id.clone(), precondition, request_id, ..Default::default() };
        assert_eq!(refused(history.restore_revision(asked).await), gone);
    }
    let row = "SELECT count(*) FROM mx_access_log WHERE operation = 14 AND outcome = 2 AND reason = $1::int";
    assert_eq!(ask::number(stack.sql(), row, &[&(gone as i32).to_string()]).await, 2, "a refused restore has its row");
    assert_eq!(ask::revisions(&stack, "ada").await, 3);
    stack.finish().await;
}

#[tokio::test]
async fn what_still_contains_the_text_is_listed_until_redacted() {
    let stack = Stack::start().await;
    let (ada, held) = claimed(&stack, DreamMode::Apply).await;
    held.stage("user/a.md", &tidied(), 1).await.unwrap();
    assert_eq!(held.ends().await, DreamState::Applied);
    let dream_id = held.assignment.dream_id.clone();
    let undo = RevertDreamRequest {
        dream_id: dream_id.clone(),
        reason: format!("not {CANARY}"),
        request_id: Uuid::new_v4().to_string(),
        ..RevertDreamRequest::default()
    };
    let undone = stack.operator().dream_admin.revert_dream(undo.clone()).await.unwrap().into_inner();
    write(&ada, "- The code is secret.\n").await.unwrap();
    let made = revisions(&ada).await;
    let ids: Vec<&str> = made.iter().map(|revision| revision.revision_id.as_str()).collect();
    let contained = |answer: &RedactRevisionResponse| {
        answer.still_contained.iter().map(|revision| revision.revision_id.clone()).collect::<Vec<_>>()
    };
    let first = redact(ids[0]);
    let mut admin = stack.operator().admin;
    let answer = admin.redact_revision(first.clone()).await.unwrap().into_inner();
    assert_eq!(contained(&answer), [ids[2], ids[1]], "the newest first, and not the clean head");
    assert_eq!(contained(&redacted(&stack, ids[1]).await), [ids[2]]);
    assert!(!rows_with(&stack, CANARY, &made[0].sha256).await.is_empty(), "the third still has it");
    assert_eq!(contained(&redacted(&stack, ids[2]).await), [""; 0]);
    is_nowhere(&stack).await;
    changeset_is_emptied(&stack, &dream_id).await;

    let again = admin.redact_revision(first).await.unwrap().into_inner();
    assert!(again.changed && again.still_contained[0].redacted, "{again:?}");
    let again = stack.operator().dream_admin.revert_dream(undo).await.unwrap().into_inner();
    assert_eq!(again.dream, undone.dream);
    assert!(again.revisions[0].redacted && again.revisions[0].sha256.is_empty(), "{again:?}");
    stack.finish().await;
}

#[tokio::test]
async fn what_a_dream_said_of_a_redacted_revision_is_emptied_in_archives_too() {
    let stack = Stack::start().await;
    let (ada, held) = claimed(&stack, DreamMode::Apply).await;
    held.stage("user/a.md", &tidied(), 1).await.unwrap();
    assert_eq!(held.ends().await, DreamState::Applied);
    for said in ["UPDATE mx_dream SET summary = $1", "UPDATE mx_dream_op SET reason = $1"] {
        ask::change(stack.sql(), said, &[&format!("keeps {CANARY}")]).await;
    }
    write(&ada, "- Likes milk.\n").await.unwrap();
    let archive = export(&stack.operator(), "ada").await;
    import(&stack.operator(), into("grace"), &archive).await.unwrap();
    let brought = async || {
        let rows = rows_with(&stack, CANARY, &[0; 32]).await;
        rows.into_iter().filter(|row| row.starts_with("mx_imported")).count()
    };
    assert_eq!(brought().await, 2, "a dream and an op");
    for agent in [&stack.agent("grace").await, &ada] {
        for revision in &revisions(agent).await[..2] {
            redacted(&stack, &revision.revision_id).await;
        }
    }
    is_nowhere(&stack).await;
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_over_a_redacted_text_is_not_reverted() {
    let stack = Stack::start().await;
    let (ada, held) = claimed(&stack, DreamMode::Apply).await;
    held.stage("user/a.md", &tidied(), 1).await.unwrap();
    assert_eq!(held.ends().await, DreamState::Applied);
    let made = revisions(&ada).await;
    let answer = redacted(&stack, &made[0].revision_id).await;
    assert_eq!(answer.still_contained, [made[1].clone()], "the head is told of");
    let undo = RevertDreamRequest { dream_id: held.assignment.dream_id.clone(), ..Default::default() };
    let refusal = stack.operator().dream_admin.revert_dream(undo).await;
    assert_eq!(refused(refusal), ErrorReason::RevisionRedacted);
    assert_eq!(ask::revisions(&stack, "ada").await, 3, "the write, the dream's and its line in the log");
    changeset_is_emptied(&stack, &held.assignment.dream_id).await;
    stack.finish().await;
}

#[tokio::test]
async fn a_running_dream_that_may_have_read_it_is_overtaken_and_emptied() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    write(&ada, &secret()).await.unwrap();
    write(&ada, &format!("- {CANARY}\n")).await.unwrap();
    write(&ada, "- Likes tea.\n").await.unwrap();
    start_dream(&stack, StartDreamRequest { user_id: "ada".into(), ..Default::default() }).await;
    let held = claim_one(&worker(&stack, 1).await[0]).await;
    held.stage("user/b.md", &format!("- It was {CANARY}.\n"), 0).await.unwrap();
    let made = revisions(&ada).await;
    let mut ended = Vec::new();
    for revision in &made[..2] {
        ended.extend(redacted(&stack, &revision.revision_id).await.ended_dream_ids);
    }
    assert_eq!(ended, std::slice::from_ref(&held.assignment.dream_id));
    is_nowhere(&stack).await;
    assert_eq!(refused(held.stage("user/c.md", CANARY, 0).await), ErrorReason::LeaseLost);
    assert_eq!(ask::dreams(&stack, "ada").await, ["overtaken 1"]);
    stack.finish().await;
}

#[tokio::test]
async fn a_head_a_deletion_and_what_is_not_an_operators_to_empty_is_refused() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    write(&ada, &secret()).await.unwrap();
    let first = revisions(&ada).await.remove(0).revision_id;
    let mut admin = stack.operator().admin;
    assert_eq!(refused(admin.redact_revision(redact(&first)).await), ErrorReason::RevisionIsHead);
    let delete = memex_proto::v1::DeleteFileRequest { path: "user/a.md".into(), ..Default::default() };
    let deleted = ada.memory.clone().delete_file(delete).await.unwrap().into_inner().revision_id;
    assert_eq!(refused(admin.redact_revision(redact(&deleted)).await), ErrorReason::FieldInvalid);
    let none = RedactRevisionRequest { reason: "a\nb".into(), ..redact(&first) };
    assert_eq!(refused(admin.redact_revision(none).await), ErrorReason::FieldInvalid);
    assert_eq!(refused(ada.admin.clone().redact_revision(redact(&first)).await), ErrorReason::RoleRequired);
    assert!(!rows_with(&stack, CANARY, &[0; 32]).await.is_empty());
    assert!(admin.redact_revision(redact(&first)).await.unwrap().into_inner().changed, "a deleted file's last text");
    is_nowhere(&stack).await;
    stack.finish().await;
}

#[tokio::test]
async fn a_repeat_has_the_first_answer_and_never_brings_the_text_back() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let (secret_write, clean) = (write(&ada, &secret()), write(&ada, "- Likes tea.\n"));
    secret_write.clone().await.unwrap();
    clean.clone().await.unwrap();
    let first = revisions(&ada).await.remove(0).revision_id;
    let restore = RestoreRevisionRequest {
        revision_id: first.clone(),
        precondition: Some(Restore::Overwrite(true)),
        request_id: Uuid::new_v4().to_string(),
        ..Default::default()
    };
    let restored = ada.history.clone().restore_revision(restore.clone()).await.unwrap().into_inner();
    write(&ada, "- Likes milk.\n").await.unwrap();

    let asked = redact(&first);
    let answers = futures::future::join_all((0..5).map(|_| {
        let (mut admin, asked) = (stack.operator().admin, asked.clone());
        async move { admin.redact_revision(asked).await.unwrap().into_inner() }
    }));
    let answers = answers.await;
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.changed), "{answers:?}");
    let other = RedactRevisionRequest { reason: "other".into(), ..asked };
    assert_eq!(refused(stack.operator().admin.redact_revision(other).await), ErrorReason::RequestIdReused);
    assert_eq!(redacted(&stack, &first).await, RedactRevisionResponse::default(), "it was redacted already");

    let again = ada.history.clone().restore_revision(restore).await.unwrap().into_inner();
    assert_eq!(again, restored, "the request is looked for before the text");
    assert_eq!(refused(secret_write.await), ErrorReason::RequestIdReused);
    assert!(clean.await.unwrap().changed, "others are as they were");
    assert_eq!(ask::revisions(&stack, "ada").await, 4);
    stack.finish().await;
}
