//! Which line stands for each that a dream drops, and which pairs it leaves to a person.

use memex_proto::v1::{
    ErrorReason, FinishDreamRequest, FinishOutcome, GetChangesetRequest, GetChangesetResponse, LineRange, LinesAt,
    ListRevisionsRequest, ProbablePair, QuotedLines, RedactRevisionRequest, Source,
};
use memex_stack::stack::Stack;
use tests::hand::{claim_one, start_dream_of};
use tests::refused::refused;

const PROFILE: &str = "# Ada\n\n- Ada has two cats.\n- Ada likes green tea.\n";
const SESSION: &str = "# Session 2026-11-03\n\n- FYI, Ada likes green tea\n- Ada went to Rome.\n";

async fn changeset(stack: &Stack, dream_id: &str) -> GetChangesetResponse {
    let request = GetChangesetRequest { dream_id: dream_id.to_owned() };
    stack.operator().dream_admin.get_changeset(request).await.unwrap().into_inner()
}

fn told(quoted: Option<&QuotedLines>) -> (&str, i64, Option<(i32, i32)>, &str) {
    let quoted = quoted.unwrap();
    let lines = quoted.lines.map(|lines| (lines.first, lines.last));
    (&quoted.path, quoted.version, lines, &quoted.text)
}

fn at(path: &str, version: i64, line: i32) -> Option<LinesAt> {
    Some(LinesAt { path: path.into(), version, lines: Some(LineRange { first: line, last: line }) })
}

async fn redact(stack: &Stack, path: &str, version: i64) {
    let list = ListRevisionsRequest { user_id: "ada".into(), path: path.into(), ..ListRevisionsRequest::default() };
    let revisions = stack.operator().history.list_revisions(list).await.unwrap().into_inner().revisions;
    let revision = revisions.into_iter().find(|revision| revision.version == version).unwrap();
    let request = RedactRevisionRequest { revision_id: revision.revision_id, ..RedactRevisionRequest::default() };
    stack.operator().admin.redact_revision(request).await.unwrap();
}

#[tokio::test]
async fn each_dropped_line_is_told_with_its_kept_line_until_one_is_redacted() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/profile.md", PROFILE).await;
    ada.write("user/sessions/s1.md", SESSION).await;
    let dream = start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    let lines = changeset(&stack, &dream.dream_id).await.dropped_lines;
    assert_eq!(lines.len(), 1, "{lines:?}");
    let session = ("user/sessions/s1.md", 1, Some((3, 3)), "- FYI, Ada likes green tea");
    let profile = ("user/profile.md", 1, Some((4, 4)), "- Ada likes green tea.");
    assert_eq!((told(lines[0].dropped.as_ref()), told(lines[0].kept.as_ref())), (session, profile));
    assert_eq!((lines[0].op, lines[0].redacted), (1, false));
    // The line that went is gone from its file, and told from the revision before the dream, until that is redacted.
    redact(&stack, "user/sessions/s1.md", 1).await;
    let lines = changeset(&stack, &dream.dream_id).await.dropped_lines;
    assert!(lines[0].redacted, "{lines:?}");
    assert_eq!(told(lines[0].dropped.as_ref()), (session.0, session.1, session.2, ""));
    assert_eq!(told(lines[0].kept.as_ref()), (profile.0, profile.1, profile.2, ""), "one tells of the other");
    stack.finish().await;
}

#[tokio::test]
async fn the_builtin_curator_counts_and_lists_what_is_only_probably_the_same() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/profile.md", PROFILE).await;
    ada.write("user/sessions/s1.md", "# Trip to Rome\n\n- Ada likes green tea.\n- Ada went to Rome.\n").await;
    let dream = start_dream_of(&stack, "ada").await;
    assert_eq!(stack.worker().poll_once().await.unwrap(), 1);
    let before = ada.read("user/sessions/s1.md").await;
    let told = changeset(&stack, &dream.dream_id).await;
    assert_eq!(told.dream.as_ref().unwrap().probable_pairs, 1, "{told:?}");
    let pair = &told.probable_lines[0];
    let texts = [&pair.dropped, &pair.kept].map(|quoted| quoted.as_ref().unwrap().text.clone());
    assert!(pair.stands && texts.iter().all(|text| text == "- Ada likes green tea."), "{pair:?}");
    assert_eq!(ada.read("user/sessions/s1.md").await, before, "nothing of it was adopted");
    stack.finish().await;
}

#[tokio::test]
async fn a_probable_pair_is_told_where_it_stands_until_a_line_of_it_changed() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    for path in ["user/a.md", "user/b.md"] {
        ada.write(path, "- one\n- two\n").await;
    }
    start_dream_of(&stack, "ada").await;
    let dream = claim_one(&stack.worker_channel()).await;
    let pairs = vec![
        ProbablePair { dropped: at("user/a.md", 1, 2), kept: at("user/b.md", 1, 2) },
        ProbablePair { dropped: at("user/a.md", 7, 2), kept: at("user/b.md", 1, 2) },
        ProbablePair { dropped: at("user/a.md", 1, 2), kept: at("user/none.md", 1, 2) },
    ];
    let end = FinishDreamRequest {
        outcome: FinishOutcome::Complete.into(),
        probable_count: 9,
        probable_pairs: pairs,
        ..FinishDreamRequest::default()
    };
    let foreign = ProbablePair { dropped: at("user/a.md", 1, 2), kept: at("shared/company.md", 1, 2) };
    let refused_end = FinishDreamRequest { probable_pairs: vec![foreign], ..end.clone() };
    assert_eq!(refused(dream.finish_with(refused_end).await), ErrorReason::FieldInvalid);
    dream.finish_with(end).await.unwrap();
    let id = dream.assignment.dream_id.clone();
    let listed = changeset(&stack, &id).await;
    assert_eq!((listed.dream.unwrap().probable_pairs, listed.probable_lines.len()), (9, 1), "only of its own files");
    let overwrite = |text| ada.agent().write("user/a.md", text).overwrite().source(Source::User);
    overwrite("- new\n- one\n- two\n").await.unwrap();
    let pair = changeset(&stack, &id).await.probable_lines.remove(0);
    assert_eq!(told(pair.dropped.as_ref()), ("user/a.md", 2, Some((3, 3)), "- two"));
    assert_eq!((told(pair.kept.as_ref()), pair.stands), (("user/b.md", 1, Some((2, 2)), "- two"), true));
    overwrite("- new\n- one\n- 2\n").await.unwrap();
    let pair = changeset(&stack, &id).await.probable_lines.remove(0);
    assert_eq!(told(pair.dropped.as_ref()), ("user/a.md", 1, Some((2, 2)), ""));
    assert_eq!((told(pair.kept.as_ref()), pair.stands), (("user/b.md", 1, Some((2, 2)), ""), false));
    redact(&stack, "user/a.md", 1).await;
    assert!(changeset(&stack, &id).await.probable_lines.is_empty(), "the other line tells of the redacted one");
    stack.finish().await;
}
