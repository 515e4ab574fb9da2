//! What holds for any memory, however odd: no panic, nothing lost, nothing invented, and a second dream changes nothing.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use memex_core::patch;
use memex_curation::ledger::{JudgedFile, judge};
use memex_curation::statement::{Document, Element};
use memex_curation::{PlannedOp, Rules, SourceFile, builtin, count_statements};
use proptest::prelude::*;

fn today() -> Rules {
    Rules::on(NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day"))
}

/// Lines that memory is made of, few enough to repeat each other often.
fn line() -> impl Strategy<Value = String> {
    let indent = prop::sample::select(vec!["", "", "", "", "  ", "    ", "\t"]);
    let mark = prop::sample::select(vec!["- ", "- ", "- ", "* ", "+ ", "1. ", "- [ ] ", "- [x] ", "", "", "> ", "• "]);
    let lead = prop::sample::select(vec!["", "", "", "FYI, ", "Noted: ", "[2026-11-03] "]);
    let body = prop::sample::select(vec![
        "Ann likes green tea.",
        "Ann likes green tea",
        "Bob lives in Porto.",
        "Bob lives in Rome.",
        "He has 2 cats.",
        "Ann likes:",
        "City: Porto",
        "Name: Ann",
        "**At work**",
        "Always answer in French.",
        "安は茶が好きです。",
        "x",
        "",
    ]);
    let end = prop::sample::select(vec!["", "", "", " (again)", "  ", " ", "\r"]);
    let said = (indent, mark, lead, body, end).prop_map(|(i, m, l, b, e)| format!("{i}{m}{l}{b}{e}"));
    let structure = prop::sample::select(vec![
        "",
        "",
        "",
        "  ",
        "# Notes 2026-11-03",
        "# Ann",
        "## At work",
        "## Facts",
        "## 2026-11-05",
        "### Notes",
        "## History",
        "---",
        "***",
        "===",
        "```",
        "~~~",
        "| a | b |",
        "|---|---|",
        "<div>",
        "<!-- x",
        "-->",
        "    code",
        "[1]: x",
        "-",
        "date: 2026-11-03",
    ]);
    prop_oneof![3 => said, 2 => structure.prop_map(str::to_owned)]
}

fn page() -> impl Strategy<Value = String> {
    (prop::collection::vec(line(), 0..14), any::<bool>()).prop_map(|(lines, last)| {
        let text = lines.join("\n");
        if last { text + "\n" } else { text }
    })
}

fn memory() -> impl Strategy<Value = Vec<SourceFile>> {
    let paths =
        ["user/profile.md", "user/sessions/s1.md", "user/notes/2026-11-03.md", "user/archive.md", "user/log.md"];
    prop::collection::vec(page(), 1..=paths.len()).prop_map(move |pages| {
        let file = |(path, text): (&&str, String)| SourceFile {
            path: (*path).to_owned(),
            version: 1,
            text,
            ..SourceFile::default()
        };
        paths.iter().zip(pages).map(file).collect()
    })
}

fn after(files: &[SourceFile], ops: &[PlannedOp]) -> Vec<SourceFile> {
    let apply = |f: &SourceFile| match ops.iter().find(|op| op.path == f.path) {
        Some(op) => SourceFile { text: op.result.clone(), version: f.version + 1, ..f.clone() },
        None => f.clone(),
    };
    files.iter().map(apply).collect()
}

fn touched(files: &[SourceFile], ops: &[PlannedOp]) -> Vec<JudgedFile> {
    let judged = |op: &PlannedOp| JudgedFile {
        path: op.path.clone(),
        before: files.iter().find(|f| f.path == op.path).cloned(),
        after: Some(op.result.clone()),
        treatments: op.treatments.clone(),
    };
    ops.iter().map(judged).collect()
}

/// Short unless the long counts are asked for.
fn cases() -> u32 {
    if std::env::var_os("MEMEX_LONG").is_some() { 30_000 } else { 200 }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_and_every_line_is_accounted_for_once(text in "(?s).{0,400}") {
        let document = Document::parse(&text);
        let mut next = 1;
        for element in &document.elements {
            let lines = match *element {
                Element::Heading(h) => document.headings[h].lines,
                Element::Statement(s) => document.statements[s].lines,
                Element::Opaque(lines) | Element::Break(lines) => lines,
            };
            prop_assert!(next <= lines.first && lines.first <= lines.last);
            next = lines.last + 1;
        }
        prop_assert!(next as usize <= text.split('\n').count() + 1);
        prop_assert!(count_statements(&text) as usize <= text.split('\n').count());
    }

    #[test]
    fn edits_give_the_result_and_the_ledger_finds_nothing(files in memory()) {
        let ops = builtin::curate(&files, &today()).ops;
        for op in &ops {
            let before = files.iter().find(|f| f.path == op.path).expect("the op's file");
            prop_assert_eq!(&patch::apply(&before.text, &op.edits).expect("edits apply"), &op.result);
            prop_assert_ne!(&before.text, &op.result);
        }
        let ledger = judge(&touched(&files, &ops), &files, &today());
        prop_assert_eq!(&ledger.violations, &vec![]);
        prop_assert_eq!(ledger.added + ledger.lost_word_for_word, 0);
        prop_assert_eq!(ledger.kept + ledger.duplicate, ledger.statements_before);
    }

    #[test]
    fn any_prefix_of_the_ops_is_grounded_alone(files in memory()) {
        let ops = builtin::curate(&files, &today()).ops;
        let paths: BTreeSet<&str> = ops.iter().map(|op| op.path.as_str()).collect();
        prop_assert_eq!(paths.len(), ops.len());
        for end in 0..ops.len() {
            prop_assert_eq!(judge(&touched(&files, &ops[..end]), &files, &today()).violations, vec![]);
        }
    }

    #[test]
    fn a_second_dream_changes_nothing(files in memory()) {
        let ops = builtin::curate(&files, &today()).ops;
        let dreamt = after(&files, &ops);
        prop_assert_eq!(builtin::curate(&dreamt, &today()).ops, vec![]);
    }

    #[test]
    fn the_same_memory_in_another_order_gives_the_same_ops(files in memory()) {
        let mut turned = files.clone();
        turned.reverse();
        prop_assert_eq!(builtin::curate(&files, &today()).ops, builtin::curate(&turned, &today()).ops);
    }

    #[test]
    fn a_mutated_result_is_caught(files in memory(), at in any::<prop::sample::Index>(), with in "[a-z0-9]{1,3}") {
        let ops = builtin::curate(&files, &today()).ops;
        for op in &ops {
            let mut mutant = touched(&files, &ops);
            let places: Vec<usize> = op.result.char_indices().filter(|(_, c)| c.is_alphabetic()).map(|(i, _)| i).collect();
            if places.is_empty() {
                continue;
            }
            let place = places[at.index(places.len())];
            let text = format!("{}{with}{}", &op.result[..place], &op.result[place..]);
            let judged = mutant.iter_mut().find(|t| t.path == op.path).expect("the op's file");
            judged.after = Some(text.clone());
            prop_assert!(!judge(&mutant, &files, &today()).violations.is_empty(), "{:?}", text);
        }
    }
}

/// Memories over which a second dream once changed something more, and their neighbours.
#[test]
fn every_memory_that_once_took_two_dreams_takes_one() {
    let memories: [&[(&str, &str)]; 7] = [
        &[(
            "user/profile.md",
            "* Ann likes green tea.\n1. Ann likes green tea.\n- Ann likes green tea.\n\nAnn likes green tea.\n* \n- Ann likes green tea.",
        )],
        &[(
            "user/profile.md",
            "  \n- Always answer in French. \n- Bob has 2 cats.\n- Always answer in French.  \n- Ann likes green tea.",
        )],
        &[(
            "user/profile.md",
            "- Ann likes green tea.\n    - Ann likes green tea.\n\n  FYI, x\n  * x  \n- Ann likes green tea.",
        )],
        &[
            (
                "user/profile.md",
                "- Always answer in French.\n• Bob lives in Rome.\n\n| a | b |\n- City: Porto (again)\n- Bob lives in Rome.\n# Notes 2026-11-03",
            ),
            ("user/sessions/s1.md", "- Always answer in French.\n- City: Porto\n- Ann likes green tea."),
        ],
        &[
            ("user/profile.md", "- Always answer in French.\n- Ann likes green tea."),
            (
                "user/sessions/s1.md",
                "- Ann likes green tea.\n    - [2026-11-03] Ann likes green tea.\n* Bob has 2 cats.\r\n\nAlways answer in French.",
            ),
        ],
        &[
            ("user/notes/a.md", "- FYI, Ann likes green tea.\n"),
            (
                "user/notes/b.md",
                "- Ann likes green tea.\n  - with mint\n- FYI, Ann likes green tea.\n- FYI, Ann likes green tea.\n",
            ),
        ],
        &[("user/profile.md", "Ann is here\n- Ann likes green tea.\n---\n- Ann likes green tea.\n")],
    ];
    for memory in memories {
        let file = |(path, text): &(&str, &str)| SourceFile {
            path: (*path).to_owned(),
            version: 1,
            text: (*text).to_owned(),
            ..SourceFile::default()
        };
        let files: Vec<SourceFile> = memory.iter().map(file).collect();
        let dreamt = after(&files, &builtin::curate(&files, &today()).ops);
        assert_eq!(builtin::curate(&dreamt, &today()).ops, vec![], "{files:?}");
    }
}
