//! Inserting after a line.

use super::*;

#[test]
fn lines_go_after_the_line_and_the_end_stays_as_it_was() {
    for (text, after, lines, expected) in [
        ("a\nb\n", 0, &["x"][..], "x\na\nb\n"),
        ("a\nb\n", 1, &["x", "", "y"], "a\nx\n\ny\nb\n"),
        ("a\nb\n", 2, &["x"], "a\nb\nx\n"),
        ("a\nb", 2, &["x"], "a\nb\nx"),
        ("a\nb", 1, &[""], "a\n\nb"),
        ("a", 0, &["x"], "x\na"),
        ("", 0, &["x"], "x\n"),
        ("", 0, &[""], "\n"),
        ("a\r\nb", 2, &["x", "y"], "a\r\nb\r\nx\r\ny"),
        ("a\r\nb\r\nc\n", 1, &["x"], "a\r\nx\r\nb\r\nc\n"),
        ("a\n", 1, &["a"], "a\na\n"),
    ] {
        assert_eq!(applied(text, insert(after, lines)), expected, "{text:?} {after} {lines:?}");
    }
}

#[test]
fn a_line_beyond_the_text_is_refused() {
    for (text, after, of) in [("", 1, 0), ("a\n", 2, 1), ("a\nb", u32::MAX, 2)] {
        let sought = Sought::Line { line: after, of };
        assert_eq!(apply(text, &[insert(after, &["x"])]), Err(PatchRefusal::NoMatch { edit: 0, sought }), "{text:?}");
    }
}

#[test]
fn none_too_many_and_broken_lines_are_refused() {
    for lines in [vec![], vec!["x"; 10_001], vec!["a\nb"], vec!["a\r"]] {
        assert!(matches!(apply("a\n", &[insert(1, &lines)]), Err(PatchRefusal::Invalid { .. })), "{}", lines.len());
    }
    // It would end the text with a newline and leave no other trace.
    assert!(matches!(apply("a", &[insert(1, &["x", ""])]), Err(PatchRefusal::Invalid { .. })));
    assert!(apply("a\n", &[insert(1, &vec!["x"; 10_000])]).is_ok());
}

proptest! {
    #[test]
    fn inserting_moves_no_line_and_keeps_the_final_newline(text in text(), after in 0usize..12, lines in proptest::collection::vec("[a-c]{1,2}", 1..4)) {
        let rows = bodies(&text);
        let edit = insert(after as u32, &lines.iter().map(String::as_str).collect::<Vec<_>>());
        match apply(&text, &[edit]) {
            Ok(got) => {
                let expected: Vec<&str> = rows[..after].iter().copied().chain(lines.iter().map(String::as_str)).chain(rows[after..].iter().copied()).collect();
                prop_assert_eq!(bodies(&got), expected);
                prop_assert!(text.is_empty() || got.ends_with('\n') == text.ends_with('\n'));
            }
            Err(_) => prop_assert!(after > rows.len()),
        }
    }
}
