//! Replacing and deleting what is exactly known.

use super::*;

#[test]
fn replacements_are_literal() {
    for new in ["$&", "$$", "$1", "${0}", "\\0", "\\n", "$`", "$'", "%s", "{}", "a\u{0}b"] {
        assert_eq!(applied("x old y", replace("old", new)), format!("x {new} y"));
    }
    for old in [".*", "$", "^a", "[a]", "\\d", "(", "$&"] {
        assert_eq!(applied(&format!("a{old}b"), replace(old, "-")), "a-b");
        assert!(matches!(apply("aaa 123", &[replace(old, "-")]), Err(PatchRefusal::NoMatch { .. })), "{old}");
    }
}

#[test]
fn replacements_are_byte_for_byte() {
    assert_eq!(applied("a\r\nb", replace("a\r\n", "x\n")), "x\nb");
    assert_eq!(applied("日本語", replace("本", "")), "日語");
    assert!(apply("caf\u{E9}", &[replace("cafe\u{301}", "tea")]).is_err());
    assert_eq!(applied("whole", replace("whole", "")), "");
}

#[test]
fn a_missing_text_is_refused_and_line_endings_are_named_as_the_cause() {
    let refusal = |text: &str, old: &str| apply(text, &[replace(old, "x")]).unwrap_err();
    let but_for =
        |but_for_line_endings| PatchRefusal::NoMatch { edit: 0, sought: Sought::Text { but_for_line_endings } };
    assert_eq!(refusal("a\r\nb\r\n", "a\nb"), but_for(true));
    assert_eq!(refusal("a\nb\n", "a\r\nb"), but_for(true));
    assert_eq!(refusal("a\r\nb\r\n", "b\na"), but_for(false));
    assert_eq!(refusal("", "a"), but_for(false));
}

#[test]
fn an_ambiguous_text_is_refused_with_its_lines_and_never_the_first_is_taken() {
    let refusal = |text: &str, old: &str| apply(text, &[replace(old, "x")]).unwrap_err();
    let ambiguous = |count, lines: &[u32]| PatchRefusal::Ambiguous { edit: 0, count, lines: lines.to_vec() };
    assert_eq!(refusal("a\nb\na\r\nb a", "a"), ambiguous(3, &[1, 3, 4]));
    assert_eq!(refusal("x\naaa", "aa"), ambiguous(2, &[2]));
    assert_eq!(refusal("a\na\na\n", "a\n"), ambiguous(3, &[1, 2, 3]));
    assert_eq!(refusal(&"a\n".repeat(50), "a"), ambiguous(50, &(1..=20).collect::<Vec<u32>>()));
}

#[test]
fn an_empty_text_to_replace_is_refused() {
    assert!(matches!(apply("", &[replace("", "x")]), Err(PatchRefusal::Invalid { .. })));
}

#[test]
fn lines_are_deleted_and_the_end_stays_as_it_was() {
    for (text, first, last, expected, left) in [
        ("a\nb\nc\n", 2, 2, "b", "a\nc\n"),
        ("a\nb\nc\n", 1, 3, "a\nb\nc", ""),
        ("a\nb\nc\n", 2, 3, "b\nc\n", "a\n"),
        ("a\nb\nc", 3, 3, "c", "a\nb"),
        ("a\nb\nc", 1, 1, "a", "b\nc"),
        ("a\r\nb\r\nc", 2, 3, "b\nc", "a"),
        ("a\r\nb\r\nc\r\n", 2, 3, "b\r\nc\r\n", "a\r\n"),
        ("a\n\nb\n", 2, 2, "", "a\nb\n"),
        ("a\n\n\nb\n", 2, 3, "\n", "a\nb\n"),
        ("a\r\r\nb\r\nc\n", 1, 2, "a\r\nb", "c\n"),
        ("a\r\r\nb\r\nc\n", 1, 2, "a\r\r\nb\r", "c\n"),
        ("a\rb\nc\r", 2, 2, "c\r", "a\rb"),
    ] {
        assert_eq!(applied(text, delete(first, last, expected)), left, "{text:?}");
    }
}

#[test]
fn lines_that_say_something_else_are_not_deleted() {
    for (first, last, expected) in [(1, 1, "b"), (2, 2, "B"), (2, 2, "b "), (1, 2, "a b"), (2, 2, ""), (2, 2, "b\n\n")]
    {
        let refusal = apply("a\nb\n", &[delete(first, last, expected)]).unwrap_err();
        let sought = Sought::Lines { first_line: first, last_line: last, of: 2 };
        assert_eq!(refusal, PatchRefusal::NoMatch { edit: 0, sought });
    }
}

#[test]
fn ranges_beyond_the_text_or_upside_down_are_refused() {
    for (text, first, last) in [("a\n", 2, 2), ("a\n", 1, 2), ("", 1, 1), ("a", u32::MAX, u32::MAX)] {
        assert!(matches!(apply(text, &[delete(first, last, "")]), Err(PatchRefusal::NoMatch { .. })), "{text:?}");
    }
    for (first, last) in [(0, 1), (2, 1), (0, 0)] {
        assert!(matches!(apply("a\nb\n", &[delete(first, last, "a")]), Err(PatchRefusal::Invalid { .. })));
    }
}
