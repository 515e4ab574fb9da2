//! How pages are read: what is a statement, on which lines, and in which context.

use super::*;

/// `first-last parent|- text` for each statement.
fn read(text: &str) -> Vec<String> {
    let document = Document::parse(text);
    let row = |s: &Statement| {
        let parent = s.parent.map_or("-".to_owned(), |p| p.to_string());
        format!("{}-{} {parent} {}", s.lines.first, s.lines.last, s.text)
    };
    document.statements.iter().map(row).collect()
}

fn opaque(text: &str) -> Vec<(u32, u32)> {
    let document = Document::parse(text);
    document
        .elements
        .iter()
        .filter_map(|e| match e {
            Element::Opaque(lines) => Some((lines.first, lines.last)),
            _ => None,
        })
        .collect()
}

#[test]
fn items_paragraphs_and_continuations_have_exact_lines() {
    let text =
        "# Title\n\nA paragraph\nof two lines.\n\n## Facts\n- one\n  goes on\n* two\n\n+ three\n1. four\n2) five\n";
    assert_eq!(
        read(text),
        [
            "3-4 - A paragraph of two lines.",
            "7-8 - one goes on",
            "9-9 - two",
            "11-11 - three",
            "12-12 - four",
            "13-13 - five"
        ]
    );
}

#[test]
fn carriage_returns_a_missing_last_line_feed_and_a_byte_order_mark_change_nothing() {
    let plain = read("# T\n\n- one\n- two\n");
    assert_eq!(read("# T\r\n\r\n- one\r\n- two\r\n"), plain);
    assert_eq!(read("# T\n\n- one\n- two"), plain);
    assert_eq!(read("\u{feff}# T\n\n- one\n- two\n"), plain);
}

#[test]
fn nested_items_belong_to_their_parents() {
    assert_eq!(
        read("- a\n  - b\n    - c\n  - d\n- e\n\n  more of e\n"),
        ["1-1 - a", "2-2 0 b", "3-3 1 c", "4-4 0 d", "5-5 - e", "7-7 4 more of e"]
    );
    assert_eq!(read("- a\n\t- b\n"), ["1-1 - a", "2-2 0 b"]);
}

#[test]
fn a_list_belongs_to_the_line_that_introduces_it() {
    assert_eq!(
        read("Ann likes:\n- tea\n\nBob likes:\n- tea\n"),
        ["1-1 - Ann likes:", "2-2 0 tea", "4-4 - Bob likes:", "5-5 2 tea"]
    );
    assert_eq!(read("**At work**\n\ncoffee\n\n- tea\n"), ["1-1 - **At work**", "3-3 0 coffee", "5-5 1 tea"]);
    assert_eq!(
        read("- At work:\n- coffee\n- At home:\n- tea\n"),
        ["1-1 - At work:", "2-2 0 coffee", "3-3 - At home:", "4-4 2 tea"]
    );
}

#[test]
fn the_fields_of_a_record_belong_to_its_name() {
    assert_eq!(
        read("Name: Ann\nCity: Porto\n\nName: Bob\nCity: Porto\n"),
        ["1-1 - Name: Ann", "2-2 0 City: Porto", "4-4 - Name: Bob", "5-5 2 City: Porto"]
    );
    assert_eq!(
        read("- Name: Ann\n- City: Porto\n- Name: Bob\n- City: Porto\n"),
        ["1-1 - Name: Ann", "2-2 0 City: Porto", "3-3 - Name: Bob", "4-4 2 City: Porto"]
    );
}

#[test]
fn he_means_the_one_before() {
    let document =
        Document::parse("- Ann has a brother.\n- He lives in Porto.\n- But not on Sundays.\n- Ann likes tea.\n");
    let antecedents: Vec<&[usize]> = document.statements.iter().map(|s| s.antecedents.as_slice()).collect();
    assert_eq!(antecedents, [&[][..], &[0], &[1, 0], &[]]);
}

#[test]
fn code_tables_html_comments_and_front_matter_are_opaque() {
    assert_eq!(opaque("---\ndate: 2026-11-03\n---\n- a\n"), [(1, 3)]);
    assert_eq!(opaque("a\n\n```\n- b\n\n# c\n```\nd\n"), [(3, 7)]);
    assert_eq!(opaque("~~~ text\n```\n~~~\n- a\n"), [(1, 3)]);
    assert_eq!(opaque("```\nnever closed\n- a\n"), [(1, 3)]);
    assert_eq!(opaque("| a | b |\n|---|---|\n| c | d |\n\ne\n"), [(1, 3)]);
    assert_eq!(opaque("a | b\n--- | ---\nc | d\n\ne\n"), [(1, 3)]);
    assert_eq!(opaque("<!-- a\n\nb -->\nc\n"), [(1, 3)]);
    assert_eq!(opaque("<div>\na\n</div>\n\nb\n"), [(1, 3)]);
    assert_eq!(opaque("<pre>\n\na\n</pre>\nb\n"), [(1, 4)]);
    assert_eq!(opaque("a\n\n    code\n\n    code\n\nb\n"), [(3, 5)]);
    assert_eq!(opaque("[1]: https://example.org\na\n"), [(1, 1)]);
    assert_eq!(opaque("- a\n  ```\n  b\n  ```\n- c\n"), [(2, 4)]);
}

#[test]
fn an_autolink_or_a_pipe_in_an_item_is_text() {
    assert!(opaque("<https://example.org> is good\n\n- a | b\n- c\n").is_empty());
}

#[test]
fn headings_of_both_kinds_are_read_and_long_ones_count() {
    let document = Document::parse("Title\n=====\n\n## Sub ##\n\n- a\n\nUnder\n-----\nb\n");
    let headings: Vec<(u8, &str)> = document.headings.iter().map(|h| (h.level, h.text.as_str())).collect();
    assert_eq!(headings, [(1, "Title"), (2, "Sub"), (2, "Under")]);
    assert_eq!(document.statements[0].headings, [0, 1]);
    assert_eq!(document.statements[1].headings, [0, 2]);
    assert_eq!(crate::count_statements("# one two three four five six seven eight\n"), 0);
    assert_eq!(crate::count_statements("# one two three four five six seven eight nine\n- a\n"), 2);
}

#[test]
fn boxes_quotes_and_numbers_are_marks() {
    let document = Document::parse("- [ ] a\n- [x] b\n- [X] c\n- [y] d\n\n> e\n> f\n\n3. g\n");
    let boxes: Vec<_> = document.statements.iter().map(|s| s.checkbox).collect();
    assert_eq!(boxes, [Some(Checkbox::Open), Some(Checkbox::Done), Some(Checkbox::Done), None, None, None]);
    assert_eq!(document.statements[0].text, "a");
    assert_eq!((document.statements[4].mark, document.statements[4].lines.last), (Mark::Quote, 7));
    assert_eq!(document.statements[5].mark, Mark::Ordered);
}

#[test]
fn a_year_at_the_start_of_a_wrapped_line_begins_no_list() {
    assert_eq!(read("She moved in\n2024. It was cold.\n"), ["1-2 - She moved in 2024. It was cold."]);
}

#[test]
fn the_front_matter_tells_the_day() {
    let day = NaiveDate::from_ymd_opt(2026, 11, 3);
    assert_eq!(Document::parse("---\ntitle: x\ndate: 2026-11-03\n---\na\n").front_date, day);
    assert_eq!(Document::parse("---\ndate: \"3 November 2026\"\n---\na\n").front_date, day);
    assert_eq!(Document::parse("---\ndate: 2026-11-03\nnever closed\n").front_date, None);
}
