//! Comparing versions, and who brought which line.

use memex_proto::v1::{BlameFileRequest, BlameLine, DiffRevisionsRequest, DiffRevisionsResponse, ErrorReason, Source};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::refused::refused;

const TEXTS: [&str; 3] = ["a\nb\nc\n", "a\nB\nc\n", "a\nB\nc\nd"];

async fn written(stack: &Stack) -> Clients {
    let ada = stack.agent("ada").await;
    for (text, source) in TEXTS.into_iter().zip([Source::User, Source::Agent, Source::Web]) {
        ada.write("user/a.md", text).overwrite().source(source).await.unwrap();
    }
    ada
}

fn diff(from: i64, to: i64) -> DiffRevisionsRequest {
    DiffRevisionsRequest { path: "user/a.md".into(), from_version: from, to_version: to, ..Default::default() }
}

async fn compared(ada: &Clients, request: DiffRevisionsRequest) -> DiffRevisionsResponse {
    ada.history.clone().diff_revisions(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn a_diff_shows_what_came_and_went_between_two_versions() {
    let stack = Stack::start().await;
    let ada = written(&stack).await;
    let last = compared(&ada, diff(0, 0)).await;
    let expected = "--- user/a.md@2\n+++ user/a.md@3\n@@ -1,3 +1,4 @@\n a\n B\n c\n+d\n\\ No newline at end of file\n";
    assert_eq!(last.diff, expected);
    assert_eq!((last.added_lines, last.deleted_lines), (1, 0));
    assert_eq!((last.from.unwrap().version, last.to.unwrap().version), (2, 3));
    let all = compared(&ada, DiffRevisionsRequest { context_lines: Some(0), ..diff(1, 3) }).await;
    assert_eq!((all.added_lines, all.deleted_lines), (2, 1));
    assert!(all.diff.contains("@@ -2 +2 @@\n-b\n+B\n") && !all.diff.contains(" a\n"), "{}", all.diff);
    let back = compared(&ada, diff(3, 1)).await;
    assert_eq!((back.added_lines, back.deleted_lines), (1, 2));
    let first = compared(&ada, diff(0, 1)).await;
    assert_eq!((first.from, first.added_lines), (None, 3));
    assert!(first.diff.starts_with("--- /dev/null\n+++ user/a.md@1\n"), "{}", first.diff);
    assert_eq!(compared(&ada, diff(2, 2)).await.diff, "");
    stack.finish().await;
}

#[tokio::test]
async fn versions_that_cannot_be_compared_are_refused() {
    let stack = Stack::start().await;
    let ada = written(&stack).await;
    let mut history = ada.history.clone();
    for (request, reason) in [
        (diff(0, 4), ErrorReason::RevisionNotFound),
        (diff(4, 0), ErrorReason::RevisionNotFound),
        (diff(-1, 0), ErrorReason::FieldInvalid),
        (diff(0, -1), ErrorReason::FieldInvalid),
        (DiffRevisionsRequest { context_lines: Some(1001), ..diff(0, 0) }, ErrorReason::FieldInvalid),
        (DiffRevisionsRequest { path: "user/none.md".into(), ..diff(0, 0) }, ErrorReason::FileNotFound),
        (DiffRevisionsRequest { user_id: "bob".into(), ..diff(0, 0) }, ErrorReason::WrongUser),
    ] {
        assert_eq!(refused(history.diff_revisions(request.clone()).await), reason, "{request:?}");
    }
    ask::change(stack.sql(), "UPDATE mx_revision SET text = NULL, redacted = true WHERE version = 2", &[]).await;
    assert_eq!(refused(history.diff_revisions(diff(0, 0)).await), ErrorReason::RevisionRedacted);
    let log = "SELECT count(*) FROM mx_access_log WHERE operation = 22 AND outcome = 2";
    assert_eq!(ask::number(stack.sql(), log, &[]).await, 8);
    stack.abandon().await;
}

async fn blamed(ada: &Clients, version: i64) -> Vec<BlameLine> {
    let request = BlameFileRequest { path: "user/a.md".into(), version, ..Default::default() };
    ada.history.clone().blame_file(request).await.unwrap().into_inner().lines
}

#[tokio::test]
async fn each_line_is_blamed_on_the_revision_that_brought_it() {
    let stack = Stack::start().await;
    let ada = written(&stack).await;
    let seen = |lines: &[BlameLine]| {
        let seen = lines.iter().map(|line| (line.number, line.text.clone(), line.version, line.source()));
        seen.collect::<Vec<_>>()
    };
    let line = |number, text: &str, version, source| (number, text.to_owned(), version, source);
    let lines = blamed(&ada, 0).await;
    let (a, c) = (line(1, "a", 1, Source::User), line(3, "c", 1, Source::User));
    assert_eq!(seen(&lines), [a.clone(), line(2, "B", 2, Source::Agent), c.clone(), line(4, "d", 3, Source::Web)]);
    assert!(lines.iter().all(|line| line.revision_id.starts_with("rev_") && line.actor == "agent"));
    assert_eq!(seen(&blamed(&ada, 1).await), [a.clone(), line(2, "b", 1, Source::User), c.clone()]);
    ask::change(stack.sql(), "UPDATE mx_revision SET text = NULL, redacted = true WHERE version = 2", &[]).await;
    let skipped = [a, line(2, "B", 3, Source::Web), c, line(4, "d", 3, Source::Web)];
    assert_eq!(seen(&blamed(&ada, 0).await), skipped, "what a redacted revision brought is the next one's");
    let request = BlameFileRequest { path: "user/a.md".into(), version: 2, ..Default::default() };
    assert_eq!(refused(ada.history.clone().blame_file(request).await), ErrorReason::RevisionRedacted);
    stack.abandon().await;
}

#[tokio::test]
async fn a_long_history_is_followed_from_its_beginning() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    let mut text = String::new();
    for number in 1..=40 {
        text.push_str(&format!("line {number}\n"));
        ada.write("user/a.md", &text).overwrite().await.unwrap();
    }
    let lines = blamed(&ada, 0).await;
    assert_eq!(lines.len(), 40);
    assert!(lines.iter().all(|line| line.version == i64::from(line.number)), "{lines:?}");
    stack.finish().await;
}
