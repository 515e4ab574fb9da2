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
fn lines_are_added_whatever_stands_there() {
    assert_eq!(applied("- a\n", append(&["- a"])), "- a\n- a\n");
    assert_eq!(applied("", append(&["- a", "- b", "- a"])), "- a\n- b\n- a\n");
    assert_eq!(applied("a\n", append(&["", "b", "", "a", ""])), "a\n\nb\n\na\n\n");
    assert_eq!(applied("a\n", append(&["", " "])), "a\n\n \n");
    assert_eq!(applied("a", append(&["b", ""])), "a\nb\n");
    assert_eq!(applied("a", append(&[""])), "a\n");
    assert_eq!(applied("```\nx\n```\n", append(&["```", "x", "```"])), "```\nx\n```\n```\nx\n```\n");
}

#[test]
fn a_block_that_stands_there_as_a_whole_is_skipped_where_that_is_asked_for() {
    for (text, lines, skipped) in [
        ("- a\n", &["- a"][..], true),
        ("- a\r\n- b\r\n- c", &["- b", "- c"], true),
        ("- a\n\n- b\n", &["", "- a", "", "- b", " "], true),
        ("- a\n- x\n- b\n", &["- a", "- b"], false),
        ("- b\n- a\n", &["- a", "- b"], false),
        ("  - a\n", &["- a"], false),
        ("- a b\n", &["- a"], false),
        ("- A\n", &["- a"], false),
        ("- a\n\n- b\n", &["- a", "- b"], false),
        ("\n\n", &["", ""], false),
        ("", &["- a"], false),
        ("- a\u{2028}- b\n", &["- a", "- b"], false),
    ] {
        let got = apply_counted(text, &[once(append(lines))]).unwrap();
        assert_eq!(got.skipped_lines, if skipped { lines.len() } else { 0 }, "{text:?} {lines:?}");
        assert_eq!(got.text == text, skipped, "{text:?} {lines:?}");
    }
    let twice = apply_counted("- a\n", &[once(append(&["- a"])), append(&["- b"]), once(append(&["- a", "- b"]))]);
    assert_eq!(twice, Ok(Patched { text: "- a\n- b\n".to_owned(), skipped_lines: 3 }));
}

#[test]
fn a_large_block_is_looked_for_in_one_walk() {
    // A comparison line by line at each place would take minutes.
    let text = "a\n".repeat(250_000);
    let block = [vec!["a"; 9_999], vec!["b"]].concat();
    let edits = vec![once(append(&block)); 10];
    assert_eq!(apply_counted(&text, &edits).unwrap().skipped_lines, 90_000);
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
fn only_the_section_is_searched_for_a_block_that_is_there() {
    let text = "## A\n- x\n### C\n- z\n## B\n- y\n";
    let skipped = |heading, line| apply_counted(text, &[once(append_after(heading, &[line]))]).unwrap().skipped_lines;
    assert_eq!([skipped("A", "- x"), skipped("A", "- z"), skipped("A", "### C"), skipped("B", "- y")], [1; 4]);
    assert_eq!([skipped("B", "- x"), skipped("A", "- y"), skipped("A", "## A"), skipped("C", "- x")], [0; 4]);
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
