//! How two lines relate, and which of several copies stays.

use chrono::NaiveDate;

use super::choice::prefer;
use super::*;
use crate::{LineOrigin, Rules, Source, SourceFile};

fn rules() -> Rules {
    Rules::on(NaiveDate::from_ymd_opt(2026, 12, 1).expect("a day"))
}

fn file(path: &str, text: &str) -> SourceFile {
    SourceFile { path: path.to_owned(), version: 1, text: text.to_owned(), ..SourceFile::default() }
}

/// How the last statements of two files relate.
fn graded(a: (&str, &str), b: (&str, &str)) -> Option<Grade> {
    let (a, b) = (file(a.0, a.1), file(b.0, b.1));
    let (a, b) = (ReadFile::new(&a, &rules()), ReadFile::new(&b, &rules()));
    let last = |file: &ReadFile<'_>| file.identities.len() - 1;
    let there = grade((&a, last(&a)), (&b, last(&b)));
    assert_eq!(there, grade((&b, last(&b)), (&a, last(&a))), "it is the same both ways");
    there
}

/// How the last statements of two notes without a context relate.
fn of_texts(a: &str, b: &str) -> Option<Grade> {
    graded(("user/notes/n1.md", a), ("user/notes/n2.md", b))
}

#[test]
fn what_a_reader_of_the_other_copy_knows_as_well_is_certainly_a_copy() {
    for (a, b) in [
        ("# Notes 2026-11-03\n- Ann likes green tea.\n", "# 5 November 2026\n\n* Ann likes green tea\n"),
        ("---\ndate: 2026-11-03\n---\n- Ann likes green tea\n", "Ann likes green tea.\n"),
        ("# Session 4\n## Facts\n- Ann likes green tea\n", "- FYI, Ann likes green tea\n"),
        ("# Ann\n- Ann likes green tea\n", "# Ann\n- Ann likes green tea\n"),
        ("- Ann likes green tea\n", "# Food\n- Ann likes green tea\n"),
        ("- [ ] Ann likes green tea\n", "- [ ] Ann likes green tea\n"),
        ("- Ann has a son.\n- My brother knows him.\n", "- Bob is here.\n- My brother knows him.\n"),
        ("- 田中さんは茶が好きです。\n", "# Notes\n- 田中さんは茶が好きです\n"),
        (
            "[1]: https://a.example\n\n- Ann lives in [a tower][1]\n",
            "[1]: https://a.example\n\n- Ann lives in [a tower][1]\n",
        ),
    ] {
        assert_eq!(of_texts(a, b), Some(Grade::Certain), "{a:?} / {b:?}");
    }
}

#[test]
fn a_copy_for_a_person_to_judge_is_probable() {
    for (a, b) in [
        ("- Ann does not eat meat\n", "- Ann doesn't eat meat\n"),
        ("- The dog prefers fish\n", "- The dog prefers fish\n"),
        ("- Vegetarian\n", "- Vegetarian\n"),
        ("- Diet: vegan\n", "# Notes\n- Diet: vegan\n"),
        ("- Always answer in French\n", "- Always answer in French\n"),
        ("## At work\n- Ann likes green tea\n", "- Ann likes green tea\n"),
        ("# Ann\n## At work\n- Ann likes green tea\n", "# Ann\n- Ann likes green tea\n"),
        ("# 2026-11-03\n- Ann plays tennis\n", "# 2026-11-05\n- Ann plays tennis\n"),
    ] {
        assert_eq!(of_texts(a, b), Some(Grade::Probable), "{a:?} / {b:?}");
    }
}

#[test]
fn another_context_an_event_or_a_place_that_does_not_count_makes_lines_different() {
    for (a, b) in [
        ("## At work\n- Ann drinks black coffee\n", "## At home\n- Ann drinks black coffee\n"),
        ("# Ann\n- Lives in sunny Oslo\n", "# Bob\n- Lives in sunny Oslo\n"),
        ("## Food\n- Ann likes green tea\n", "## Health\n- Ann likes green tea\n"),
        ("Ann's favourites:\n- Bob likes tea\n", "Ben's favourites:\n- Bob likes tea\n"),
        ("- Ann\n  - likes green tea\n", "- Bob\n  - likes green tea\n"),
        ("Name: Ann\nCity: Oslo\n", "Name: Bob\nCity: Oslo\n"),
        ("- Ann has a brother.\n- He lives in Oslo.\n", "- Bob is here.\n- He lives in Oslo.\n"),
        ("- [ ] Ann calls the dentist\n", "- [x] Ann calls the dentist\n"),
        ("- [ ] Ann likes green tea\n", "- Ann likes green tea\n"),
        ("- coffee\n", "- coffee\n"),
        ("- Ann slept badly\n", "- Ann slept badly\n"),
        ("# 2026-11-03\n- Ann is ill\n", "# 2026-11-05\n- Ann is ill\n"),
        ("- 👍\n", "- 👍\n"),
        ("1. Ann likes green tea\n", "1. Ann likes green tea\n"),
        ("> Ann likes green tea\n", "> Ann likes green tea\n"),
        ("## History\n- Ann likes green tea\n", "## History\n- Ann likes green tea\n"),
        ("+ Ann likes green tea\n- Ben is here\n- Ann likes milk\n+ Ann likes tea\n", "- Ann likes tea\n"),
        ("- Suppose so\n- Ann likes green tea\n", "- Ann likes green tea\n"),
        ("# 2027-01-01\n- Ann likes green tea\n", "- Ann likes green tea\n"),
        ("- [2027-01-01] Ann likes green tea\n", "- Ann likes green tea\n"),
        ("Ann likes\ngreen tea\n", "Ann likes\ngreen tea\n"),
        ("- He likes green tea\n", "- He likes green tea\n"),
        (
            "[1]: https://a.example\n\n- Ann lives in [a tower][1]\n",
            "[1]: https://b.example\n\n- Ann lives in [a tower][1]\n",
        ),
        ("[^1]: in Oslo\n\n- Ann lives in a tower[^1]\n", "[^1]: in Rome\n\n- Ann lives in a tower[^1]\n"),
    ] {
        assert_eq!(of_texts(a, b), None, "{a:?} / {b:?}");
    }
}

#[test]
fn an_event_is_a_copy_only_where_it_names_its_day_and_stands_in_another_file() {
    let (dated, undated) = ("- Ann moved to Oslo on 3 May 2024.\n", "- Ann moved to Oslo.\n");
    assert_eq!(of_texts(dated, dated), Some(Grade::Certain));
    assert_eq!(of_texts(undated, undated), None);
    let twice = file("user/a.md", &format!("{dated}- Ann has a cat.\n{dated}"));
    let read = ReadFile::new(&twice, &rules());
    assert_eq!(grade((&read, 0), (&read, 2)), None);
    for measured in ["- Ann took 5 mg on 3 May 2024.\n", "- Ann paid 40 euros on 3 May 2024.\n"] {
        assert_eq!(of_texts(measured, measured), None, "{measured}");
    }
}

#[test]
fn what_names_no_subject_is_a_copy_only_of_the_line_directly_before_it_in_its_list() {
    let of = |text: &str, a: usize, b: usize| {
        let file = file("user/a.md", text);
        let read = ReadFile::new(&file, &rules());
        grade((&read, a), (&read, b))
    };
    let line = "- The dog prefers fish.\n";
    assert_eq!(of(&line.repeat(2), 0, 1), Some(Grade::Certain));
    assert_eq!(of(&format!("{line}\n{line}"), 0, 1), Some(Grade::Certain));
    assert_eq!(of(&format!("{line}- Ann has a cat.\n{line}"), 0, 2), Some(Grade::Probable));
    assert_eq!(of(&format!("{line}\n## Facts\n{line}"), 0, 1), Some(Grade::Probable));
    assert_eq!(of("The dog prefers fish.\n\nThe dog prefers fish.\n", 0, 1), Some(Grade::Probable));
}

#[test]
fn what_something_hangs_on_is_neither_a_duplicate_nor_a_ground() {
    for below in [
        "  - and more\n",
        "  ```\n  ls\n  ```\n",
        "- He agrees.\n",
        "\nHe agrees.\n",
        "- Wrong.\n",
        "- All this is sure.\n",
        "- These are old.\n",
    ] {
        let one = file("user/notes/n1.md", &format!("- Ann likes green tea.\n{below}"));
        let other = file("user/notes/n2.md", "- Ann likes green tea.\n");
        let (one, other) = (ReadFile::new(&one, &rules()), ReadFile::new(&other, &rules()));
        assert_eq!(grade((&one, 0), (&other, 0)), None, "{below}");
    }
}

#[test]
fn a_dream_touches_only_prose_of_the_user_that_is_no_log() {
    for (path, text) in
        [("user/a.md", ""), ("user/a.markdown", ""), ("user/a.TXT", ""), ("user/a", ""), ("user/a/b.md", "")]
    {
        assert!(is_curated(path, text), "{path}");
    }
    for (path, text) in [
        ("user/a.json", ""),
        ("user/a.sql", ""),
        ("user/a.sh", ""),
        ("user/a.md", "#!/bin/sh\nls\n"),
        ("user/a.md", "{\"a\": 1}"),
        ("user/a.md", " [1, 2]\n"),
        ("user/log.md", ""),
        ("user/build-log.md", ""),
        ("user/build_log.md", ""),
        ("user/build log.md", ""),
        ("user/build.log.md", ""),
        ("user/CHANGELOG.md", ""),
        ("user/worklog.md", ""),
        ("user/devlog.md", ""),
        ("user/logs/a.md", ""),
        ("user/Log/a.md", ""),
        ("shared/a.md", ""),
        ("a.md", ""),
        ("user/../a.md", ""),
    ] {
        assert!(!is_curated(path, text), "{path}");
    }
    for path in ["user/catalog.md", "user/blog.md", "user/dialogue.md"] {
        assert!(is_curated(path, ""), "{path}");
    }
}

const TEA: &str = "- Ann likes green tea.\n";

/// Of the first statements of two files: the path of the one that stays where no other value stands beside them.
fn preferred<'a>(a: &'a SourceFile, b: &'a SourceFile) -> &'a str {
    let (x, y) = (ReadFile::new(a, &rules()), ReadFile::new(b, &rules()));
    let order = prefer((&x, 0), (&y, 0));
    assert_eq!(order, prefer((&y, 0), (&x, 0)).reverse());
    if order.is_lt() { &a.path } else { &b.path }
}

#[test]
fn the_better_copy_stays_by_place_then_day_then_writing_then_path() {
    let topic = format!("# Ann\n{TEA}");
    for (better, worse) in [
        (("user/profile.md", TEA), ("user/a.md", &*topic)),
        (("user/z.md", "---\npin: true\n---\n- Ann likes green tea.\n"), ("user/people/a.md", TEA)),
        (("user/people/z.md", TEA), ("user/notes.md", TEA)),
        (("user/people/z.md", TEA), ("user/people/a.md", "# 2026-11-05\n- Ann likes green tea.\n")),
        (("user/notes.md", TEA), ("user/2026-11-05.md", TEA)),
        (("user/notes.md", TEA), ("user/sessions/s1.md", TEA)),
        (("user/notes.md", TEA), ("user/journal.md", TEA)),
        (("user/z.md", "---\ndate: 2026-11-05\n---\n- Ann likes green tea.\n"), ("user/b.md", TEA)),
        (("user/sessions/2026-11-05.md", TEA), ("user/sessions/2026-11-03.md", TEA)),
        (("user/sessions/2026-11-03.md", TEA), ("user/sessions/s9.md", TEA)),
        (("user/n/z.md", TEA), ("user/n/a.md", "- ann likes green tea.\n")),
        (("user/n/z.md", TEA), ("user/n/a.md", "- Ann likes green tea\n")),
        (("user/n/z.md", TEA), ("user/n/a.md", "-   Ann likes green tea.\n")),
        (("user/n/z.md", TEA), ("user/n/a.md", "- FYI, Ann likes green tea.\n")),
        (("user/n/a.md", TEA), ("user/n/b.md", TEA)),
    ] {
        let (a, b) = (file(better.0, better.1), file(worse.0, worse.1));
        assert_eq!(preferred(&a, &b), better.0, "{better:?} / {worse:?}");
    }
}

fn said(path: &str, source: Source, asserted: u32, last: Option<u32>) -> SourceFile {
    let day = |d: u32| NaiveDate::from_ymd_opt(2026, 11, d);
    let origin = LineOrigin { asserted_on: day(asserted), last_said: last.and_then(day), source };
    SourceFile { origins: vec![origin], ..file(path, TEA) }
}

#[test]
fn what_the_person_said_is_dropped_for_nobody_elses_words() {
    let order = [Source::User, Source::Agent, Source::Tool, Source::Web];
    for (i, &better) in order.iter().enumerate() {
        for &worse in &order[i + 1..] {
            let (a, b) = (said("user/sessions/z.md", better, 1, None), said("user/profile.md", worse, 5, None));
            assert_eq!(preferred(&a, &b), a.path, "{better:?} / {worse:?}");
            let (x, y) = (ReadFile::new(&a, &rules()), ReadFile::new(&b, &rules()));
            let files = [&x, &y];
            let places = Places::new(&files, &rules());
            assert!(!places.may_stay_for((&y, 0), (&x, 0)), "{better:?} / {worse:?}");
            assert!(places.may_stay_for((&x, 0), (&y, 0)), "{better:?} / {worse:?}");
        }
    }
}

#[test]
fn without_a_written_day_the_day_on_which_it_was_last_said_decides() {
    let (early, late) = (said("user/a.md", Source::Agent, 1, None), said("user/z.md", Source::Agent, 2, None));
    assert_eq!(preferred(&early, &late), "user/z.md");
    let again = said("user/a.md", Source::Agent, 1, Some(3));
    assert_eq!(preferred(&again, &late), "user/a.md");
}

/// The lines that stay of the copies of `line` in the files, as `path:line`.
fn staying(files: &[SourceFile], rules: &Rules, line: &str) -> Vec<String> {
    let read: Vec<ReadFile<'_>> = files.iter().map(|file| ReadFile::new(file, rules)).collect();
    let all: Vec<&ReadFile<'_>> = read.iter().collect();
    let places = Places::new(&all, rules);
    let group: Vec<Place> = read
        .iter()
        .enumerate()
        .flat_map(|(f, file)| file.document.statements.iter().enumerate().map(move |(s, said)| ((f, s), said)))
        .filter(|(_, said)| said.text.contains(line))
        .map(|(place, _)| place)
        .collect();
    let gone: Vec<Place> = places.grounds(&group, Grade::Certain).into_iter().map(|(goes, _)| goes).collect();
    let stays = group.into_iter().filter(|place| !gone.contains(place));
    stays.map(|(f, s)| format!("{}:{}", files[f].path, read[f].document.statements[s].lines.first)).collect()
}

#[test]
fn oslo_rome_oslo_ends_at_oslo() {
    let day =
        |d: u32, city: &str| file(&format!("user/sessions/2026-11-0{d}.md"), &format!("- Ann lives in {city}.\n"));
    let files = [day(1, "Oslo"), day(2, "Rome"), day(3, "Oslo")];
    assert_eq!(staying(&files, &rules(), "Oslo"), ["user/sessions/2026-11-03.md:1"]);
    let profile = file("user/profile.md", "- Ann lives in Oslo.\n");
    let with_profile = [day(1, "Oslo"), day(2, "Rome"), day(3, "Oslo"), profile];
    assert_eq!(staying(&with_profile, &rules(), "Oslo"), ["user/sessions/2026-11-03.md:1", "user/profile.md:1"]);
}

#[test]
fn without_another_value_the_pinned_copy_stays_for_dated_ones() {
    let day = |d: u32| file(&format!("user/sessions/2026-11-0{d}.md"), "- Ann lives in Oslo.\n");
    let files = [day(1), day(3), file("user/profile.md", "- Ann lives in Oslo.\n")];
    assert_eq!(staying(&files, &rules(), "Oslo"), ["user/profile.md:1"]);
}

#[test]
fn where_only_a_part_of_the_files_is_known_one_dated_and_one_undated_copy_stay() {
    let day = |d: u32| file(&format!("user/sessions/2026-11-0{d}.md"), "- Ann lives in Oslo.\n");
    let files = [
        day(1),
        day(3),
        file("user/notes.md", "- Ann lives in Oslo.\n"),
        file("user/profile.md", "- Ann lives in Oslo.\n"),
    ];
    let stay = staying(&files, &rules().over_a_part(), "Oslo");
    assert_eq!(stay, ["user/sessions/2026-11-03.md:1", "user/profile.md:1"]);
}

#[test]
fn another_value_is_a_short_run_or_another_verb_in_the_same_context() {
    for (other, contested) in [
        ("- Ann lives in Rome.\n", true),
        ("- Ann lives in the old town of Rome.\n", true),
        ("- Ann lives in Rome with her two old cats and a dog.\n", false),
        ("- Ann works in Oslo.\n", true),
        ("- Ann doesn't live in Oslo.\n", true),
        ("- Ann likes the old harbour in Oslo.\n", false),
        ("## At work\n- Ann lives in Rome.\n", false),
        ("- Ben likes milk.\n", false),
    ] {
        let files = [file("user/profile.md", "- Ann lives in Oslo.\n"), file("user/2026-11-02.md", other)];
        let read: Vec<ReadFile<'_>> = files.iter().map(|file| ReadFile::new(file, &rules())).collect();
        let all: Vec<&ReadFile<'_>> = read.iter().collect();
        assert_eq!(Places::new(&all, &rules()).is_contested((&read[0], 0)), contested, "{other}");
    }
}
