//! How pages are read: what is a statement, on which lines, and in which context.

use super::*;
use crate::language::Reading;

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

/// Per statement its text and what introduces it.
fn introduced(text: &str) -> Vec<String> {
    let document = Document::parse(text);
    let name = |introducer: &Introducer| match introducer {
        Introducer::Statement(s) => document.statements[*s].text.clone(),
        Introducer::Text(text) => text.clone(),
    };
    let row = |s: &Statement| s.introducers.iter().map(name).chain([s.text.clone()]).collect::<Vec<_>>().join(" > ");
    document.statements.iter().map(row).collect()
}

fn texts(text: &str, which: impl Fn(&Statement) -> bool) -> Vec<String> {
    Document::parse(text).statements.into_iter().filter(which).map(|s| s.text).collect()
}

#[test]
fn a_list_belongs_to_the_line_that_introduces_it() {
    assert_eq!(
        introduced("Ann likes these things:\n- tea\n\nBob likes these things:\n- tea\n"),
        [
            "Ann likes these things:",
            "Ann likes these things: > tea",
            "Bob likes these things:",
            "Bob likes these things: > tea"
        ]
    );
    assert_eq!(
        introduced("We met the whole team at noon.\n- tea\n\ntext and more text\n\n- milk\n"),
        [
            "We met the whole team at noon.",
            "We met the whole team at noon. > tea",
            "text and more text",
            "text and more text > milk"
        ]
    );
    assert_eq!(introduced("- Ann\n  - tea\n    - green\n"), ["Ann", "Ann > tea", "Ann > tea > green"]);
}

#[test]
fn a_label_reaches_to_the_next_label_heading_or_break() {
    assert_eq!(
        introduced(
            "**At work**\n\ncoffee is what she drinks\n\nmilk is what he drinks\n\n**At home**\n\ntea is what she drinks\n"
        ),
        [
            "**At work**",
            "**At work** > coffee is what she drinks",
            "**At work** > milk is what he drinks",
            "**At home**",
            "**At home** > tea is what she drinks"
        ]
    );
    for end in ["***", "## Else"] {
        let rows = introduced(&format!("**At work**\n\n- coffee is good\n\n{end}\n\n- tea is good\n"));
        assert_eq!(rows, ["**At work**", "**At work** > coffee is good", "tea is good"], "{end}");
    }
    let list = introduced("Anna\n- likes green tea\n\nBen has a boat and a car\n");
    assert_eq!(list, ["Anna", "Anna > likes green tea", "Ben has a boat and a car"], "it ends with its list");
}

#[test]
fn an_item_is_a_label_where_it_looks_like_one_in_its_list() {
    for (list, labels) in [
        ("- At work:\n- coffee\n- At home:\n- tea\n", &["At work:", "At home:"][..]),
        ("- **Anna**\n- likes tea\n", &["**Anna**"]),
        ("- Monday\n- Ann likes tea\n", &["Monday"]),
        ("- 3 May 2026\n- Ann likes tea\n", &["3 May 2026"]),
        ("- Anna Maria Miller\n- likes tea\n", &["Anna Maria Miller"]),
        ("- anna\n- likes tea very much\n- ben\n- likes milk very much\n", &["anna", "ben"]),
        ("- anna\n- likes tea very much\n", &[]),
        ("- Vegetarian\n- Ann likes tea\n", &[]),
        ("- Ann likes tea\n- Ben likes milk\n", &[]),
        ("- City: Porto\n- Ann likes tea\n", &[]),
    ] {
        assert_eq!(texts(list, |s| s.label), labels, "{list}");
    }
}

#[test]
fn wrappers_summaries_comments_and_table_heads_introduce() {
    assert_eq!(
        introduced("<details>\n<summary>Anna</summary>\n\n- likes tea\n\n</details>\n\n- likes milk\n"),
        ["<details> > Anna > likes tea", "likes milk"]
    );
    assert_eq!(introduced("<!-- Anna -->\n- likes tea\n"), ["Anna > likes tea"]);
    assert_eq!(introduced("| Anna | Ben |\n|---|---|\n- likes tea\n"), ["| Anna | Ben | > likes tea"]);
    assert_eq!(
        introduced("<h2>Anna</h2>\n\n- likes tea\n\n## Ben\n\n- likes milk\n"),
        ["Anna > likes tea", "likes milk"]
    );
}

#[test]
fn words_in_html_and_paragraphs_of_an_item_introduce() {
    for (page, expected) in [
        ("<b>In the novel</b>\n\n- likes tea\n", &["In the novel > likes tea"][..]),
        ("<p>Bob claims:</p>\n\nlikes tea\n", &["Bob claims: > likes tea"]),
        ("<table><th>Novel</th></table>\n\n- likes tea\n\n---\n\n- likes milk\n", &["Novel > likes tea", "likes milk"]),
        ("- <b>Novel</b>\n- likes tea\n", &["<b>Novel</b>", "<b>Novel</b> > likes tea"]),
        ("Bob\nclaims\u{ff1a}\n\nlikes tea\n", &["Bob claims\u{ff1a}", "Bob claims\u{ff1a} > likes tea"]),
        ("**Bob\nclaims:**\n\nlikes tea\n", &["**Bob claims:**", "**Bob claims:** > likes tea"]),
        (
            "- one\n\n  in the novel\n\n  - likes tea\n",
            &["one", "one > in the novel", "one > in the novel > likes tea"],
        ),
    ] {
        assert_eq!(introduced(page), expected, "{page}");
    }
}

#[test]
fn the_fields_of_a_record_belong_to_its_name() {
    assert_eq!(
        read("Name: Ann\nCity: Porto\n\nName: Bob\nCity: Porto\n"),
        ["1-1 - Name: Ann", "2-2 0 City: Porto", "4-4 - Name: Bob", "5-5 2 City: Porto"]
    );
}

#[test]
fn a_line_refers_where_a_word_of_reference_stands_before_a_name_of_its_own() {
    for text in [
        "He lives in Porto.",
        "Since then she lives in Porto.",
        "There is his dog.",
        "The latter is blue.",
        "The third is blue.",
        "In 2024 he moved.",
        "But not on Sundays.",
        "Again in the rain.",
        "Until June 2026.",
        "Only on Sundays.",
        "Unless iced.",
        "Because Ben does.",
        "Source: Bob.",
        "Nur am Sonntag.",
        "Er wohnt in Bremen.",
        "Il habite à Lyon.",
    ] {
        assert!(refers(&Reading::new(text)), "{text}");
    }
    for text in [
        "Ann lives with him.",
        "Ann says he is old.",
        "Again: Ann lives in Porto.",
        "The third floor belongs to Ann.",
        "The last house belongs to Ann.",
        "My brother likes it.",
        "The dog likes him.",
        "Jana mag ihn.",
    ] {
        assert!(!refers(&Reading::new(text)), "{text}");
    }
}

#[test]
fn he_means_the_one_before_in_the_same_section() {
    let document =
        Document::parse("- Ann has a brother.\n- He lives in Porto.\n- But not on Sundays.\n- Ann likes tea.\n");
    let above: Vec<_> = document.statements.iter().map(|s| s.above.filter(|_| s.refers)).collect();
    assert_eq!(above, [None, Some(0), Some(1), None]);
    for between in ["## Else\n", "\n---\n\n"] {
        let document = Document::parse(&format!("- Ann has a brother.\n{between}- He lives in Porto.\n"));
        assert_eq!((document.statements[1].refers, document.statements[1].above), (true, None), "{between}");
        assert!(!document.statements[0].referred_to);
    }
}

#[test]
fn what_takes_back_or_sums_up_hangs_on_everything_above_it_in_its_section() {
    for below in [
        "No, that is not so.",
        "Wrong!",
        "Actually, only one.",
        "All this is sure.",
        "These are old.",
        "Just kidding",
        "Correction: Bob, not Ann",
        "Update: no more",
        "Edit: it was Bob",
        "Unconfirmed",
        "^ not confirmed",
        "Well, no",
        "On reflection, no",
        "Debunked",
        "Please forget the line above",
        "Korrektur: Bob, nicht Ann",
        "Plus maintenant",
        "Ya no",
    ] {
        let document =
            Document::parse(&format!("- Zed is old.\n## Facts\n- Ann likes tea.\n- Ben has a boat.\n- {below}\n"));
        let hangs: Vec<bool> = document.statements.iter().map(|s| s.referred_to).collect();
        assert_eq!(hangs[..3], [false, true, true], "{below}");
    }
    for below in [
        "No sugar for Ann.",
        "After all this Zed sleeps.",
        "Ann is not wrong.",
        "Nora likes tea.",
        "Correction: Ann has a cat.",
        "Correction: the exams are in May, not in June.",
        "I got that wrong earlier, Ann has a cat.",
    ] {
        let document = Document::parse(&format!("- Ann likes tea.\n- Ben has a boat.\n- {below}\n"));
        assert!(!document.statements[0].referred_to, "{below}");
    }
}

#[test]
fn lists_that_weigh_and_lists_that_suppose_are_marked() {
    assert_eq!(
        texts("+ good\n- bad\n+ fine\n- poor\n\ntext\n\n- other\n* more\n", |s| s.weighed),
        ["good", "bad", "fine", "poor"]
    );
    assert_eq!(
        texts(
            "- Ann likes tea\n- Suppose Ben comes\n- Ben likes milk\n  - and tea\n\ntext\n\n- Ann has a cat\n",
            |s| s.supposed
        ),
        ["Ben likes milk", "and tea"]
    );
    assert_eq!(texts("- If it rains\n  - Ann stays\n", |s| s.supposed), ["Ann stays"]);
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
