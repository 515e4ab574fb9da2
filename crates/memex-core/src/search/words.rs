//! The words of a text as search compares them: folded, and as pairs of characters where a script has no spaces.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation as _;

/// Calls `found` with each word and its place. Words in scripts without spaces come as overlapping pairs of characters.
pub(super) fn each_word<'t>(text: &'t str, mut found: impl FnMut(Range<usize>, &'t str)) {
    // The run of characters without spaces that is being read.
    let mut run: Range<usize> = 0..0;
    for (at, word) in text.unicode_word_indices() {
        if word.chars().next().is_some_and(is_unspaced) {
            if run.end != at {
                pairs(text, run, &mut found);
                run = at..at;
            }
            run.end = at + word.len();
        } else {
            parts(at, word, &mut found);
        }
    }
    pairs(text, run, &mut found);
}

/// Splits at apostrophes and underscores, which the rules of Unicode leave within words.
fn parts<'t>(at: usize, word: &'t str, found: &mut impl FnMut(Range<usize>, &'t str)) {
    let mut start = 0;
    for part in word.split(['\'', '\u{2019}', '_']) {
        let alone = start == 0 && part.len() == word.len();
        if alone || part.chars().nth(1).is_some() {
            found(at + start..at + start + part.len(), part);
        }
        start += part.len() + word[start + part.len()..].chars().next().map_or(0, char::len_utf8);
    }
}

fn pairs<'t>(text: &'t str, run: Range<usize>, found: &mut impl FnMut(Range<usize>, &'t str)) {
    let chars: Vec<(usize, char)> = text[run.clone()].char_indices().collect();
    if let [(_, _)] = chars[..] {
        found(run.clone(), &text[run]);
        return;
    }
    for two in chars.windows(2) {
        // Two Hiragana are nearly always grammar.
        if !two.iter().all(|(_, one)| is_hiragana(*one)) {
            let range = run.start + two[0].0..run.start + two[1].0 + two[1].1.len_utf8();
            found(range.clone(), &text[range]);
        }
    }
}

fn is_hiragana(one: char) -> bool {
    matches!(one, '\u{3040}'..='\u{309f}')
}

/// Han, kana, Thai, Lao, Myanmar and Khmer; Hangul too, whose particles hang on to their words.
pub(super) fn is_unspaced(one: char) -> bool {
    matches!(one, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{31f0}'..='\u{31ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'
        | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3ffff}')
}

/// A word in lower case and compatible form, with its accents.
pub(super) fn lower(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.nfkc().flat_map(char::to_lowercase).collect() }
}

/// A word without its accents; kana and Thai keep their marks, which are letters there.
pub(super) fn bare(word: &str) -> String {
    if word.is_ascii() || word.chars().next().is_some_and(is_unspaced) {
        return word.to_owned();
    }
    word.nfd().filter(|one| !is_combining_mark(*one)).collect::<String>().replace('ß', "ss")
}
