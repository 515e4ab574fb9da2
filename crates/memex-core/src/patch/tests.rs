//! What patches do, refuse and leave alone.

mod append;
mod exact;
mod insert;

use proptest::prelude::*;

use super::*;

pub(super) fn append(lines: &[&str]) -> Edit {
    Edit::AppendLines { lines: lines.iter().map(ToString::to_string).collect(), after_heading: None }
}

pub(super) fn append_after(heading: &str, lines: &[&str]) -> Edit {
    let lines = lines.iter().map(ToString::to_string).collect();
    Edit::AppendLines { lines, after_heading: Some(heading.to_owned()) }
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

/// Texts in which lines, endings and headings recur.
fn text() -> impl Strategy<Value = String> {
    let row = "(# A|## B|- a|- b|- c|```|aa|a||é)(\n|\r\n)";
    (proptest::collection::vec(row, 0..12), "(a|- b|é)?").prop_map(|(rows, open)| rows.concat() + &open)
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
    fn appending_keeps_every_line_the_endings_and_the_final_newline(text in text(), lines in proptest::collection::vec("(- [a-e])| ?|```", 1..4)) {
        let edit = Edit::AppendLines { lines: lines.clone(), after_heading: None };
        let got = apply(&text, std::slice::from_ref(&edit)).unwrap();
        prop_assert!(got.starts_with(&text));
        prop_assert!(text.is_empty() || got.ends_with('\n') == text.ends_with('\n'));
        let there: Vec<&str> = got.lines().map(str::trim).collect();
        prop_assert!(lines.iter().all(|line| line.trim().is_empty() || there.contains(&line.trim())));
        prop_assert_eq!(apply(&got, &[edit]).unwrap(), got, "the same edit twice adds once");
    }

    #[test]
    fn appending_to_a_section_puts_lines_in_one_place_and_moves_nothing(text in text()) {
        if let Ok(got) = apply(&text, &[append_after("B", &["- new", "- b"])]) {
            let at = got.bytes().zip(text.bytes()).take_while(|(got, text)| got == text).count();
            let added = got.len() - text.len();
            prop_assert!(added > 0 && added < 16);
            // The common beginning may reach into what was added, where both begin alike.
            prop_assert!((0..=added).any(|back| at >= back && got[..at - back] == text[..at - back]
                && got.is_char_boundary(at - back + added) && got[at - back + added..] == text[at - back..]));
            prop_assert_eq!(apply(&got, &[append_after("B", &["- new", "- b"])]), Ok(got.clone()));
            prop_assert!(got.ends_with('\n') == text.ends_with('\n'));
        }
    }

    #[test]
    fn deleting_a_range_leaves_all_other_lines(text in text(), first in 1usize..8, length in 1usize..4) {
        let rows: Vec<&str> = text.split_inclusive('\n').collect();
        let last = first + length - 1;
        let expected = rows.iter().skip(first - 1).take(length).map(|row| row.trim_end_matches(['\r', '\n'])).collect::<Vec<_>>().join("\n");
        let got = apply(&text, &[delete(first as u32, last as u32, &expected)]);
        if last > rows.len() {
            let refused = matches!(got, Err(PatchRefusal::NoMatch { .. }));
            prop_assert!(refused);
        } else {
            let got = got.unwrap();
            let left: Vec<&str> = rows[..first - 1].iter().chain(&rows[last..]).map(|row| row.trim_end_matches(['\r', '\n'])).collect();
            if left.last() == Some(&"") && !text.ends_with('\n') {
                // A blank last line without an ending is no byte at all: it is left, and cannot be seen.
                prop_assert_eq!(got.split('\n').map(|row| row.trim_end_matches('\r')).collect::<Vec<_>>(), left);
            } else {
                prop_assert!(got.is_empty() || got.ends_with('\n') == text.ends_with('\n'));
                prop_assert_eq!(got.lines().collect::<Vec<_>>(), left);
            }
            let wrong = apply(&text, &[delete(first as u32, last as u32, &format!("{expected}x"))]);
            let refused = matches!(wrong, Err(PatchRefusal::NoMatch { .. }));
            prop_assert!(refused);
        }
    }
}
