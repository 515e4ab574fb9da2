//! The guard's own tests: good changesets pass, every mutation of one is caught.

use super::*;
use crate::TreatmentSource;

pub(super) fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), version: 1, text: text.to_owned(), ..SourceFile::default() }
}

pub(super) fn drop_line(line: u32, path: &str, kept: u32) -> Treatment {
    let range = |line| LineRange { first: line, last: line };
    let source = TreatmentSource { path: path.to_owned(), version: 1, lines: range(kept) };
    Treatment { kind: TreatmentKind::DropDuplicate, before: Some(range(line)), after: None, sources: vec![source] }
}

pub(super) fn tidy() -> Treatment {
    Treatment { kind: TreatmentKind::Tidy, before: None, after: None, sources: Vec::new() }
}

pub(super) fn judged(before: &SourceFile, after: &str, treatments: Vec<Treatment>) -> JudgedFile {
    JudgedFile { path: before.path.clone(), before: Some(before.clone()), after: Some(after.to_owned()), treatments }
}

pub(super) fn found(ledger: &Ledger) -> Vec<Rule> {
    ledger.violations.iter().map(|v| v.rule).collect()
}

pub(super) fn judge(touched: &[JudgedFile], known: &[SourceFile]) -> Ledger {
    let today = chrono::NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day");
    super::judge(touched, known, &Rules::on(today))
}

const A: &str = "# Notes\n- Ann likes green tea.\n- Ann has 2 cats.\n";
const B: &str = "# Notes\n- Ann likes green tea.\n- Ann owns a boat.\n";

#[test]
fn a_grounded_drop_passes_and_is_counted() {
    let (a, b) = (file("user/sessions/s1.md", A), file("user/profile.md", B));
    let touched = [judged(&a, "# Notes\n- Ann has 2 cats.\n", vec![drop_line(2, "user/profile.md", 2)])];
    let ledger = judge(&touched, &[b]);
    assert_eq!(ledger.violations, []);
    assert_eq!((ledger.statements_before, ledger.kept, ledger.duplicate), (2, 1, 1));
    assert_eq!((ledger.added, ledger.tidied_files, ledger.lost_word_for_word), (0, 0, 0));
}

#[test]
fn a_line_is_treated_once() {
    let (a, b) = (file("user/sessions/s1.md", A), file("user/profile.md", B));
    let twice = vec![drop_line(2, "user/profile.md", 2), drop_line(2, "user/profile.md", 2)];
    assert_eq!(found(&judge(&[judged(&a, "# Notes\n- Ann has 2 cats.\n", twice)], &[b])), [Rule::GroundInvalid]);
}

#[test]
fn a_standing_instruction_is_never_lost() {
    let a = file("user/a.md", "- Always answer in French.\n- Ann has 2 cats.\n");
    let ledger = judge(&[judged(&a, "- Ann has 2 cats.\n", vec![])], &[]);
    assert_eq!(found(&ledger), [Rule::StatementLost, Rule::StandingInstructionLost, Rule::TidyDiffers]);
}

#[test]
fn blocks_headings_order_and_nesting_stay() {
    let text = "---\ndate: 2026-11-03\n---\n# Ann\n## At work\n- Ann drinks tea.\n- Ann bikes home.\n\n```\nls\n```\n";
    let a = file("user/a.md", text);
    let rules_of = |after: &str| found(&judge(&[judged(&a, after, vec![tidy()])], &[]));
    assert_eq!(rules_of(text), []);
    for (from, to, rules) in [
        ("ls\n", "rm\n", &[Rule::OpaqueChanged][..]),
        ("ls\n", "ls \n", &[Rule::OpaqueChanged]),
        ("11-03", "11-04", &[Rule::OpaqueChanged]),
        ("## At work", "## At home", &[Rule::HeadingChanged, Rule::HeadingChanged]),
        ("# Ann\n## At work\n", "# Ann\n", &[Rule::HeadingChanged]),
        ("- Ann drinks tea.\n- Ann bikes home.", "- Ann bikes home.\n- Ann drinks tea.", &[]),
        ("- Ann bikes", "  - Ann bikes", &[]),
    ] {
        let mut found = rules_of(&text.replace(from, to));
        assert!(found.contains(&Rule::TidyDiffers), "{to}: {found:?}");
        found.retain(|rule| *rule != Rule::TidyDiffers);
        assert_eq!(found, rules, "{to}");
    }
}

#[test]
fn kinds_that_cannot_be_checked_need_a_person() {
    let a = file("user/sessions/s1.md", A);
    for kind in [TreatmentKind::Supersede, TreatmentKind::Merge, TreatmentKind::Move, TreatmentKind::Rewrite] {
        let treatment = Treatment { kind, ..drop_line(2, "user/profile.md", 2) };
        let ledger =
            judge(&[judged(&a, "# Notes\n- Ann has 2 cats.\n", vec![treatment])], &[file("user/profile.md", B)]);
        assert_eq!(found(&ledger), [Rule::TidyDiffers, Rule::NotSupportedYet], "{kind:?}");
    }
}

#[test]
fn details_never_carry_a_word_of_the_memory() {
    let a = file("user/a.md", "- Zanzibar quagmire.\n```\nZanzibar\n```\n");
    let ledger = judge(
        &[judged(&a, "- Xylophone.\n", vec![drop_line(1, "user/profile.md", 2), drop_line(7, "user/profile.md", 2)])],
        &[],
    );
    assert!(ledger.violations.len() >= 3);
    assert!(ledger.violations.iter().all(|v| !v.detail.contains("Zanzibar") && !v.detail.contains("Xylophone")));
}

const LEFT: &str = "# Notes\n- Ann has 2 cats.\n";

#[test]
fn two_lines_that_go_because_of_each_other_are_a_violation() {
    let (a, b) = (file("user/sessions/s1.md", A), file("user/profile.md", B));
    let touched = [
        judged(&a, LEFT, vec![drop_line(2, "user/profile.md", 2)]),
        judged(&b, "# Notes\n- Ann owns a boat.\n", vec![drop_line(2, "user/sessions/s1.md", 2)]),
    ];
    let ledger = judge(&touched, &[]);
    assert_eq!(found(&ledger), [Rule::KeptCopyOlder, Rule::GroundInvalid]);
    assert_eq!(ledger.lost_word_for_word, 2);
}

/// What is found of a drop of A's second line for a line of `other`.
fn of_ground(treatment: Treatment, other: &SourceFile) -> Vec<Rule> {
    let a = file("user/sessions/s1.md", A);
    found(&judge(&[judged(&a, LEFT, vec![treatment])], std::slice::from_ref(other)))
}

#[test]
fn a_cited_line_must_exist_in_the_cited_version_and_be_the_same() {
    let b = file("user/profile.md", B);
    assert_eq!(of_ground(drop_line(2, "user/profile.md", 2), &b), []);
    for (path, line) in [("user/profile.md", 3), ("user/profile.md", 9), ("user/c.md", 2), ("user/sessions/s1.md", 2)] {
        assert_eq!(of_ground(drop_line(2, path, line), &b), [Rule::GroundInvalid], "{path} {line}");
    }
    let other_version = SourceFile { version: 2, ..b.clone() };
    assert_eq!(of_ground(drop_line(2, "user/profile.md", 2), &other_version), [Rule::GroundInvalid]);
    let uncited = Treatment { sources: Vec::new(), ..drop_line(2, "user/profile.md", 2) };
    assert_eq!(of_ground(uncited, &b), [Rule::GroundInvalid]);
}

#[test]
fn a_line_that_says_something_else_at_its_place_is_no_ground() {
    for text in [
        "## Ben\n## At work\n> Ann likes green tea.\n",
        "# Notes\n- Ann likes green tea?\n",
        "# Notes\n- Ann likes Green Tea & milk.\n",
        "# Notes\n1. Ann likes green tea.\n",
        "# Notes\n- [ ] Ann likes green tea.\n",
        "# History\n- Ann likes green tea.\n",
    ] {
        let line = u32::try_from(text.lines().count()).expect("few lines");
        let ground = drop_line(2, "user/profile.md", line);
        assert_eq!(of_ground(ground, &file("user/profile.md", text)), [Rule::GroundInvalid], "{text}");
    }
}

#[test]
fn a_copy_under_a_later_day_than_the_dream_is_no_ground() {
    for text in ["# 2027-01-01\n- Ann likes green tea.\n", "# Notes\n- [2027-01-01] Ann likes green tea.\n"] {
        let other = file("user/profile.md", text);
        assert_eq!(of_ground(drop_line(2, "user/profile.md", 2), &other), [Rule::GroundInvalid], "{text}");
    }
    let other = file("user/2027-01-01.md", B);
    assert_eq!(of_ground(drop_line(2, "user/2027-01-01.md", 2), &other), [Rule::GroundInvalid]);
}

#[test]
fn a_line_that_is_only_probably_the_same_is_for_a_person() {
    for text in [
        "## At work\n- Ann likes green tea.\n",
        "# Notes\n- Ann likes a green tea.\n",
        "# Notes\n- Ann likes Green tea.\n",
    ] {
        let rule = of_ground(drop_line(2, "user/profile.md", 2), &file("user/profile.md", text));
        assert_eq!(rule, [Rule::OnlyProbable], "{text}");
    }
    let (a, b) = (file("user/sessions/s1.md", A), file("user/profile.md", &B.replace("green", "a green")));
    let ledger = judge(&[judged(&a, LEFT, vec![drop_line(2, "user/profile.md", 2)])], &[b]);
    assert_eq!((ledger.duplicate, ledger.probable, ledger.lost_word_for_word), (1, 1, 0));
}

#[test]
fn the_lowest_of_all_cited_grades_counts() {
    let a = file("user/sessions/s1.md", A);
    let others = [file("user/profile.md", B), file("user/sessions/s2.md", &B.replace("green", "a green"))];
    let mut both = drop_line(2, "user/profile.md", 2);
    both.sources.extend(drop_line(2, "user/sessions/s2.md", 2).sources);
    let rules = found(&judge(&[judged(&a, LEFT, vec![both])], &others));
    assert!(rules == [Rule::OnlyProbable] || rules == [Rule::KeptCopyOlder], "{rules:?}");
}

#[test]
fn the_copy_that_stays_must_be_the_better_one() {
    let (a, b) = (file("user/profile.md", A), file("user/sessions/s1.md", B));
    let touched = [judged(&a, LEFT, vec![drop_line(2, "user/sessions/s1.md", 2)])];
    assert_eq!(found(&judge(&touched, &[b])), [Rule::KeptCopyOlder]);
    let (early, late) = (file("user/2026-11-01.md", A), file("user/2026-11-03.md", B));
    let touched = [judged(&late, "# Notes\n- Ann owns a boat.\n", vec![drop_line(2, "user/2026-11-01.md", 2)])];
    assert_eq!(found(&judge(&touched, &[early])), [Rule::KeptCopyOlder]);
}

#[test]
fn what_the_person_said_does_not_go_for_an_agents_words() {
    let origin = |source| crate::LineOrigin { source, ..crate::LineOrigin::default() };
    let said = |source| vec![origin(source); 3];
    let a = SourceFile { origins: said(crate::Source::User), ..file("user/sessions/s1.md", A) };
    let b = SourceFile { origins: said(crate::Source::Tool), ..file("user/profile.md", B) };
    let touched = [judged(&a, LEFT, vec![drop_line(2, "user/profile.md", 2)])];
    assert_eq!(found(&judge(&touched, &[b])), [Rule::KeptCopyOlder]);
}

#[test]
fn the_last_word_is_not_dropped_for_the_first_where_another_value_stands_between() {
    let day = |d: u32, city: &str| {
        file(&format!("user/2026-11-0{d}.md"), &format!("- Ann lives in {city}.\n- Bob lives in house {d}.\n"))
    };
    let (first, rome, last) = (day(1, "Oslo"), day(2, "Rome"), day(3, "Oslo"));
    let early = [judged(&first, "- Bob lives in house 1.\n", vec![drop_line(1, "user/2026-11-03.md", 1)])];
    assert_eq!(judge(&early, &[rome.clone(), last.clone()]).violations, []);
    let late = [judged(&last, "- Bob lives in house 3.\n", vec![drop_line(1, "user/2026-11-01.md", 1)])];
    assert_eq!(found(&judge(&late, &[first, rome.clone()])), [Rule::KeptCopyOlder]);
    let profile = file("user/profile.md", "- Ann lives in Oslo.\n");
    let latest = [judged(&last, "- Bob lives in house 3.\n", vec![drop_line(1, "user/profile.md", 1)])];
    assert_eq!(found(&judge(&latest, &[profile, rome])), [Rule::KeptCopyOlder], "the latest dated one stays anyway");
}

#[test]
fn a_line_that_others_need_does_not_go() {
    let b = file("user/profile.md", "- Ann has a brother called Tom.\n");
    for (text, after) in [
        ("- Ann has a brother called Tom.\n- He lives in Rome.\n", "- He lives in Rome.\n"),
        ("- Ann has a brother called Tom.\n  - in Rome\n", "  - in Rome\n"),
    ] {
        let touched = [judged(&file("user/sessions/s1.md", text), after, vec![drop_line(1, "user/profile.md", 1)])];
        assert_eq!(found(&judge(&touched, std::slice::from_ref(&b))), [Rule::GroundInvalid], "{text}");
    }
}

#[test]
fn tidying_passes_only_where_it_is_said() {
    let a = file("user/a.md", "- a b c\n\n\n* d e f  \n");
    let after = "- a b c\n\n- d e f\n";
    let ledger = judge(&[judged(&a, after, vec![tidy()])], &[]);
    assert_eq!((ledger.violations, ledger.tidied_files, ledger.kept), (vec![], 1, 2));
    assert_eq!(found(&judge(&[judged(&a, after, vec![])], &[])), [Rule::TreatmentMissing]);
}

#[test]
fn tidying_is_what_the_builtin_tidier_makes_of_the_page_byte_for_byte() {
    let a = file("user/a.md", "- a b c\n\n\n* d e f  \n\ng h __init__ i\n");
    for after in [
        "- a b c\n\n- d e f  \n\ng h __init__ i\n",
        "- a b c\n- d e f\n\ng h __init__ i\n",
        "* a b c\n\n* d e f\n\ng h __init__ i\n",
        "- a b c\n\n- d e f\n\ng h __init__ i",
        "- a b c\n\n- d e f\n\ng h  __init__ i\n",
        "- a b c\n\n- d e f\n\ng h init i\n",
        "+ a b c\n\n- d e f\n\ng h __init__ i\n",
    ] {
        let rules = found(&judge(&[judged(&a, after, vec![tidy()])], &[]));
        assert!(rules.contains(&Rule::TidyDiffers), "{after}: {rules:?}");
    }
}

#[test]
fn what_leaves_or_comes_without_a_treatment_is_found() {
    let (a, b) = (file("user/sessions/s1.md", A), file("user/profile.md", B));
    let lost = judge(&[judged(&a, "# Notes\n- Ann likes green tea.\n", vec![])], &[]);
    assert_eq!((found(&lost), lost.lost_word_for_word), (vec![Rule::StatementLost, Rule::TidyDiffers], 1));
    let silent = judge(&[judged(&a, LEFT, vec![])], &[b]);
    assert_eq!((found(&silent), silent.lost_word_for_word), (vec![Rule::TreatmentMissing, Rule::TidyDiffers], 0));
    let added = judge(&[judged(&a, &format!("{A}- Ann is rich.\n"), vec![tidy()])], &[]);
    assert_eq!((found(&added), added.added), (vec![Rule::StatementAdded, Rule::TidyDiffers], 1));
}

#[test]
fn text_between_two_dropped_lines_stays_as_it_was() {
    let text = "- Ann likes green tea.\n- Ben has a boat.\n- Ann has 2 cats.\n";
    let (a, b) =
        (file("user/sessions/s1.md", text), file("user/profile.md", "- Ann likes green tea.\n- Ann has 2 cats.\n"));
    let drops = || vec![drop_line(1, "user/profile.md", 1), drop_line(3, "user/profile.md", 2)];
    assert_eq!(judge(&[judged(&a, "- Ben has a boat.\n", drops())], std::slice::from_ref(&b)).violations, []);
    for after in
        ["- Ben has a car.\n", "- Ben has a boat.\n- Ben is rich.\n", "Ben has a boat.\n", "- Ben has a boat. \n"]
    {
        assert_ne!(judge(&[judged(&a, after, drops())], std::slice::from_ref(&b)).violations, [], "{after}");
    }
}

#[test]
fn a_dream_makes_no_file_be_it_empty() {
    for text in ["- Ann is rich.\n", "", "\n"] {
        for treatments in [vec![], vec![tidy()]] {
            let (path, after) = ("user/ann-is-rich.md".into(), Some(text.to_owned()));
            let new = JudgedFile { path, before: None, after, treatments };
            assert_eq!(found(&judge(&[new], &[])), [Rule::FileMade], "{text:?}");
        }
    }
}

#[test]
fn a_dream_empties_no_file_and_deletes_none() {
    let (a, b) = (file("user/sessions/s1.md", "- Ann likes green tea.\n"), file("user/profile.md", B));
    let emptied = judged(&a, "", vec![drop_line(1, "user/profile.md", 2)]);
    assert_eq!(found(&judge(std::slice::from_ref(&emptied), std::slice::from_ref(&b))), [Rule::FileEmptied]);
    let deleted = JudgedFile { after: None, ..emptied };
    assert!(found(&judge(std::slice::from_ref(&deleted), std::slice::from_ref(&b))).contains(&Rule::FileEmptied));
    let lost = JudgedFile { treatments: vec![tidy()], ..deleted };
    assert!(found(&judge(&[lost], &[])).contains(&Rule::StatementLost));
}

#[test]
fn a_script_json_or_a_log_is_not_for_a_dream() {
    for (path, text, after) in [
        ("user/a.md", "#!/bin/sh\nls\n\n\nls -l\n", "#!/bin/sh\nls\n\nls -l\n"),
        ("user/a.md", "[1,\n\n\n2]\n", "[1,\n\n2]\n"),
        ("user/a.sql", "a\n\n\nb\n", "a\n\nb\n"),
        ("user/log.md", "a\n\n\nb\n", "a\n\nb\n"),
        ("shared/a.md", "a\n\n\nb\n", "a\n\nb\n"),
    ] {
        let rules = found(&judge(&[judged(&file(path, text), after, vec![tidy()])], &[]));
        assert!(rules.contains(&Rule::FileNotCurated), "{path} {text}: {rules:?}");
    }
}

#[test]
fn a_second_run_of_a_page_goes_whole_or_not_at_all() {
    let page = "# Boat\n- Fill it.\n- Ran 5 km.\n- Start it.\n- Paid 9 euros.\n- Stop it.\n";
    let path = "user/boat.md";
    let a = file(path, &[page, page].join("\n"));
    let twins = |lines: &[u32]| lines.iter().map(|&line| drop_line(line, path, line - 7)).collect::<Vec<_>>();
    let all = twins(&[9, 10, 11, 12, 13]);
    let ledger = judge(&[judged(&a, page, [all.clone(), vec![tidy()]].concat())], &[]);
    assert_eq!((found(&ledger), ledger.duplicate, ledger.kept), (vec![], 5, 5));

    let a_part = [page, "# Boat\n- Stop it.\n"].join("\n");
    let ledger = judge(&[judged(&a, &a_part, twins(&[9, 10, 11, 12]))], &[]);
    assert_eq!(found(&ledger), [Rule::GroundInvalid; 4]);

    let without_the_first = "# Boat\n\n# Boat\n- Fill it.\n- Ran 5 km.\n- Start it.\n- Paid 9 euros.\n- Stop it.\n";
    let first = [2, 3, 4, 5, 6].map(|line| drop_line(line, path, line + 7)).to_vec();
    let ledger = judge(&[judged(&a, without_the_first, first.clone())], &[]);
    assert_eq!(found(&ledger), [Rule::GroundInvalid; 5]);

    let both = judge(&[judged(&a, "# Boat\n", [first, all].concat())], &[]);
    assert!(found(&both).contains(&Rule::GroundInvalid) && found(&both).contains(&Rule::FileEmptied));
}
