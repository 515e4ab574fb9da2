//! When two lines of two files are the same, and when they only look it.

use super::*;

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), version: 1, text: text.to_owned(), asserted_on: Vec::new() }
}

/// Whether the last statements of both texts are the same statement, each in a file of its own.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (file("user/a.md", a), file("user/b.md", b));
    let (a, b) = (ReadFile::new(&a), ReadFile::new(&b));
    let key = |f: &ReadFile<'_>| f.identities.last().expect("a statement").key.clone();
    key(&a).is_some() && key(&a) == key(&b)
}

#[test]
fn a_copy_under_neutral_headings_is_the_same() {
    for (a, b) in [
        ("# Notes 2026-11-03\n- Ann likes green tea.\n", "# 5 November 2026\n\n* ann likes green tea\n"),
        ("---\ndate: 2026-11-03\n---\n- Ann likes green tea\n", "Ann likes\ngreen tea.\n"),
        ("# Session 4\n## Facts\n- Ann likes green tea\n", "- FYI, Ann likes green tea (again)\n"),
        ("- City: Porto\n", "# Notes\nCity: Porto\n"),
        ("- 安は茶が好きです。\n", "# Notes\n- 安は茶が好きです\n"),
        ("# Ann\n- Ann likes green tea\n", "# Food\n- Ann likes green tea\n"),
    ] {
        assert!(same(a, b), "{a:?} / {b:?}");
    }
}

#[test]
fn context_makes_a_difference() {
    for (a, b) in [
        ("## At work\n- drinks black coffee\n", "## At home\n- drinks black coffee\n"),
        ("## At work\n- drinks black coffee\n", "- drinks black coffee\n"),
        ("# Ann\n- Lives in sunny Porto\n", "# Bob\n- Lives in sunny Porto\n"),
        ("# Notes\nAnn likes:\n- green tea with mint\n", "# Notes\nBob likes:\n- green tea with mint\n"),
        ("- Ann\n  - likes green tea\n", "- Bob\n  - likes green tea\n"),
        ("Name: Ann\nCity: Porto\n", "Name: Bob\nCity: Porto\n"),
        ("- Name: Ann\n- City: Porto\n", "- Name: Bob\n- City: Porto\n"),
        ("- Ann has a brother.\n- He lives in Porto.\n", "- Bob is here.\n- He lives in Porto.\n"),
        ("- [ ] call the green dentist\n", "- [x] call the green dentist\n"),
        ("- [ ] call the green dentist\n", "- call the green dentist\n"),
        ("- coffee\n", "- coffee\n"),
        ("# 2026-11-03\n- Ann slept badly today\n", "# 2026-11-05\n- Ann slept badly today\n"),
        ("# 2026-11-03\n- Ann was ill this morning.\n", "# 2026-11-05\n- Ann was ill this morning.\n"),
        ("- 👍\n", "- 👍\n"),
        ("1. Stir for ten minutes\n", "1. Stir for ten minutes\n"),
        ("> Ann likes green tea\n", "> Ann likes green tea\n"),
        ("## History\n- Ann likes green tea\n", "## History\n- Ann likes green tea\n"),
        ("# Notes\n## Previous\n- Ann likes green tea\n", "# Notes\n- Ann likes green tea\n"),
    ] {
        assert!(!same(a, b), "{a:?} / {b:?}");
    }
}

#[test]
fn the_same_context_is_the_same_again() {
    for text in [
        "## At work\n- drinks black coffee\n",
        "- Ann\n  - likes green tea\n",
        "Ann likes:\n- coffee\n",
        "- Ann has a brother.\n- He lives in Porto.\n",
        "# 2026-11-03\n- Ann slept badly today\n",
    ] {
        assert!(same(text, text), "{text:?}");
    }
}

#[test]
fn a_file_named_archive_holds_no_current_statement() {
    let archive = file("user/archive-2024.md", "- Ann likes green tea\n");
    assert_eq!(ReadFile::new(&archive).identities[0].key, None);
}

#[test]
fn fields_of_several_records_have_no_double() {
    let text = "# Contacts\n- Phone: 1\n- City: Porto\n\ntext\n\n- Phone: 2\n- City: Porto\n";
    let contacts = file("user/contacts.md", text);
    let read = ReadFile::new(&contacts);
    let fields = read.identities.iter().zip(&read.document.statements).filter(|(_, s)| s.text.contains(':'));
    assert!(fields.clone().count() == 4 && fields.clone().all(|(i, _)| i.key.is_none()));
    let value_changed = file("user/a.md", "- City: Porto\n- City: Rome\n- City: Porto\n");
    assert!(ReadFile::new(&value_changed).identities.iter().all(|i| i.key.is_some()));
    let labelled = "- Fact: Ann moved to sunny Porto in May\n- Plan: Ann will not stay there for long\n";
    let labelled = file("user/a.md", &format!("{labelled}{}", labelled.replace("Ann", "Bob")));
    assert!(ReadFile::new(&labelled).identities.iter().all(|i| i.key.is_some()));
}

fn day(d: u32) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(2026, 11, d)
}

#[test]
fn the_nearest_day_counts() {
    let text =
        "---\ndate: 2026-11-01\n---\n- a\n## 2026-11-02\n### sub\n- b\n- [2026-11-03] c\n- due 4 November 2026\n";
    let source = file("user/a.md", text);
    let read = ReadFile::new(&source);
    let days: Vec<_> = read.identities.iter().map(|i| i.when.effective).collect();
    assert_eq!(days, [day(1), day(2), day(3), day(4)]);
    assert_eq!(read.identities[3].when.around, day(2));
}

#[test]
fn without_a_day_in_the_text_the_day_of_the_first_assertion_counts() {
    let source =
        SourceFile { asserted_on: vec![None, day(5), day(6)], ..file("user/a.md", "- a\n- b\n  goes on\n- c\n") };
    let read = ReadFile::new(&source);
    let days: Vec<_> = read.identities.iter().map(|i| i.when.effective).collect();
    assert_eq!(days, [None, day(6), None]);
}

#[test]
fn standing_instructions_are_known() {
    for text in [
        "Always answer in French.",
        "Never call before 9",
        "From now on, use tabs",
        "Please always sign off",
        "Don't ever use emoji",
    ] {
        assert!(is_standing_instruction(text), "{text}");
    }
    assert!(!is_standing_instruction("Ann always answers in French"));
}
