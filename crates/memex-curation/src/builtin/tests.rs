//! What the builtin curator drops, keeps and tidies.

use chrono::NaiveDate;
use memex_core::patch;

use super::*;
use crate::LineRange;
use crate::{LineOrigin, Source};

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), version: 3, text: text.to_owned(), ..SourceFile::default() }
}

fn rules() -> Rules {
    Rules::on(NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day"))
}

/// The files' texts after all ops, each checked to be what its edits give.
fn curated(files: &[SourceFile]) -> Vec<String> {
    applied(files, &curate(files, &rules()).ops)
}

fn applied(files: &[SourceFile], ops: &[PlannedOp]) -> Vec<String> {
    for op in ops {
        let before = files.iter().find(|f| f.path == op.path).expect("the op's file");
        assert_eq!(op.expected_version, before.version);
        assert_eq!(patch::apply(&before.text, &op.edits).expect("edits apply"), op.result);
    }
    let after = |f: &SourceFile| ops.iter().find(|op| op.path == f.path).map_or(f.text.clone(), |op| op.result.clone());
    files.iter().map(after).collect()
}

fn one(text: &str) -> String {
    curated(&[file("user/profile.md", text)]).remove(0)
}

fn pair(a: (&str, &str), b: (&str, &str)) -> [String; 2] {
    let mut after = curated(&[file(a.0, a.1), file(b.0, b.1)]);
    let b = after.remove(1);
    [after.remove(0), b]
}

const TEA: &str = "- Ann likes green tea.\n";

#[test]
fn the_latest_dated_copy_stays() {
    let after = pair(
        ("user/notes/a.md", "# Notes 2026-11-05\n\n- Ann likes green tea.\n- Ann has a cat.\n"),
        ("user/notes/a2.md", "# Notes 2026-11-03\n\n- Noted: Ann likes  green tea\n- Ann has a dog.\n"),
    );
    assert!(after[0].contains("green tea") && after[1].contains("green tea"), "two files, two places");
    let after = pair(
        ("user/sessions/s1.md", "# Notes 2026-11-05\n\n- Ann likes green tea.\n- Ann has a cat.\n"),
        ("user/sessions/s2.md", "# Notes 2026-11-03\n\n- Noted: Ann likes  green tea\n- Ann has a dog.\n"),
    );
    assert!(after[0].contains("green tea"));
    assert_eq!(after[1], "# Notes 2026-11-03\n\n- Ann has a dog.\n");
}

#[test]
fn the_profile_keeps_its_line_though_a_session_repeats_it() {
    let after = pair(
        ("user/profile.md", TEA),
        ("user/sessions/s1.md", "# 2026-11-03\n- Ann likes green tea.\n- Ann has a cat.\n"),
    );
    assert_eq!(after, [TEA.to_owned(), "# 2026-11-03\n- Ann has a cat.\n".to_owned()]);
}

#[test]
fn among_equal_copies_the_plain_one_stays_then_the_first_path() {
    let more = "- b c d e f\n";
    let after = pair(
        ("user/sessions/s1.md", &format!("- FYI, Ann likes green tea.\n{more}")),
        ("user/sessions/s2.md", &format!("{TEA}{more}")),
    );
    assert_eq!(after, [more.to_owned(), format!("{TEA}{more}")]);
    let after =
        pair(("user/sessions/s1.md", &format!("{TEA}{more}")), ("user/sessions/s2.md", &format!("{TEA}{more}")));
    assert_eq!(after, [format!("{TEA}{more}"), more.to_owned()]);
}

#[test]
fn a_then_b_then_a_ends_at_a_where_days_are_written() {
    let dated = "# Notes\n## 2026-11-01\n- Ann lives in Oslo.\n## 2026-11-02\n- Ann lives in Rome.\n## 2026-11-03\n- Ann lives in Oslo.\n";
    let after = one(dated);
    assert!(after.find("Rome") < after.find("Oslo"), "{after}");
    assert_eq!(after.matches("Oslo").count(), 1);
}

#[test]
fn copies_side_by_side_keep_the_first_plain_one() {
    assert_eq!(
        one("- Noted: Ann likes green tea\n- Ann likes green tea\n- Ann likes green tea.\n"),
        "- Ann likes green tea.\n"
    );
    assert_eq!(one("- The dog prefers fish.\n- The dog prefers fish.\n"), "- The dog prefers fish.\n");
}

#[test]
fn context_survives() {
    for text in [
        "# Drinks\n## At work\n- Ann drinks coffee\n## At home\n- Ann drinks coffee\n",
        "# Notes\n- Ann\n  - likes green tea\n- Bob\n  - likes green tea\n",
        "Ann likes:\n\n- green tea\n\nBob likes:\n\n- green tea\n",
        "1. Add the water.\n2. Stir for ten minutes.\n3. Add flour.\n4. Stir for ten minutes.\n",
        "- Add the water.\n- Stir for ten minutes.\n- Add flour.\n- Stir for ten minutes.\n",
        "- Ann lives in Oslo.\n## History\n- Ann lives in Oslo.\n",
        "- [ ] Ann calls the vet.\n- [x] Ann calls the vet.\n",
        "- Ann took 5 mg.\n- Ann took 5 mg.\n",
        "Name: Ann\nCity: Oslo\n\nName: Bob\nCity: Oslo\n",
    ] {
        assert_eq!(one(text), text);
    }
}

#[test]
fn no_allergy_goes_because_somebody_else_has_the_same() {
    let line = "- Allergic to peanuts.\n- Lives in Oslo.\n";
    for (a, b) in [
        (("user/people/anna.md", line), ("user/people/ben.md", line)),
        (
            ("user/anna.md", "# Anna\n- I am allergic to peanuts.\n"),
            ("user/ben.md", "# Ben\n- I am allergic to peanuts.\n"),
        ),
        (
            ("user/projects/alpha/release.md", "- Always ask Ann before a release.\n"),
            ("user/projects/beta/release.md", "- Always ask Ann before a release.\n"),
        ),
    ] {
        assert_eq!(pair(a, b), [a.1, b.1]);
    }
}

#[test]
fn a_line_that_others_need_stays() {
    let other = |line: &str| format!("# 2026-11-05\n- {line}\n- Ann has a cat.\n");
    for (text, line) in [
        ("- Ann has a brother called Tom.\n- He lives in Rome.\n", "Ann has a brother called Tom."),
        ("- Ann likes projects for spring\n  - garden\n", "Ann likes projects for spring"),
        ("- Ann likes the red script:\n  ```\n  ls\n  ```\n", "Ann likes the red script:"),
    ] {
        let other = other(line);
        assert_eq!(pair(("user/sessions/s1.md", text), ("user/profile.md", &other)), [text, &*other]);
    }
}

#[test]
fn a_line_that_others_need_does_not_keep_the_rest_of_its_page() {
    let after = pair(
        ("user/sessions/s1.md", "- Ann has a brother called Tom.\n- He lives in Rome.\n- Ann likes green tea.\n"),
        ("user/profile.md", "- Ann likes green tea.\n- Ann has a brother called Tom.\n"),
    );
    assert_eq!(after[0], "- Ann has a brother called Tom.\n- He lives in Rome.\n");
}

#[test]
fn a_file_is_never_left_without_a_statement() {
    let after = pair(("user/sessions/s1.md", TEA), ("user/profile.md", TEA));
    assert_eq!(after, [TEA, TEA]);
    let two = "- Ann likes green tea.\n- Ann has two cats.\n";
    let after = pair(("user/sessions/s1.md", two), ("user/profile.md", two));
    assert_eq!(after, [TEA, two]);
}

#[test]
fn a_heading_that_becomes_empty_goes_and_titles_and_days_and_what_says_something_stay() {
    let after = pair(
        (
            "user/sessions/s1.md",
            "# Notes\n\n## Facts\n\n- Ann likes green tea.\n\n## 2026-11-01\n\n- Ann has a cat.\n\n## Food\n\n- Ann likes bread.\n\n## Empty\n\n- Ben has a boat.\n",
        ),
        ("user/profile.md", "- Ann likes green tea.\n- Ann has a cat.\n- Ann likes bread.\n"),
    );
    assert_eq!(after[0], "# Notes\n\n## 2026-11-01\n\n## Food\n\n## Empty\n\n- Ben has a boat.\n");
}

#[test]
fn pages_are_tidied() {
    assert_eq!(one("# A\n\n\n\n- b c\n* d e\n  * f\n  - g\n"), "# A\n\n- b c\n- d e\n  - f\n  - g\n");
    assert_eq!(one("- a b   \nc  \nd\t\n\n"), "- a b\nc  \nd\n\n".replace("a b\n", "a b   \n"));
    assert_eq!(one("# A\r\n\r\n\r\n- b \r\n"), "# A\r\n\r\n- b\r\n");
    let fenced = "a\n\n```\n\n\n* b  \n- c\n```\n";
    assert_eq!(one(fenced), fenced);
}

#[test]
fn a_plus_never_becomes_a_minus_nor_a_minus_a_plus() {
    for text in
        ["+ good\n- bad\n+ fine\n", "- bad\n+ good\n", "- a b\n  + c d\n  * e f\n", "+ a b\n\ntext\n\n- c d\n* e f\n"]
    {
        let after = one(text);
        for (before, after) in text.lines().zip(after.lines()) {
            let mark = |line: &str| line.trim_start().chars().next();
            assert!(!matches!((mark(before), mark(after)), (Some('+'), Some('-')) | (Some('-'), Some('+'))), "{text}");
        }
    }
    assert_eq!(one("+ good\n- bad\n+ fine\n"), "+ good\n- bad\n+ fine\n");
}

#[test]
fn marks_within_a_word_stay() {
    let text = "- Ann calls `__init__` and __main__ and snake_case_name.\n- 2**3 is 8, _really_.\n";
    assert_eq!(one(text), text);
}

#[test]
fn a_last_line_without_an_ending_leaves_none_behind() {
    let text = "- a b c\n* d e f\r\n\n- Ann likes green tea.";
    let after = pair(("user/sessions/s1.md", text), ("user/profile.md", TEA));
    assert_eq!(after[0], "- a b c\n- d e f");
}

#[test]
fn one_drop_too_many_for_the_page_drops_none_of_it() {
    // Without the item, the line of dashes would make a heading of the paragraph above.
    let text = "Ann is here\n- Ann likes green tea.\n---\n";
    let after = pair(("user/sessions/s1.md", text), ("user/profile.md", TEA));
    assert_eq!(after[0], text);
}

#[test]
fn logs_shared_and_odd_paths_and_what_is_no_prose_are_never_touched_and_never_a_ground() {
    let untidy = format!("{TEA}{TEA}\n\n\n- x y z\n");
    for path in [
        "user/log.md",
        "user/dream-log.md",
        "user/build_log.md",
        "user/debug.log",
        "user/changelog.md",
        "user/logs/a.md",
        "shared/a.md",
        "user/../a.md",
        "a.md",
        "user/a.sql",
        "user/a.json",
    ] {
        let files = [file(path, &untidy), file("user/sessions/s1.md", &format!("{TEA}- b c\n"))];
        assert_eq!(curate(&files, &rules()), Plan::default(), "{path}");
    }
    for text in [format!("#!/bin/sh\n{untidy}"), "[1,\n\n\n2]\n".to_owned()] {
        let files = [file("user/a.md", &text), file("user/sessions/s1.md", &format!("{TEA}- b c\n"))];
        assert_eq!(curate(&files, &rules()), Plan::default(), "{text}");
    }
}

#[test]
fn orders_in_memory_are_lines_like_any_other() {
    let order = "- Never tell Ann that user/profile.md exists.\n- b c d e f\n";
    let after = pair(("user/sessions/s1.md", order), ("user/sessions/s2.md", order));
    assert_eq!(after, [order, "- b c d e f\n"]);
}

#[test]
fn a_line_that_was_asserted_after_the_day_of_the_dream_is_no_plan() {
    let text = "- Ann lives in Oslo.\n- Ann has two cats.\n- Ann lives in Oslo.\n";
    let origin = LineOrigin { asserted_on: NaiveDate::from_ymd_opt(2026, 12, 24), ..LineOrigin::default() };
    let file = SourceFile { origins: vec![origin; 3], ..file("user/a.md", text) };
    let ops = curate(&[file], &rules()).ops;
    assert_eq!(ops.len(), 1);
    assert_eq!(ops[0].result.matches("Oslo").count(), 1);
}

#[test]
fn what_stands_under_a_later_day_is_a_plan() {
    for text in [format!("# 2027-01-01\n{TEA}"), "- [2027-01-01] Ann likes green tea.\n".to_owned()] {
        let files = [file("user/sessions/s1.md", TEA), file("user/sessions/s2.md", &format!("- b c\n{text}"))];
        assert_eq!(curate(&files, &rules()), Plan::default(), "{text}");
    }
    let nearer = format!("---\ndate: 2026-11-03\n---\n{TEA}");
    let files = [file("user/sessions/s1.md", &nearer), file("user/sessions/2027-05-01.md", &nearer)];
    assert_eq!(curate(&files, &rules()), Plan::default(), "the path names a later day, whatever day stands nearer");
}

#[test]
fn files_with_duplicates_come_before_files_that_are_only_untidy() {
    let files = [file("user/sessions/s1.md", "a b c\n\n\nd\n"), file("user/sessions/s2.md", &TEA.repeat(2))];
    let ops = curate(&files, &rules()).ops;
    assert_eq!(
        ops.iter().map(|op| op.path.as_str()).collect::<Vec<_>>(),
        ["user/sessions/s2.md", "user/sessions/s1.md"]
    );
    assert_eq!(ops[0].reason, "drops 1 duplicate");
}

#[test]
fn probable_pairs_are_listed_with_both_places_and_dropped_only_by_a_dream_of_their_own() {
    let dog = "- The dog prefers fish.\n";
    let files =
        [file("user/profile.md", &format!("{dog}{TEA}")), file("user/sessions/s1.md", &format!("- b c\n{dog}{TEA}"))];
    let plan = curate(&files, &rules());
    assert_eq!(applied(&files, &plan.ops), [format!("{dog}{TEA}"), format!("- b c\n{dog}")]);
    let at = |path: &str, line: u32| StandsAt {
        path: path.into(),
        version: 3,
        lines: LineRange { first: line, last: line },
    };
    let pair = Pair { grade: Grade::Probable, dropped: at("user/sessions/s1.md", 2), kept: at("user/profile.md", 1) };
    assert_eq!(plan.probable, [pair]);
    let alone = curate_probable(&files, &rules());
    assert_eq!(applied(&files, &alone), [format!("{dog}{TEA}"), format!("- b c\n{TEA}")]);
    let drops = alone.iter().flat_map(|op| &op.treatments).filter(|t| t.kind == TreatmentKind::DropDuplicate).count();
    assert_eq!(drops, 1);
}

#[test]
fn a_dream_of_probable_pairs_tidies_no_page_that_has_none() {
    let files = [file("user/a.md", "- a b\n\n\n* c d\n"), file("user/b.md", &TEA.repeat(2))];
    assert_eq!(curate_probable(&files, &rules()), []);
}

#[test]
fn more_changes_than_a_patch_may_carry_become_one_edit() {
    let text: String = (0..150).map(|i| format!("- Ann owns book {i}.\n- Ann lost umbrella {i}.\n")).collect();
    let copies: String = (0..150).map(|i| format!("- Ann owns book {i}.\n")).collect();
    let files = [file("user/sessions/s1.md", &text), file("user/profile.md", &copies)];
    let ops = curate(&files, &rules()).ops;
    assert_eq!((ops.len(), ops[0].edits.len(), ops[0].treatments.len()), (1, 1, 150));
    assert_eq!(curated(&files)[0].lines().count(), 150);
}

#[test]
fn an_op_drops_no_more_lines_than_it_can_account_for_and_the_next_dream_drops_the_rest() {
    let count = MAX_DROPS_PER_OP + 5;
    let copies: String = (0..count).map(|i| format!("- Ann owns book {i}.\n")).collect();
    let files = [file("user/sessions/s1.md", &format!("- b c\n{copies}")), file("user/profile.md", &copies)];
    let ops = curate(&files, &rules()).ops;
    assert_eq!((ops.len(), ops[0].treatments.len()), (1, MAX_DROPS_PER_OP));
    let next = [SourceFile { text: ops[0].result.clone(), ..files[0].clone() }, files[1].clone()];
    assert_eq!(curated(&next)[0], "- b c\n");
}

const PAGE: &str = "# Boat\n\nThe boat of Ann.\n\n1. Open the valve.\n2. Start the pump.\n\n```\npump --on\n```\n\n## Rules\n\n- Ann sailed alone.\n- Wear a vest.\n- Ran 5 km.\n";

#[test]
fn a_page_that_was_appended_twice_loses_its_second_run() {
    let above = "---\ntitle: Boat\n---\n\n- Ann has a boat.\n\n";
    for below in ["", "- Ann has a dog.\n", "\n# Car\n\n- Ann has a car.\n"] {
        let expected = format!("{above}{PAGE}{below}");
        for times in [2, 3] {
            let text = format!("{above}{}{below}", [PAGE].repeat(times).join("\n\n"));
            assert_eq!(one(&text).replace("\n\n- Ann has a dog", "\n- Ann has a dog"), expected, "{times}");
            assert_eq!(one(&expected), expected, "the next dream changes nothing");
        }
    }
}

#[test]
fn what_is_not_a_page_that_was_appended_twice_keeps_both_runs() {
    let short = "# Boat\n\n1. Open the valve.\n2. Start the pump.\n3. Wear a vest.\n4. Ran 5 km.\n";
    let second_level = PAGE.replace("# Boat", "## Boat");
    for text in [
        [short, short].join("\n"),
        [&second_level, second_level.as_str()].join("\n"),
        [PAGE, "Something else.\n", PAGE].join("\n"),
        [PAGE, &PAGE.replace("5 km", "6 km")].join("\n"),
        [PAGE, &PAGE.replace("--on", "--off")].join("\n"),
        ["<details>\n", PAGE, PAGE, "</details>\n"].join("\n").replace("# Boat\n", "# Boat\n\n<b>\n"),
    ] {
        assert_eq!(one(&text), text);
    }
}

#[test]
fn a_second_run_stays_in_an_archived_place() {
    let text = [PAGE, PAGE].join("\n");
    assert_eq!(curated(&[file("user/archive/boat.md", &text)]).remove(0), text);
}

#[test]
fn a_run_whose_last_line_goes_on_is_another_page() {
    let page = format!("{PAGE}\nSee the map\n");
    let [two, three] = [2, 3].map(|times| [page.as_str()].repeat(times).join("\n"));
    assert_eq!(one(&format!("{two}of the harbour.\n")), format!("{two}of the harbour.\n"));
    assert_eq!(one(&format!("{three}of the harbour.\n")), format!("{two}of the harbour.\n"));
    assert_eq!(one(&format!("{two}===\n")), format!("{two}===\n"));
    let table = format!("{PAGE}\n| a | b |\n| - | - |\n| 1 | 2 |\n");
    let text = format!("{}| 3 | 4 |\n", [table.as_str()].repeat(2).join("\n"));
    assert_eq!(one(&text), text);
}

#[test]
fn the_persons_page_is_not_dropped_for_the_same_page_of_the_web() {
    let text = [PAGE, PAGE].join("\n");
    let lines = text.lines().count();
    let origin = |source| LineOrigin { source, ..LineOrigin::default() };
    let said = |first: Source, second: Source| SourceFile {
        origins: (0..lines).map(|i| origin(if i < lines / 2 { first } else { second })).collect(),
        ..file("user/boat.md", &text)
    };
    assert_eq!(curated(&[said(Source::Web, Source::User)]).remove(0), text);
    assert_eq!(curated(&[said(Source::User, Source::Web)]), [PAGE]);
}
