//! What patches do, refuse and leave alone.

mod append;
mod exact;
mod insert;

use proptest::prelude::*;

use super::*;
use crate::lines::body;

pub(super) fn append(lines: &[&str]) -> Edit {
    let lines = lines.iter().map(ToString::to_string).collect();
    Edit::AppendLines { lines, after_heading: None, skip_if_present: false }
}

pub(super) fn append_after(heading: &str, lines: &[&str]) -> Edit {
    let lines = lines.iter().map(ToString::to_string).collect();
    Edit::AppendLines { lines, after_heading: Some(heading.to_owned()), skip_if_present: false }
}

/// The same append with `skip_if_present`.
pub(super) fn once(edit: Edit) -> Edit {
    match edit {
        Edit::AppendLines { lines, after_heading, .. } => {
            Edit::AppendLines { lines, after_heading, skip_if_present: true }
        }
        other => other,
    }
}

pub(super) fn insert(after_line: u32, lines: &[&str]) -> Edit {
    Edit::InsertLines { after_line, lines: lines.iter().map(ToString::to_string).collect() }
}

pub(super) fn replace(old: &str, new: &str) -> Edit {
    Edit::Replace { old: old.to_owned(), new: new.to_owned() }
}

pub(super) fn delete(first_line: u32, last_line: u32, expected: &str) -> Edit {
    Edit::DeleteLines { first_line, last_line, expected: expected.to_owned() }
}

pub(super) fn applied(text: &str, edit: Edit) -> String {
    apply(text, &[edit]).unwrap_or_else(|refusal| panic!("{text:?}: {refusal}"))
}

#[test]
fn edits_follow_each_other_and_number_lines_anew() {
    let edits = [delete(1, 1, "a"), replace("c", "C"), append(&["d"]), delete(1, 1, "b")];
    assert_eq!(apply("a\nb\nc\n", &edits).unwrap(), "C\nd\n");
}

#[test]
fn a_patch_applies_as_a_whole_or_not_at_all_and_names_the_edit() {
    let refusal = apply("a\nb\n", &[replace("a", "A"), replace("z", "Z")]).unwrap_err();
    assert_eq!(refusal, PatchRefusal::NoMatch { edit: 1, sought: Sought::Text { but_for_line_endings: false } });
}

#[test]
fn a_patch_has_1_to_100_edits() {
    let edits = |count| vec![append(&["a"]); count];
    assert!(matches!(apply("", &edits(0)), Err(PatchRefusal::Invalid { edit: 0, .. })));
    assert!(apply("", &edits(100)).is_ok());
    assert!(matches!(apply("", &edits(101)), Err(PatchRefusal::Invalid { edit: 100, .. })));
}

#[test]
fn refusals_read_by_themselves() {
    let shown = |text: &str, edit: Edit| apply(text, &[edit]).unwrap_err().to_string();
    assert_eq!(shown("a", replace("b", "c")), "edits[0]: no match: the text to replace occurs 0 times");
    assert_eq!(
        shown("a b\na\n", replace("a", "c")),
        "edits[0]: 2 matches, on lines 1, 2; say more of what surrounds the one that is meant"
    );
    assert_eq!(
        shown("aa", replace("a", "c")),
        "edits[0]: 2 matches, on line 1; say more of what surrounds the one that is meant"
    );
    assert_eq!(shown("a\n", delete(1, 2, "a\nb")), "edits[0]: no match: lines 1 to 2 reach beyond the text's 1");
    assert_eq!(shown("a\n", delete(1, 1, "b")), "edits[0]: no match: lines 1 to 1 are not the expected ones");
    assert_eq!(shown("a\n", insert(2, &["b"])), "edits[0]: no match: line 2 is beyond the text's 1");
    assert_eq!(shown("a\n", append_after("B", &["c"])), "edits[0]: no match: there are 0 such headings");
}

/// What some reader of text takes for a line's end, and we do not.
const NO_LINE_ENDS: &str = "\r|\u{b}|\u{c}|\u{85}|\u{2028}";

/// Texts in which lines, endings and headings recur, and characters that end no line stand in every place.
fn text() -> impl Strategy<Value = String> {
    let part = "# A|## B|- a|- b|- c|```|aa|a|=|---|é";
    let row = format!("({part}|)(({NO_LINE_ENDS})({part}|)){{0,2}}(\n|\r\n)");
    let rows = proptest::string::string_regex(&row).unwrap();
    (proptest::collection::vec(rows, 0..12), "(a|- b|é)?").prop_map(|(rows, open)| rows.concat() + &open)
}

fn bodies(text: &str) -> Vec<&str> {
    rows::rows(text).into_iter().map(body).collect()
}

/// Lines to append, some of which stand there.
fn block() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("(- [a-e])| ?|```|a\u{2028}|é", 1..4)
}

proptest! {
    #[test]
    fn a_replacement_happens_exactly_where_there_is_one_place(text in text(), old in "[ab\n-]{1,3}", new in "[$&\\\\0a]{0,4}") {
        let places: Vec<usize> = (0..text.len()).filter(|&at| text.as_bytes()[at..].starts_with(old.as_bytes())).collect();
        match apply(&text, &[replace(&old, &new)]) {
            Ok(got) => {
                prop_assert_eq!(places.len(), 1);
                let (before, after) = text.split_once(&old).unwrap();
                prop_assert_eq!(got, format!("{before}{new}{after}"));
            }
            Err(PatchRefusal::NoMatch { .. }) => prop_assert_eq!(places.len(), 0),
            Err(PatchRefusal::Ambiguous { count, lines, .. }) => {
                prop_assert!(count == places.len() && count > 1);
                let mut expected: Vec<u32> = places.iter().map(|&at| text[..at].matches('\n').count() as u32 + 1).collect();
                expected.dedup();
                prop_assert_eq!(lines, expected);
            }
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn an_appended_block_is_there_as_it_was_given_whatever_stood_there(text in text(), lines in block()) {
        let edit = Edit::AppendLines { lines: lines.clone(), after_heading: None, skip_if_present: false };
        let got = apply_counted(&text, std::slice::from_ref(&edit)).unwrap();
        prop_assert_eq!(got.skipped_lines, 0);
        let ending = rows::ending(&rows::rows(&text));
        let (before, after) = if text.is_empty() || text.ends_with('\n') { ("", ending) } else { (ending, "") };
        prop_assert_eq!(&got.text, &format!("{text}{before}{}{after}", lines.join(ending)));
        let twice = apply(&got.text, &[edit]).unwrap();
        prop_assert_eq!(bodies(&twice).len(), bodies(&got.text).len() + lines.len());
    }

    #[test]
    fn a_block_that_stands_there_is_skipped_as_a_whole(text in text(), lines in block(), below in text()) {
        let edit = Edit::AppendLines { lines: lines.clone(), after_heading: None, skip_if_present: true };
        let stood = rows::rows(&text).windows(lines.len()).any(|rows| rows.iter().zip(&lines).all(|(row, line)| body(row) == line));
        let got = apply_counted(&text, std::slice::from_ref(&edit)).unwrap();
        prop_assert!(!stood || got.skipped_lines == lines.len() || lines.iter().all(|line| line.trim().is_empty()));
        prop_assert!(got.skipped_lines == 0 || got.text == text);
        let grown = format!("{}\n{below}", got.text);
        let again = apply_counted(&grown, &[edit]).unwrap();
        let told = lines.iter().any(|line| !line.trim().is_empty());
        prop_assert_eq!((again.skipped_lines, again.text == grown), (if told { lines.len() } else { 0 }, told));
    }

    #[test]
    fn appending_to_a_section_puts_the_block_in_one_place_and_moves_nothing(text in text(), lines in block()) {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        // A blank last line of a text without a final newline is no line, but the end of the one above.
        prop_assume!(text.ends_with('\n') || lines.last() != Some(&""));
        if let Ok(got) = apply(&text, &[append_after("B", &lines)]) {
            let (got, old) = (bodies(&got), bodies(&text));
            prop_assert_eq!(got.len(), old.len() + lines.len());
            let is_at = |at: usize| got[..at] == old[..at] && got[at..at + lines.len()] == lines && got[at + lines.len()..] == old[at..];
            prop_assert!((0..=old.len()).any(is_at), "{:?}", got);
        }
    }

    #[test]
    fn the_outline_stands_on_lines_of_the_text_in_order(text in text()) {
        let outline = outline(&text);
        prop_assert!(outline.is_sorted_by(|one, next| one.0 < next.0));
        let rows = rows::rows(&text);
        prop_assert!(outline.iter().all(|(row, _, title)| rows[*row].contains(title.lines().next().unwrap_or(""))));
        for (_, level, title) in &outline {
            let heading = format!("{} {title}", "#".repeat(usize::from(*level)));
            let found = apply(&text, &[append_after(&heading, &["x"])]);
            let refused = matches!(found, Ok(_) | Err(PatchRefusal::Ambiguous { .. } | PatchRefusal::Invalid { .. }));
            prop_assert!(refused, "{heading:?}: {found:?}");
        }
    }

    #[test]
    fn deleting_a_range_leaves_all_other_lines(text in text(), first in 1usize..8, length in 1usize..4) {
        let rows = bodies(&text);
        let last = first + length - 1;
        let expected = rows.iter().skip(first - 1).take(length).copied().collect::<Vec<_>>().join("\n");
        let got = apply(&text, &[delete(first as u32, last as u32, &expected)]);
        if last > rows.len() {
            let refused = matches!(got, Err(PatchRefusal::NoMatch { .. }));
            prop_assert!(refused);
        } else {
            let got = got.unwrap();
            let left: Vec<&str> = rows[..first - 1].iter().chain(&rows[last..]).copied().collect();
            if left.last() == Some(&"") && !text.ends_with('\n') {
                // A blank last line without an ending is no byte at all: it is left, and cannot be seen.
                prop_assert_eq!(got.split('\n').map(|row| row.strip_suffix('\r').unwrap_or(row)).collect::<Vec<_>>(), left);
            } else {
                prop_assert!(got.is_empty() || got.ends_with('\n') == text.ends_with('\n'));
                prop_assert_eq!(bodies(&got), left);
            }
            let wrong = apply(&text, &[delete(first as u32, last as u32, &format!("{expected}x"))]);
            let refused = matches!(wrong, Err(PatchRefusal::NoMatch { .. }));
            prop_assert!(refused);
        }
    }
}
