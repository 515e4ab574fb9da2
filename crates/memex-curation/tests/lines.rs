//! Lines are counted as patches count them, whatever characters stand in a text that end a line elsewhere.

use chrono::NaiveDate;
use memex_core::lines::{body, rows};
use memex_core::patch;
use memex_curation::ledger::{JudgedFile, judge};
use memex_curation::statement::{Document, Element};
use memex_curation::{Rules, SourceFile, builtin, count_statements};
use proptest::prelude::*;

/// Carriage return, vertical tab, form feed, next line, line separator, and what does end a line.
const BREAKS: [&str; 9] = ["\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\n", "\n", "\n", "\r\n"];

const PARTS: [&str; 14] = [
    "- Ann likes green tea.",
    "- Ann likes green tea.",
    "- Bob lives in Porto.",
    "Ann likes green tea.",
    "## Facts",
    "# A",
    "=",
    "---",
    "```",
    "| a | b |",
    "> q",
    "Name: Ann",
    "",
    "  ",
];

fn page() -> impl Strategy<Value = String> {
    let part = (prop::sample::select(&PARTS[..]), prop::sample::select(&BREAKS[..]));
    prop::collection::vec(part, 0..16).prop_map(|parts| parts.into_iter().flat_map(|(part, end)| [part, end]).collect())
}

fn today() -> Rules {
    Rules::on(NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day"))
}

fn file(path: &str, text: String) -> SourceFile {
    SourceFile { path: path.to_owned(), version: 1, text, ..SourceFile::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn statements_stand_on_lines_of_the_text(text in page()) {
        let document = Document::parse(&text);
        let rows: Vec<&str> = rows(&text).collect();
        let mut next = 1;
        for element in &document.elements {
            let lines = match *element {
                Element::Heading(h) => document.headings[h].lines,
                Element::Statement(s) => document.statements[s].lines,
                Element::Opaque(lines) | Element::Break(lines) => lines,
            };
            prop_assert!(next <= lines.first && lines.first <= lines.last && lines.last as usize <= rows.len());
            next = lines.last + 1;
        }
        for statement in &document.statements {
            let first = body(rows[statement.lines.first as usize - 1]);
            let word = statement.text.split_whitespace().next().unwrap_or("");
            prop_assert!(first.contains(word), "{:?} does not begin on {first:?}", statement.text);
        }
        prop_assert!(count_statements(&text) as usize <= rows.len());
    }

    #[test]
    fn edits_apply_and_the_ledger_finds_nothing(one in page(), other in page()) {
        let files = [file("user/profile.md", one), file("user/notes/a.md", other)];
        let ops = builtin::curate(&files, &today()).ops;
        let judged = ops.iter().map(|op| {
            let before = files.iter().find(|file| file.path == op.path).expect("the op's file");
            assert_eq!(patch::apply(&before.text, &op.edits).as_ref(), Ok(&op.result));
            let (path, after, treatments) = (op.path.clone(), Some(op.result.clone()), op.treatments.clone());
            JudgedFile { path, before: Some(before.clone()), after, treatments }
        });
        let judged: Vec<JudgedFile> = judged.collect();
        prop_assert_eq!(judge(&judged, &files, &today()).violations, vec![]);
    }
}

#[test]
fn duplicates_go_though_their_lines_end_with_a_carriage_return_of_their_own() {
    let text =
        "- Ann likes green tea.\r\r\n- Ann likes green tea.\r\r\n- Bob lives in Porto.\n- Ann likes green tea.\n";
    let files = [file("user/profile.md", text.to_owned())];
    let ops = builtin::curate(&files, &today()).ops;
    let left: Vec<&str> = ops.iter().map(|op| op.result.as_str()).collect();
    assert_eq!(left, ["- Ann likes green tea.\r\r\n- Bob lives in Porto.\n"]);
}
