//! Lines at the end of a text and of its sections.

use super::*;

#[test]
fn lines_come_at_the_end_and_the_end_stays_as_it_was() {
    for (text, expected) in [
        ("", "x\ny\n"),
        ("a\n", "a\nx\ny\n"),
        ("a", "a\nx\ny"),
        ("a\r\n", "a\r\nx\r\ny\r\n"),
        ("a\r\nb", "a\r\nb\r\nx\r\ny"),
        ("a\n\n", "a\n\nx\ny\n"),
        ("a\r\nb\r\nc\n", "a\r\nb\r\nc\nx\r\ny\r\n"),
        ("a\nb\r\n", "a\nb\r\nx\ny\n"),
        ("\n", "\nx\ny\n"),
    ] {
        assert_eq!(applied(text, append(&["x", "y"])), expected, "{text:?}");
    }
}

#[test]
fn a_line_that_is_there_is_skipped() {
    assert_eq!(applied("- a\n", append(&["- a"])), "- a\n");
    assert_eq!(applied("  - a \r\n", append(&["- a", "- b"])), "  - a \r\n- b\r\n");
    assert_eq!(applied("", append(&["- a", "- b", "- a"])), "- a\n- b\n");
    assert_eq!(applied("- A\n", append(&["- a"])), "- A\n- a\n");
    assert_eq!(applied("- a b\n", append(&["- a"])), "- a b\n- a\n");
}

#[test]
fn blank_lines_come_before_others_and_never_alone() {
    assert_eq!(applied("a\n", append(&["", "b", "", "c"])), "a\n\nb\n\nc\n");
    assert_eq!(applied("a", append(&["b", ""])), "a\nb");
    assert_eq!(applied("a\n", append(&["b", "", "a"])), "a\nb\n");
    assert_eq!(applied("a\n", append(&["", " "])), "a\n");
    assert_eq!(applied("a\n\nb\n", append(&["", "b"])), "a\n\nb\n");
}

#[test]
fn fenced_code_is_added_or_skipped_as_one_block() {
    let code = append(&["```", "x = 1", "```"]);
    let once = applied("```\ny = 1\n```\n", code.clone());
    assert_eq!(once, "```\ny = 1\n```\n```\nx = 1\n```\n");
    assert_eq!(applied(&once, code), once);
}

#[test]
fn lines_come_at_the_end_of_their_section() {
    let text = "# Me\n\nintro\n\n## Food\n- tea\n\n### Sweet\n- cake\n\n## Work\n- desk\n";
    for (heading, expected) in [
        ("## Food", "# Me\n\nintro\n\n## Food\n- tea\n\n### Sweet\n- cake\n- x\n\n## Work\n- desk\n"),
        ("Sweet", "# Me\n\nintro\n\n## Food\n- tea\n\n### Sweet\n- cake\n- x\n\n## Work\n- desk\n"),
        (" ##  Work ## ", "# Me\n\nintro\n\n## Food\n- tea\n\n### Sweet\n- cake\n\n## Work\n- desk\n- x\n"),
        ("# Me", "# Me\n\nintro\n\n## Food\n- tea\n\n### Sweet\n- cake\n\n## Work\n- desk\n- x\n"),
    ] {
        assert_eq!(applied(text, append_after(heading, &["- x"])), expected, "{heading}");
    }
}

#[test]
fn only_the_section_is_searched_for_lines_that_are_there() {
    let text = "## A\n- x\n## B\n- y\n";
    assert_eq!(applied(text, append_after("B", &["- x", "- y"])), "## A\n- x\n## B\n- y\n- x\n");
    assert_eq!(applied(text, append_after("A", &["- x"])), text);
}

#[test]
fn an_empty_section_begins_below_its_heading() {
    assert_eq!(applied("## A\n\n## B", append_after("A", &["x"])), "## A\nx\n\n## B");
    assert_eq!(applied("## A\n\n## B", append_after("B", &["x"])), "## A\n\n## B\nx");
    assert_eq!(applied("## A\r\n## B\r\n", append_after("A", &["x"])), "## A\r\nx\r\n## B\r\n");
}

#[test]
fn what_only_looks_like_a_heading_is_none() {
    for text in [
        "```\n## A\n```\n",
        "~~~md\n## A\n~~~\n",
        "    ## A\n",
        "<!--\n## A\n-->\n",
        "> ## A\n",
        "- ## A\n",
        "##A\n",
        "####### A\n",
        "\\## A\n",
        "text ## A\n",
        "---\nx: 1\n## A\n---\n",
    ] {
        let refusal = apply(text, &[append_after("## A", &["x"])]).unwrap_err();
        assert_eq!(refusal, PatchRefusal::NoMatch { edit: 0, sought: Sought::Heading }, "{text:?}");
    }
}

#[test]
fn a_fence_does_not_end_a_section_and_front_matter_begins_none() {
    let text = "## A\n```\n## B\n```\n- a\n\n## C\n";
    assert_eq!(applied(text, append_after("A", &["x"])), "## A\n```\n## B\n```\n- a\nx\n\n## C\n");
    let text = "---\ntitle: A\n---\n## A\n- a\n";
    assert_eq!(applied(text, append_after("A", &["x"])), "---\ntitle: A\n---\n## A\n- a\nx\n");
    let refusal = apply(text, &[append_after("title: A", &["x"])]).unwrap_err();
    assert!(matches!(refusal, PatchRefusal::NoMatch { .. }));
}

#[test]
fn underlined_headings_are_headings() {
    let text = "Food\r\n====\r\n\r\n- tea\r\n\r\nWork\r\n----\r\n- desk\r\n\r\nHome\r\n====\r\n";
    let expected = "Food\r\n====\r\n\r\n- tea\r\n\r\nWork\r\n----\r\n- desk\r\n- x\r\n\r\nHome\r\n====\r\n";
    assert_eq!(applied(text, append_after("Work", &["- x"])), expected);
    assert_eq!(applied(text, append_after("# Food", &["- x"])), expected);
}

#[test]
fn a_heading_that_occurs_twice_is_refused_with_its_lines() {
    let text = "## A\n- a\n## B\n### A\n";
    let refusal = apply(text, &[append_after("A", &["x"])]).unwrap_err();
    assert_eq!(refusal, PatchRefusal::Ambiguous { edit: 0, count: 2, lines: vec![1, 4] });
    assert!(apply(text, &[append_after("### A", &["x"])]).is_ok());
}

#[test]
fn odd_appends_are_refused() {
    for edit in
        [append(&[]), append(&["a\nb"]), append(&["a\r"]), append_after(" ", &["a"]), append_after("##", &["a"])]
    {
        assert!(matches!(apply("## A\n", &[edit]), Err(PatchRefusal::Invalid { edit: 0, .. })));
    }
    assert!(apply("", &[append(&["a"; 10_000])]).is_ok());
    assert!(apply("", &[append(&["a"; 10_001])]).is_err());
}

#[test]
fn only_a_line_feed_ends_a_line_and_so_a_heading() {
    // CommonMark ends a line at a lone carriage return too.
    for (text, expected) in [
        ("A\n=\r# B", None),
        ("## A\r# B\n- a\n", None),
        ("## A\r\n\r# B\r\n- a\r\n", Some("## A\r\nx\r\n\r# B\r\n- a\r\n")),
        ("## A\n- a\r## B\n\n## C\n", Some("## A\n- a\r## B\nx\n\n## C\n")),
        ("## A\n- a\u{b}## B\n## C\n", Some("## A\n- a\u{b}## B\nx\n## C\n")),
        ("## A\n- a\u{2028}## B\u{85}## C\u{c}## D\n", Some("## A\n- a\u{2028}## B\u{85}## C\u{c}## D\nx\n")),
    ] {
        let got = apply(text, &[append_after("A", &["x"])]);
        match expected {
            Some(expected) => assert_eq!(got.as_deref(), Ok(expected), "{text:?}"),
            None => assert!(matches!(got, Err(PatchRefusal::NoMatch { .. })), "{text:?}: {got:?}"),
        }
    }
}
