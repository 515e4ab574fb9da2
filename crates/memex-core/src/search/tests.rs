//! What holds of every search, whatever the texts.

use proptest::prelude::*;

use super::{Passage, Weights, relevant, search};
use crate::limits::MAX_PASSAGE_BYTES;

/// Lines of several scripts, headings, and one that is longer than a passage.
const LINES: [&str; 14] = [
    "- likes green tea",
    "- drinks tea and coffee in the garden of her sister",
    "- 彼女は毎朝コーヒーを飲みます",
    "- هي تحب القهوة في الصباح",
    "- trinkt Tee, während die Katzen schlafen; ⟨Grüße⟩ 🦀",
    "# Tea",
    "## History",
    "### Coffee ###",
    "Under\nlined\n===",
    "```\ntea\n```",
    "",
    "   ",
    "---",
    "tea",
];

const QUERIES: [&str; 8] =
    ["tea", "Does she drink coffee or teas?", "コーヒーを飲む", "القهوة", "Katze", "garten gardn sistre", "???", ""];

fn text() -> impl Strategy<Value = String> {
    let long = (0..4_usize, 1..40_usize).prop_map(|(line, times)| LINES[line].repeat(times));
    let line = prop_oneof![4 => (0..LINES.len()).prop_map(|line| LINES[line].to_owned()), 1 => long];
    let end = prop_oneof![Just("\n"), Just("\r\n"), Just("")];
    prop::collection::vec((line, end), 0..60).prop_map(|lines| {
        lines.into_iter().map(|(line, end)| line + if end.is_empty() { "\n\n" } else { end }).collect()
    })
}

proptest! {
    #[test]
    fn a_passage_is_short_and_stands_at_the_lines_that_it_names(
        texts in prop::collection::vec(text(), 0..3),
        query in (0..QUERIES.len()).prop_map(|query| QUERIES[query]),
        limit in 0..12_usize,
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let passages = search(&texts, query, limit, &Weights::default());
        prop_assert!(passages.len() <= limit);
        for passage in &passages {
            stands_there(texts[passage.text], passage)?;
        }
        prop_assert!(passages.is_sorted_by_key(|one| one.superseded));
        for pair in passages.windows(2).filter(|pair| pair[0].superseded == pair[1].superseded) {
            prop_assert!(pair[0].score >= pair[1].score);
        }
        let all = search(&texts, query, usize::MAX, &Weights::default());
        prop_assert_eq!(&all[..passages.len()], &passages[..]);
        for (one, other) in all.iter().enumerate().flat_map(|(i, one)| all[..i].iter().map(move |other| (one, other))) {
            let apart = one.first_line > other.last_line || other.first_line > one.last_line;
            prop_assert!(one.text != other.text || apart, "{one:?} and {other:?}");
        }
        let mut order: Vec<usize> = Vec::new();
        all.iter().for_each(|one| if !order.contains(&one.text) { order.push(one.text) });
        let found: Vec<usize> = relevant(&texts, query, &Weights::default()).into_iter().map(|(text, _)| text).collect();
        prop_assert_eq!(order, found);
    }

    #[test]
    fn a_word_with_two_letters_swapped_still_finds_its_line(word in 0..WORDS.len(), at in 0..6_usize) {
        let text: String = WORDS.iter().map(|word| format!("- A line that has {word} and nothing else.\n")).collect();
        let mut letters: Vec<char> = WORDS[word].chars().collect();
        letters.swap(at, at + 1);
        let misspelt: String = letters.iter().collect();
        let passages = search(&[&text], &misspelt, 10, &Weights { passages: false, ..Weights::default() });
        let lines: Vec<usize> = passages.iter().map(|one| one.first_line).collect();
        prop_assert_eq!(lines, [word + 1], "{}", misspelt);
    }
}

/// Words that are no misspelling of each other.
const WORDS: [&str; 6] = ["chocolate", "birthday", "mountain", "Thursday", "orchestra", "Fahrrad"];

fn stands_there(text: &str, passage: &Passage) -> Result<(), TestCaseError> {
    let snippet = text.get(passage.bytes.clone());
    prop_assert!(snippet.is_some(), "{passage:?} cuts a character");
    let snippet = snippet.unwrap();
    prop_assert!((1..=MAX_PASSAGE_BYTES).contains(&snippet.len()), "{} bytes", snippet.len());
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let start: usize = lines[..passage.first_line - 1].iter().map(|line| line.len()).sum();
    let named: String = lines[passage.first_line - 1..passage.last_line].concat();
    if passage.first_line == passage.last_line {
        // A part of a line that is too long as a whole.
        let end = start + named.len();
        prop_assert!(start <= passage.bytes.start && passage.bytes.end <= end, "{passage:?} is not in {named:?}");
        let whole = named.trim_end_matches(['\r', '\n']);
        prop_assert!(snippet == whole || whole.len() > MAX_PASSAGE_BYTES, "{snippet:?} of {whole:?}");
    } else {
        prop_assert_eq!((passage.bytes.start, snippet), (start, named.trim_end_matches(['\r', '\n'])));
    }
    prop_assert!(passage.heading.is_empty() || text.contains(&passage.heading));
    prop_assert!(!passage.highlights.is_empty(), "{passage:?} shows no word");
    let mut last = 0;
    for place in &passage.highlights {
        prop_assert!(last <= place.start && place.start < place.end, "{:?}", passage.highlights);
        prop_assert!(snippet.get(place.clone()).is_some(), "{place:?} of {snippet:?}");
        last = place.end;
    }
    Ok(())
}
