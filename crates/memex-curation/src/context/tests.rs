//! What a place says: path, front matter, headings and what introduces a line.

use super::*;
use crate::Rules;
use crate::SourceFile;
use crate::same::ReadFile;

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The parts of the context of the last statement.
fn parts_with(path: &str, text: &str, neutral: &[&str]) -> Vec<String> {
    let file = SourceFile { path: path.to_owned(), version: 1, text: text.to_owned(), ..SourceFile::default() };
    let rules = Rules::on(day("2026-12-01")).with_neutral(neutral.iter().copied());
    let read = ReadFile::new(&file, &rules);
    let last = read.identities.last().expect("a statement");
    last.context.parts.iter().map(|part| part.text.to_string()).collect()
}

const LINE: &str = "- Ann likes green tea.\n";

fn of_path(path: &str) -> Vec<String> {
    parts_with(path, LINE, &[])
}

fn of_text(text: &str) -> Vec<String> {
    parts_with("user/notes.md", &format!("{text}{LINE}"), &[])
}

#[test]
fn a_path_says_nothing_where_it_only_names_a_session_a_note_or_a_day() {
    for path in [
        "user/profile.md",
        "user/notes.md",
        "user/note",
        "user/preferences.md",
        "user/inbox.md",
        "user/sessions/s04.md",
        "user/sessions/s-04.md",
        "user/sessions/session-4.md",
        "user/notes/n-3fa2.md",
        "user/conversations/0f3a9c1b.md",
        "user/conversations/123e4567-e89b-12d3-a456-426614174000.md",
        "user/notes/01ARZ3NDEKTSV4RRFFQ69G5FAV.md",
        "user/threads/t12.md",
        "user/2026-01-01.md",
        "user/notes/2026-01-01.md",
        "user/2026/01/01.md",
        "user/2026/01/2026-01-01.md",
        "user/2026-01-01/notes.md",
        "user/notizen/2026-01-01.md",
        "user/tagebuch.md",
    ] {
        let said = of_path(path);
        assert!(said.is_empty(), "{path}: {said:?}");
    }
}

#[test]
fn a_path_counts_where_it_says_who_where_when_or_what() {
    for (path, parts) in [
        ("user/people/anna.md", &["people", "anna"][..]),
        ("user/projects/alpha.md", &["projects", "alpha"]),
        ("user/work.md", &["work"]),
        ("user/Work preferences.md", &["work preferences"]),
        ("user/anna-notes.md", &["anna notes"]),
        ("user/winter.md", &["winter"]),
        ("user/2026-11.md", &["2026 11"]),
        ("user/2026/11.md", &["2026", "11"]),
        ("user/notes/s04.md", &["s04"]),
        ("user/sessions/s04b.md", &["s04b"]),
        ("user/s04.md", &["s04"]),
        ("user/0f3a9c1b.md", &["0f3a9c1b"]),
        ("user/sessions/cafe.md", &["cafe"]),
        ("user/sessions/decade.md", &["decade"]),
        ("user/sessions/12345.md", &["12345"]),
        ("user/notes/anna/n1.md", &["anna", "n1"]),
        ("user/anna/anna.md", &["anna"]),
    ] {
        assert_eq!(of_path(path), parts, "{path}");
    }
}

#[test]
fn a_path_tells_the_day_and_the_archive() {
    for path in ["user/2026-01-02.md", "user/2026/01/02.md", "user/2026-01-02/notes.md", "user/notes/2026_01_02.md"] {
        assert_eq!(PathPlace::new(path).day, Some(day("2026-01-02")), "{path}");
    }
    assert_eq!(PathPlace::new("user/2026/13/02.md").day, None);
    for path in ["user/archive/a.md", "user/old-notes.md", "user/a.bak.md", "user/alt/notizen.md", "user/Trash/x.md"] {
        assert!(PathPlace::new(path).archived, "{path}");
    }
    for path in ["user/notes.md", "user/anna.md", "user/goldfish.md"] {
        assert!(!PathPlace::new(path).archived, "{path}");
    }
}

#[test]
fn front_matter_counts_but_for_what_it_says_of_the_file() {
    for (front, parts) in [
        ("title: Anna", &["anna"][..]),
        ("name: Anna", &["anna"]),
        ("subject: Anna", &["anna"]),
        ("project: alpha", &["alpha"]),
        ("title: Notes", &[]),
        ("person: Anna", &["person anna"]),
        ("tags: [home, summer]", &["tags home", "tags summer"]),
        ("id: 7", &["id 7"]),
        ("session: alpha", &["session alpha"]),
        ("session: 4", &[]),
        ("session: 0f3a9c1b", &[]),
        ("id: 123e4567-e89b-12d3-a456-426614174000", &[]),
        ("pin: true", &[]),
        ("created: 2026-01-01", &[]),
        ("created_at: 2026-01-01", &[]),
        ("updated: 2026-01-01", &[]),
        ("date: 2026-11-03", &[]),
        ("day: 2026-11-03", &[]),
        ("date: soon", &["date soon"]),
        ("due: 2026-11-03", &["due 2026 11 03"]),
    ] {
        assert_eq!(of_text(&format!("---\n{front}\n---\n")), parts, "{front}");
    }
}

#[test]
fn a_heading_says_nothing_where_each_word_is_empty_a_full_day_or_joins() {
    for heading in [
        "# Notes",
        "# Notes 2026-11-03",
        "# 5 November 2026",
        "# Tuesday, 3 November 2026",
        "# Session 4",
        "# Notes from the session of 3 November 2026",
        "# Chat 12",
        "# Thread 7",
        "# Part 2",
        "## Facts",
        "## Session 4",
        "## **Notes**",
        "## Notes:",
        "# Notizen",
        "# 3. November 2026",
    ] {
        let said = of_text(&format!("{heading}\n"));
        assert!(said.is_empty(), "{heading}: {said:?}");
    }
}

#[test]
fn a_heading_counts_where_it_says_who_where_when_or_on_what_terms() {
    for (heading, part) in [
        ("# Anna", "anna"),
        ("## At work", "at work"),
        ("## Work preferences", "work preferences"),
        ("## Notes for Anna", "notes for anna"),
        ("## Thread 7", "thread 7"),
        ("## Part 2", "part 2"),
        ("## Notes 4", "notes 4"),
        ("## Tuesday", "tuesday"),
        ("## Notes of Tuesday", "notes of tuesday"),
        ("## November 2026", "november 2026"),
        ("## 09:30", "09:30"),
        ("## Winter", "winter"),
        ("## Q3", "q3"),
        ("## Week 44", "week 44"),
        ("## If it rains", "if it rains"),
        ("## On the", "on the"),
        ("## Home_work", "home work"),
    ] {
        assert_eq!(of_text(&format!("{heading}\n")), [part], "{heading}");
    }
}

#[test]
fn headings_of_every_level_count_and_a_repeated_part_counts_once() {
    assert_eq!(of_text("# Anna\n## Work\n### Desk\n"), ["anna", "work", "desk"]);
    assert_eq!(parts_with("user/anna.md", &format!("# Anna\n{LINE}"), &[]), ["anna"]);
    assert_eq!(of_text("<h2>Anna</h2>\n\n"), ["anna"]);
    assert_eq!(of_text("<details>\n<summary>Anna</summary>\n\n"), ["<details>", "anna"]);
    assert!(of_text("# Anna\n# Notes\n").is_empty());
}

#[test]
fn the_title_of_the_profile_is_the_users_and_does_not_count() {
    assert!(parts_with("user/profile.md", &format!("# Ann Miller\n{LINE}"), &[]).is_empty());
    assert_eq!(parts_with("user/profile.md", &format!("## Ann Miller\n{LINE}"), &[]), ["ann miller"]);
    assert_eq!(parts_with("user/people/profile.md", &format!("# Ann\n{LINE}"), &[]), ["people", "ann"]);
}

#[test]
fn items_labels_paragraphs_table_heads_comments_and_wrappers_introduce() {
    for (above, part) in [
        ("- Anna\n  ", "anna"),
        ("Anna:\n\n", "anna"),
        ("**Anna**\n\n", "anna"),
        ("For the trip to Rome we settled this:\n\n", "for the trip to rome we settled this"),
        ("<!-- Anna -->\n", "anna"),
        ("<del>\n\n", "<del>"),
        ("<details>\n\n", "<details>"),
    ] {
        assert_eq!(of_text(above), [part], "{above}");
    }
}

#[test]
fn what_the_operator_calls_neutral_says_nothing() {
    let text = format!("# Team Blue\n## team-blue\n### Anna\n{LINE}");
    assert_eq!(parts_with("user/notes.md", &text, &["TEAM_blue"]), ["anna"]);
    assert!(parts_with("user/crm/notes.md", LINE, &["crm"]).is_empty());
    // A phrase is read as a part is, however it was typed.
    let text = format!("# **Rétro**\n## Ada\u{2019}s stand-up:\n### Weekly sync 2\n{LINE}");
    let neutral = ["Re\u{301}tro:", "Ada\u{2019}s  STAND_UP", "**Weekly** sync", ":", ""];
    assert_eq!(parts_with("user/notes.md", &text, &neutral), ["weekly sync 2"], "a part counts only as a whole");
}

/// A context of parts; one in round brackets says only what about.
fn context(parts: &[&str]) -> Context {
    let said = |part: &&str| {
        let topic = part.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
        Said { text: Arc::from(topic.unwrap_or(part)), topic: topic.is_some() }
    };
    Context { parts: parts.iter().map(said).collect() }
}

#[test]
fn contexts_agree_where_they_are_equal_or_one_is_empty_and_the_other_says_only_what_about() {
    for (a, b, agree) in [
        (&[][..], &[][..], true),
        (&["anna"], &["anna"], true),
        (&["(food)"], &[], true),
        (&["(food)", "(tools)"], &[], true),
        (&["(food)"], &["(tools)"], false),
        (&["(food)", "anna"], &[], false),
        (&["(food)", "anna"], &["anna"], false),
        (&["anna"], &[], false),
        (&["anna"], &["ben"], false),
        (&["anna", "work"], &["work", "anna"], false),
    ] {
        assert_eq!(context(a).agrees_with(&context(b)), agree, "{a:?} / {b:?}");
        assert_eq!(context(b).agrees_with(&context(a)), agree, "{b:?} / {a:?}");
    }
}

#[test]
fn a_context_holds_another_one_whose_parts_all_stand_in_it_in_order() {
    for (a, b, holds) in [
        (&[][..], &["anna"][..], true),
        (&["anna"], &["anna", "work"], true),
        (&["work"], &["anna", "work"], true),
        (&["work", "anna"], &["anna", "work"], false),
        (&["ben"], &["anna", "work"], false),
    ] {
        assert_eq!(context(a).holds_or_is_held_by(&context(b)), holds, "{a:?} / {b:?}");
        assert_eq!(context(b).holds_or_is_held_by(&context(a)), holds, "{b:?} / {a:?}");
    }
}

#[test]
fn topics_are_known_and_places_and_people_are_none() {
    for topic in ["Food", "Cooking", "Health", "Hobbies", "Tools", "Reading"] {
        assert!(Part::new(topic, false).is_topic(Tongues::default()), "{topic}");
    }
    for other in ["Home", "Work", "Family", "People", "Pets", "School", "Anna", "Food at home", "Work preferences"] {
        assert!(!Part::new(other, false).is_topic(Tongues::default()), "{other}");
    }
}

#[test]
fn the_nearest_written_day_counts() {
    let text =
        "---\ndate: 2026-11-01\n---\n- Ann a\n## 2026-11-02\n### sub\n- Ann b\n- [2026-11-03] Ann c\n\n## x\n- Ann d\n";
    let file =
        SourceFile { path: "user/2026-10-31.md".to_owned(), version: 1, text: text.into(), ..Default::default() };
    let read = ReadFile::new(&file, &Rules::on(day("2026-12-01")));
    let days: Vec<_> = read.identities.iter().map(|i| i.day.expect("a day").to_string()).collect();
    assert_eq!(days, ["2026-11-01", "2026-11-02", "2026-11-03", "2026-11-01"]);
    let undated = SourceFile { text: "- Ann a\n".to_owned(), ..file.clone() };
    assert_eq!(ReadFile::new(&undated, &Rules::on(day("2026-12-01"))).identities[0].day, Some(day("2026-10-31")));
}
