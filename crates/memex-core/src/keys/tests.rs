//! The keys, from both sides of their ranges.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

/// Each numeric key as the design has it: name, default, smallest, largest.
const NUMBERS: &[(&str, i64, i64, i64)] = &[
    ("dream_interval_minutes", 60, 1, 10_080),
    ("dream_grace_period_minutes", 30, 0, 1_440),
    ("dream_min_changes", 1, 1, 1_000),
    ("dream_concurrency", 3, 1, 1_000),
    ("dream_max_writes", 10, 1, 200),
    ("dream_max_files", 20, 1, 200),
    ("dream_max_bytes", 131_072, 1_024, 4_194_304),
    ("dream_max_read_bytes", 4_194_304, 65_536, 67_108_864),
    ("dream_max_seconds", 600, 10, 3_600),
    ("dream_lease_seconds", 60, 5, 600),
    ("dream_max_loss_percent", 20, 0, 100),
    ("dream_max_attempts", 5, 1, 20),
    ("dream_review_days", 14, 1, 90),
    ("access_log_retention_days", 90, 1, 3_650),
    ("max_text_bytes", 102_400, 1_024, 1_048_576),
    ("max_files", 2_000, 1, 20_000),
    ("max_scope_bytes", 104_857_600, 1_048_576, 10_737_418_240),
    ("request_retention_hours", 48, 1, 720),
];

#[test]
fn every_number_is_bounded_on_both_sides() {
    for &(name, default, min, max) in NUMBERS {
        let key = key(name).unwrap();
        assert_eq!(key.default, default.to_string(), "{name}");
        for inside in [min, max, default] {
            assert_eq!(key.check(&inside.to_string()), Ok(inside.to_string()), "{name}");
        }
        for outside in [min - 1, max + 1, i64::MAX, i64::MIN] {
            assert!(matches!(key.check(&outside.to_string()), Err(KeyRefusal::OutOfRange { .. })), "{name} {outside}");
        }
    }
    let numbers = KEYS.iter().filter(|key| matches!(key.kind, KeyKind::Integer { .. })).count();
    assert_eq!(numbers, NUMBERS.len());
}

#[test]
fn names_are_unique_and_every_default_is_a_value() {
    let names: HashSet<&str> = KEYS.iter().map(|key| key.name).collect();
    assert_eq!(names.len(), KEYS.len());
    for key in KEYS {
        assert_eq!(key.check(key.default).as_deref(), Ok(key.default), "{}", key.name);
        assert!(key.levels.is_sorted() && !key.levels.is_empty(), "{}", key.name);
        assert_eq!(key.levels.len() == 1, key.narrow == Narrowing::OneLevel, "{}", key.name);
    }
    assert!(key("dream_enable").is_none());
}

#[test]
fn numbers_are_digits_and_have_one_canonical_spelling() {
    let interval = key("dream_interval_minutes").unwrap();
    assert_eq!(interval.check(" 0060 "), Ok("60".to_owned()));
    for value in ["", " ", "-", "+60", "6e1", "60.0", "60 minutes", "0x3c", "6_0", "６０", "--1"] {
        assert!(matches!(interval.check(value), Err(KeyRefusal::NotInteger { .. })), "{value:?}");
    }
    assert!(matches!(interval.check("99999999999999999999999"), Err(KeyRefusal::OutOfRange { .. })));
}

#[test]
fn flags_and_choices_take_their_words_alone() {
    let enabled = key("dream_enabled").unwrap();
    assert_eq!(enabled.check("true"), Ok("true".to_owned()));
    for value in ["True", "1", "on", "yes", ""] {
        assert_eq!(enabled.check(value), Err(KeyRefusal::NotBool { key: "dream_enabled" }));
    }
    let mode = key("dream_mode").unwrap();
    assert_eq!(mode.check("dry_run"), Ok("dry_run".to_owned()));
    let refusal = mode.check("dry-run").unwrap_err();
    assert_eq!(refusal.to_string(), "dream_mode is one of: apply, review, dry_run");
}

#[test]
fn phrases_are_trimmed_and_stand_once_in_the_order_in_which_they_were_given() {
    let neutral = key("dream_neutral").unwrap();
    for (value, canonical) in [
        ("", ""),
        (" ;\n;\r\n ", ""),
        ("Weekly sync", "Weekly sync"),
        (" Weekly sync ;Stand-up\r\nweekly SYNC\nRétro; RÉTRO", "Weekly sync; Stand-up; Rétro"),
        ("a=b, c", "a=b, c"),
    ] {
        assert_eq!(neutral.check(value).as_deref(), Ok(canonical), "{value:?}");
        assert_eq!(neutral.check(canonical).as_deref(), Ok(canonical), "{value:?}");
    }
    assert_eq!(neutral_phrases("Weekly sync; Stand-up"), ["Weekly sync", "Stand-up"]);
    assert_eq!(neutral_phrases(&format!("Weekly sync;{}", "x".repeat(101))), [""; 0], "another version's value");
}

#[test]
fn a_phrase_beyond_the_limits_is_refused_with_the_key_the_phrase_and_the_rule() {
    let neutral = key("dream_neutral").unwrap();
    let refusal = |value: &str| neutral.check(value).unwrap_err().to_string();
    let many = |count: usize| (0..count).map(|number| format!("Phrase {number}")).collect::<Vec<_>>().join(";");
    assert!(neutral.check(&many(100)).is_ok() && neutral.check(&format!("{};PHRASE 7", many(100))).is_ok());
    assert_eq!(refusal(&many(101)), "dream_neutral takes at most 100 phrases; these are 101");
    assert!(neutral.check(&"ä".repeat(100)).is_ok());
    let begin = "ä".repeat(40);
    assert_eq!(
        refusal(&format!("Stand-up; {}", "ä".repeat(101))),
        format!("dream_neutral: a phrase has at most 100 characters; \"{begin}\"… has 101")
    );
    for (phrase, shown) in
        [("Weekly\tsync", r#""Weekly\tsync""#), ("a\0", r#""a\0""#), ("\u{85}b\u{7f}b", r#""b\u{7f}b""#)]
    {
        assert_eq!(refusal(phrase), format!("dream_neutral: a phrase has no control characters; {shown} has one"),);
    }
}

#[test]
fn the_modes_of_the_key_are_those_of_a_dream() {
    let modes: Vec<&str> = crate::dream::Mode::ALL.iter().map(|mode| mode.as_str()).collect();
    assert_eq!(key("dream_mode").unwrap().kind, KeyKind::Choice(&["apply", "review", "dry_run"]));
    assert_eq!(modes, ["apply", "review", "dry_run"]);
}

/// What counts for `name` where the levels say this, from left to right.
fn effective(name: &str, set: &[(Level, &'static str)]) -> String {
    key(name).unwrap().effective(|level| set.iter().find(|(at, _)| *at == level).map(|(_, value)| *value))
}

#[test]
fn dreaming_is_on_only_where_deployment_and_workspace_both_say_so() {
    use Level::{Deployment, Workspace};
    assert_eq!(effective("dream_enabled", &[]), "false");
    assert_eq!(effective("dream_enabled", &[(Deployment, "true")]), "false");
    assert_eq!(effective("dream_enabled", &[(Workspace, "true")]), "false");
    assert_eq!(effective("dream_enabled", &[(Deployment, "true"), (Workspace, "true")]), "true");
    assert_eq!(effective("dream_enabled", &[(Deployment, "false"), (Workspace, "true")]), "false");
}

#[test]
fn the_leftmost_level_sets_and_further_ones_only_narrow() {
    use Level::{Dream, User, Workspace};
    assert_eq!(effective("dream_max_writes", &[(Workspace, "50")]), "50");
    assert_eq!(effective("dream_max_writes", &[(User, "50")]), "10");
    assert_eq!(effective("dream_max_writes", &[(Workspace, "50"), (User, "20"), (Dream, "30")]), "20");
    assert_eq!(effective("dream_mode", &[(Workspace, "review"), (Dream, "apply")]), "review");
    assert_eq!(effective("dream_mode", &[(User, "review"), (Dream, "dry_run")]), "dry_run");
    assert_eq!(effective("dream_curator", &[(Dream, "llm")]), "builtin");
    assert_eq!(effective("dream_curator", &[(Workspace, "llm")]), "llm");
    assert_eq!(effective("dream_guard", &[(Workspace, "refuse"), (User, "review")]), "refuse");
}

#[test]
fn a_level_without_the_key_and_a_value_out_of_range_count_for_nothing() {
    use Level::{Dream, User, Workspace};
    assert_eq!(effective("dream_concurrency", &[(User, "1")]), "3");
    assert_eq!(effective("dream_max_writes", &[(Workspace, "many"), (Dream, "0")]), "10");
}

proptest! {
    #[test]
    fn no_level_ever_widens(workspace in 1i64..=200, user in proptest::option::of(-5i64..=205), dream in proptest::option::of(-5i64..=205)) {
        let texts = [Some(workspace), user, dream].map(|value| value.map(|value| value.to_string()));
        let got: i64 = key("dream_max_writes").unwrap().effective(|level| match level {
            Level::Workspace => texts[0].as_deref(),
            Level::User => texts[1].as_deref(),
            Level::Dream => texts[2].as_deref(),
            Level::Deployment => None,
        }).parse().unwrap();
        let valid = |value: Option<i64>| value.filter(|value| (1..=200).contains(value)).unwrap_or(200);
        prop_assert_eq!(got, workspace.min(valid(user)).min(valid(dream)));
    }
}
