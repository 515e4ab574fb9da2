//! What diffs show and count.

use proptest::prelude::*;

use super::*;

#[test]
fn a_diff_shows_changes_with_three_lines_around() {
    let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
    let new = "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10";
    let expected = "--- before\n+++ after\n@@ -2,8 +2,9 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n+10\n\\ No newline at end of file\n";
    assert_eq!(unified(old, new, "before", "after"), expected);
    assert_eq!(DiffStat::of(old, new), DiffStat { added_lines: 2, removed_lines: 1 });
    assert_eq!(inserted_bytes(old, new), 7);
}

#[test]
fn as_many_lines_are_shown_around_a_change_as_are_asked_for() {
    let (old, new) = ("1\n2\n3\n4\n5\n", "1\n2\nx\n4\n5\n");
    assert_eq!(unified_within(old, new, ["a", "b"], 0), "--- a\n+++ b\n@@ -3 +3 @@\n-3\n+x\n");
    assert_eq!(unified_within(old, new, ["a", "b"], 1), "--- a\n+++ b\n@@ -2,3 +2,3 @@\n 2\n-3\n+x\n 4\n");
    assert_eq!(unified_within(old, new, ["a", "b"], 1000).lines().count(), 9);
}

#[test]
fn a_file_that_comes_or_goes_has_an_empty_range() {
    assert_eq!(unified("", "a\nb\n", "x", "y"), "--- x\n+++ y\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    assert_eq!(unified("a\n", "", "x", "y"), "--- x\n+++ y\n@@ -1 +0,0 @@\n-a\n");
}

#[test]
fn the_same_text_has_no_diff() {
    for text in ["", "a", "a\r\nb\n"] {
        assert_eq!(unified(text, text, "x", "y"), "");
        assert_eq!((DiffStat::of(text, text), inserted_bytes(text, text)), (DiffStat::default(), 0));
    }
}

#[test]
fn a_changed_line_ending_is_a_changed_line() {
    assert_eq!(inserted_bytes("a\nb\n", "a\r\nb\n"), 3);
    assert_eq!(inserted_bytes("a", "a\n"), 2);
}

#[test]
fn a_moved_line_is_inserted() {
    assert_eq!(inserted_bytes("long line\na\nb\n", "a\nb\nlong line\n"), 10);
}

#[test]
fn beyond_the_bound_the_middle_is_one_replacement() {
    // Every line of the old text that is also in the new would be kept by a search.
    let text =
        |name: &str| (0..limits::MAX_DIFF_LINES / 2).map(|n| format!("{name} {n}\nsame {n}\n")).collect::<String>();
    let (old, new) = (format!("head\n{}tail\n", text("a")), format!("head\n{}tail\n", text("b")));
    // The last of them is the same and so belongs to the common end.
    let lines = limits::MAX_DIFF_LINES as u32;
    assert_eq!(DiffStat::of(&old, &new), DiffStat { added_lines: lines - 1, removed_lines: lines - 1 });
    let shown = unified(&old, &new, "x", "y");
    assert!(shown.starts_with(&format!("--- x\n+++ y\n@@ -1,{0} +1,{0} @@\n head\n-a 0\n", lines + 2)));
    assert!(shown.ends_with(" tail\n"));
}

/// Applies a unified diff the plain way: what a reader of it would get.
fn applied(old: &str, diff: &str) -> String {
    let old = lines(old);
    let (mut new, mut at) = (String::new(), 0);
    let mut rows = diff.split_inclusive('\n').skip(2).peekable();
    while let Some(row) = rows.next() {
        if let Some(head) = row.strip_prefix("@@ -") {
            let range = head.split(' ').next().unwrap();
            let (start, length) = range.split_once(',').unwrap_or((range, "1"));
            let start: usize = start.parse().unwrap();
            let start = if length == "0" { start } else { start - 1 };
            old[at..start].iter().for_each(|line| new.push_str(line));
            at = start;
            continue;
        }
        let bare = rows.next_if(|next| next.starts_with('\\')).is_some();
        let line = if bare { &row[1..row.len() - 1] } else { &row[1..] };
        if row.starts_with('+') {
            new.push_str(line);
        } else {
            assert_eq!(old[at], line);
            at += 1;
            if row.starts_with(' ') {
                new.push_str(line);
            }
        }
    }
    old[at..].iter().for_each(|line| new.push_str(line));
    new
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec("[ab]{0,1}(\r\n|\n)|x", 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_diff_applied_to_the_old_text_gives_the_new(old in text(), new in text()) {
        let diff = unified(&old, &new, "x", "y");
        prop_assert_eq!(applied(&old, &diff), new.clone());
        let stat = DiffStat::of(&old, &new);
        prop_assert_eq!(i64::from(stat.added_lines) - i64::from(stat.removed_lines), lines(&new).len() as i64 - lines(&old).len() as i64);
        prop_assert!(inserted_bytes(&old, &new) <= new.len() as u64);
        prop_assert_eq!(inserted_bytes("", &new), new.len() as u64);
    }
}

#[test]
fn each_line_that_stayed_is_found_again_at_its_old_place() {
    assert_eq!(kept_lines("a\nb\nc\n", "a\nx\nc\n"), [Some(1), None, Some(3)]);
    assert_eq!(kept_lines("a\nb\n", "b\n"), [Some(2)]);
    assert_eq!(kept_lines("", "a"), [None]);
}
