//! Acceptance 31: a patch whose place is missing or ambiguous is refused with its lines, never "the first".

use std::fmt::Write as _;

use memex_core::limits::MAX_REPORTED_LINES;
use memex_proto::reason::Refusal;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::{AppendLines, DeleteLines, ErrorReason, InsertLines, Replace};
use memex_stack::stack::Stack;
use tests::chance::Chance;
use tests::counts::times;

/// What a case must come to.
#[derive(Debug)]
enum Expected {
    Text(String),
    Missing,
    /// How often, and on which lines.
    Ambiguous(usize, Vec<usize>),
}

/// A text of lines that recur, some with `\r\n`, some without a final newline.
fn text(chance: &mut Chance) -> String {
    let mut text = String::new();
    let ending = *chance.pick(&["\n", "\n", "\r\n"]);
    for _ in 0..chance.below(30) {
        let line = *chance.pick(&["- tea", "- tea, tea", "aaa", "# A", "## B", "é", "", "- milk"]);
        let _ = write!(text, "{line}{ending}");
    }
    text.push_str(chance.pick::<&str>(&["", "- tea", "open"]));
    text
}

/// The places of a text, overlapping ones included, looked for byte by byte.
fn places(text: &str, sought: &str) -> Vec<usize> {
    (0..text.len()).filter(|&at| text.as_bytes()[at..].starts_with(sought.as_bytes())).collect()
}

fn ambiguous(mut lines: Vec<usize>) -> Expected {
    let count = lines.len();
    lines.dedup();
    lines.truncate(MAX_REPORTED_LINES);
    Expected::Ambiguous(count, lines)
}

fn replaced(text: &str, chance: &mut Chance) -> (Kind, Expected) {
    let old = *chance.pick(&["tea", "aa", "- milk", "é", "nowhere", "open", "# A", "\n"]);
    let found = places(text, old);
    let expected = match found[..] {
        [] => Expected::Missing,
        [at] => Expected::Text([&text[..at], "$&", &text[at + old.len()..]].concat()),
        _ => ambiguous(found.iter().map(|&at| text[..at].matches('\n').count() + 1).collect()),
    };
    (Kind::Replace(Replace { old: old.into(), new: "$&".into() }), expected)
}

/// Only refusals: where a section ends is judged elsewhere.
fn under_a_heading(text: &str, chance: &mut Chance) -> Option<(Kind, Expected)> {
    let (heading, line) = *chance.pick(&[("A", "# A"), ("B", "## B"), ("C", "# C")]);
    let found: Vec<usize> =
        text.lines().enumerate().filter(|(_, row)| *row == line).map(|(number, _)| number + 1).collect();
    let expected = match found.len() {
        0 => Expected::Missing,
        1 => return None,
        _ => ambiguous(found),
    };
    let lines = vec!["- new".to_owned()];
    Some((Kind::AppendLines(AppendLines { lines, after_heading: heading.into(), ..AppendLines::default() }), expected))
}

/// A range that says something else, or reaches beyond the text.
fn wrong_lines(text: &str, chance: &mut Chance) -> (Kind, Expected) {
    let rows: Vec<&str> = text.lines().collect();
    let first = chance.below(rows.len() + 2) + 1;
    let expected = rows.get(first - 1).map_or_else(|| "- tea".to_owned(), |row| format!("{row}?"));
    let line = i32::try_from(first).unwrap();
    (Kind::DeleteLines(DeleteLines { first_line: line, last_line: line, expected }), Expected::Missing)
}

fn beyond(text: &str, chance: &mut Chance) -> (Kind, Expected) {
    let after = text.lines().count() + 1 + chance.below(5);
    let after_line = i32::try_from(after).unwrap();
    (Kind::InsertLines(InsertLines { after_line, lines: vec!["- new".into()] }), Expected::Missing)
}

fn case(text: &str, chance: &mut Chance) -> (Kind, Expected) {
    match chance.below(6) {
        0 => wrong_lines(text, chance),
        1 => beyond(text, chance),
        2 => under_a_heading(text, chance).unwrap_or_else(|| beyond(text, chance)),
        _ => replaced(text, chance),
    }
}

#[tokio::test]
async fn acceptance_31_a_missing_or_ambiguous_place_is_refused_with_its_lines() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let mut chance = Chance::new(31);
    let mut refused = [0, 0];
    for number in 0..times(500, 5_000) {
        let text = text(&mut chance);
        let (kind, expected) = case(&text, &mut chance);
        let told = format!("case {number}: {text:?} {kind:?} {expected:?}");
        let version = ada.write("user/a.md", &text).await.version;
        let answer = ada.agent().patch("user/a.md", [kind]).await;
        let after = ada.read("user/a.md").await.unwrap();
        if let Expected::Text(patched) = expected {
            assert_eq!((after, answer.unwrap().file.unwrap().version), (patched, version + 1), "{told}");
            continue;
        }
        assert_eq!(after, text, "{told}");
        let refusal = Refusal::of(&answer.unwrap_err()).unwrap();
        let facts = (refusal.facts["edit"].as_str(), refusal.facts["count"].parse::<usize>().unwrap());
        if let Expected::Ambiguous(times, lines) = expected {
            let lines: Vec<String> = lines.iter().map(usize::to_string).collect();
            assert_eq!((refusal.reason, facts), (ErrorReason::PatchAmbiguous, ("0", times)), "{told}");
            assert_eq!(refusal.facts["lines"], lines.join(","), "{told}");
            refused[1] += 1;
        } else {
            assert_eq!((refusal.reason, facts), (ErrorReason::PatchNoMatch, ("0", 0)), "{told}");
            refused[0] += 1;
        }
    }
    eprintln!("refused as missing and as ambiguous: {refused:?}");
    assert!(refused.iter().all(|&times| times > 50), "{refused:?}");
    stack.finish().await;
}
