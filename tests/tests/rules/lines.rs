//! A line is one thing to every call: it ends with `\n`, and no other character that some reader of text ends a line at
//! makes a call fail.

use std::collections::BTreeSet;

use memex_proto::v1::edit::Kind;
use memex_proto::v1::{
    AppendLines, BlameFileRequest, DeleteLines, DiffRevisionsRequest, ErrorReason, RecallRequest, SearchFilesRequest,
};
use memex_stack::stack::{Clients, Stack};
use tests::chance::Chance;
use tests::counts::times;
use tests::refused::reason;
use tonic::{Code, Status};

/// Carriage return, vertical tab, form feed, next line, line separator: each ends a line somewhere.
const NO_LINE_ENDS: [&str; 5] = ["\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}"];

const PARTS: [&str; 12] =
    ["# A", "## B", "A", "=", "---", "- tea", "```", "> q", "", "pin: true", "[[user/b]]", "## History"];

/// Lines of Markdown with the characters anywhere between their parts.
fn text(chance: &mut Chance) -> String {
    let mut text = String::new();
    for _ in 0..1 + chance.below(8) {
        text.push_str(chance.pick::<&str>(&PARTS));
        match chance.below(4) {
            0 => text.push_str("\r\n"),
            1 => text.push('\n'),
            _ => text.push_str(chance.pick::<&str>(&NO_LINE_ENDS)),
        }
    }
    text
}

fn append(heading: &str) -> Kind {
    let (lines, after_heading) = (vec!["- new".to_owned()], heading.to_owned());
    Kind::AppendLines(AppendLines { lines, after_heading, ..AppendLines::default() })
}

/// Every call that counts lines of the file or reads its Markdown; gives what of it failed.
async fn every_call(agent: &mut Clients) -> Vec<Status> {
    let mut failed = Vec::new();
    let mut note = |answer: Result<(), Status>| {
        failed.extend(answer.err().filter(|status| status.code() != Code::FailedPrecondition))
    };
    note(agent.patch("user/a.md", [append("A")]).await.map(drop));
    note(agent.patch("user/a.md", [append("## B")]).await.map(drop));
    note(agent.patch("user/a.md", [append("")]).await.map(drop));
    let search = SearchFilesRequest { query: "new tea".into(), ..SearchFilesRequest::default() };
    note(agent.memory.search_files(search).await.map(drop));
    for max_bytes in [256, 0] {
        let recall = RecallRequest { query: "tea".into(), max_bytes, ..RecallRequest::default() };
        note(agent.memory.recall(recall).await.map(drop));
    }
    let path = || "user/a.md".to_owned();
    note(agent.history.blame_file(BlameFileRequest { path: path(), ..BlameFileRequest::default() }).await.map(drop));
    let diff = DiffRevisionsRequest { path: path(), from_version: 1, to_version: 2, ..DiffRevisionsRequest::default() };
    note(agent.history.diff_revisions(diff).await.map(drop));
    failed
}

#[tokio::test]
async fn a_character_that_ends_a_line_elsewhere_makes_no_call_fail() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/b.md", "- tea\n").await;
    let mut agent = ada.agent().clone();
    let mut chance = Chance::new(14);
    let drawn = (0..times(150, 3_000)).map(|_| text(&mut chance));
    let found = ["A\n=\r# B", "# A\r## B\n", "---\r\n---\r# A\r# B\n=\r\n"].map(str::to_owned);
    let mut failed = BTreeSet::new();
    for text in found.into_iter().chain(drawn) {
        ada.write("user/a.md", &text).await;
        let told = every_call(&mut agent).await;
        failed.extend(told.into_iter().map(|status| format!("{text:?}: {:?} {}", status.code(), status.message())));
    }
    assert!(failed.is_empty(), "{} failed, such as {:?}", failed.len(), failed.iter().take(5).collect::<Vec<_>>());
    stack.finish().await;
}

#[tokio::test]
async fn lines_are_counted_alike_by_patches_blame_and_search() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    ada.write("user/a.md", "A\r# B\u{2028}# C\n- tea\u{b}- milk\u{85}\r\r\n# D\u{c}# E\r\n- oats\n").await;
    let mut agent = ada.agent().clone();
    let blame = BlameFileRequest { path: "user/a.md".into(), ..BlameFileRequest::default() };
    let blamed = agent.history.blame_file(blame).await.unwrap().into_inner().lines;
    let lines: Vec<&str> = blamed.iter().map(|line| line.text.as_str()).collect();
    let expected = ["A\r# B\u{2028}# C", "- tea\u{b}- milk\u{85}\r", "# D\u{c}# E", "- oats"];
    assert_eq!(lines, expected);
    let search = SearchFilesRequest { query: "oats".into(), ..SearchFilesRequest::default() };
    let passages = agent.memory.search_files(search).await.unwrap().into_inner().passages;
    assert!(passages[0].first_line <= 4 && passages[0].last_line == 4, "{passages:?}");
    let unknown = ada.agent().patch("user/a.md", [append("B")]).await.unwrap_err();
    assert_eq!(reason(&unknown), ErrorReason::PatchNoMatch);
    let delete = DeleteLines { first_line: 2, last_line: 3, expected: expected[1..3].join("\n") };
    ada.agent().patch("user/a.md", [Kind::DeleteLines(delete)]).await.unwrap();
    assert_eq!(ada.read("user/a.md").await.as_deref(), Some("A\r# B\u{2028}# C\n- oats\n"));
    stack.finish().await;
}
