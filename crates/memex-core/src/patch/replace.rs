//! Replaces a text that occurs exactly once.

use super::{PatchRefusal, Sought};
use crate::lines::line_numbers;

pub(super) fn replace(text: &str, old: &str, new: &str) -> Result<String, PatchRefusal> {
    if old.is_empty() {
        return Err(PatchRefusal::invalid("the text to replace is empty; give the text that stands there"));
    }
    match occurrences(text.as_bytes(), old.as_bytes())[..] {
        [] => Err(PatchRefusal::no_match(Sought::Text { but_for_line_endings: matches_but_for_endings(text, old) })),
        // UTF-8 matches only where characters begin, so that slicing here is safe.
        [at] => Ok([&text[..at], new, &text[at + old.len()..]].concat()),
        ref places => Err(PatchRefusal::ambiguous(line_numbers(text, places.iter().copied()))),
    }
}

fn matches_but_for_endings(text: &str, old: &str) -> bool {
    let plain = |text: &str| text.replace("\r\n", "\n");
    old.contains('\n') && plain(text).contains(&plain(old))
}

/// Where `sought` begins in `text`, overlapping places included: `aa` is twice in `aaa`, and which is meant nobody
/// can say. Knuth, Morris and Pratt's way, since places that overlap would make a plain search quadratic.
fn occurrences(text: &[u8], sought: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    if sought.len() > text.len() {
        return places;
    }
    let borders = borders(sought);
    let mut matched = 0;
    for (at, byte) in text.iter().enumerate() {
        matched = extended(sought, &borders, matched, *byte);
        if matched == sought.len() {
            places.push(at + 1 - matched);
            matched = borders[matched - 1];
        }
    }
    places
}

/// For each beginning of `sought`: the length of the longest shorter beginning that it also ends with.
fn borders(sought: &[u8]) -> Vec<usize> {
    let mut borders = vec![0; sought.len()];
    for at in 1..sought.len() {
        borders[at] = extended(sought, &borders, borders[at - 1], sought[at]);
    }
    borders
}

/// How much of `sought` is matched after `byte`, when `matched` of it was before; less than all of it was.
fn extended(sought: &[u8], borders: &[usize], mut matched: usize, byte: u8) -> usize {
    while matched > 0 && sought[matched] != byte {
        matched = borders[matched - 1];
    }
    if sought[matched] == byte { matched + 1 } else { matched }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_place_is_found_overlapping_ones_too(text in "[ab]{0,30}", sought in "[ab]{1,5}") {
            let plain: Vec<usize> = (0..text.len()).filter(|&at| text[at..].starts_with(&sought)).collect();
            prop_assert_eq!(occurrences(text.as_bytes(), sought.as_bytes()), plain);
        }
    }
}
