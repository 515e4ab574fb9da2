//! Finds the days that a text names, so that statements can be ordered in time.

use chrono::NaiveDate;

use crate::language::{List, VOCABULARY};

/// A day found in a text, and the bytes that name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FoundDay {
    pub day: NaiveDate,
    pub start: usize,
    pub end: usize,
}

/// A word of the text: its bytes are `text[start..end]`.
#[derive(Clone, Copy)]
struct Word<'a> {
    text: &'a str,
    start: usize,
    end: usize,
}

/// Every day in `text`, in order: `2026-11-03`, `2026/11/03`, `3 November 2026`, `3rd Nov 2026`, `November 3, 2026`.
pub(crate) fn find_days(text: &str) -> Vec<FoundDay> {
    if !text.bytes().any(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    let words = words(text);
    let mut found = Vec::new();
    let mut i = 0;
    while i < words.len() {
        match day_at(&words[i..], text) {
            Some((found_day, used)) => {
                found.push(found_day);
                i += used;
            }
            None => i += 1,
        }
    }
    found
}

/// The first day in `text`, if it names one.
pub(crate) fn first_day(text: &str) -> Option<NaiveDate> {
    find_days(text).first().map(|f| f.day)
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(i),
            (false, Some(s)) => {
                words.push(Word { text: &text[s..i], start: s, end: i });
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn day_at(words: &[Word<'_>], text: &str) -> Option<(FoundDay, usize)> {
    let [a, b, c, ..] = words else { return None };
    let (ab, bc) = (&text[a.end..b.start], &text[b.end..c.start]);
    let (year, month, day) = if let Some(year) = year_of(a.text) {
        if ab != bc || !matches!(ab, "-" | "/") || b.text.len() != 2 || c.text.len() != 2 {
            return None;
        }
        (year, number_of(b.text)?, number_of(c.text)?)
    } else if let Some(month) = month_of(b.text) {
        let near = is_gap(ab) && is_gap(bc);
        (near.then(|| year_of(c.text))??, month, day_of(a.text)?)
    } else {
        let near = is_gap(ab) && is_gap(bc);
        (near.then(|| year_of(c.text))??, month_of(a.text)?, day_of(b.text)?)
    };
    let day = NaiveDate::from_ymd_opt(year, month, day)?;
    Some((FoundDay { day, start: a.start, end: c.end }, 3))
}

fn is_gap(between: &str) -> bool {
    !between.is_empty() && between.chars().all(|c| c == ' ' || c == ',' || c == '.' || c == '\u{a0}')
}

fn year_of(word: &str) -> Option<i32> {
    (word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit())).then(|| word.parse().ok()).flatten()
}

fn number_of(word: &str) -> Option<u32> {
    word.bytes().all(|b| b.is_ascii_digit()).then(|| word.parse().ok()).flatten()
}

fn day_of(word: &str) -> Option<u32> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = word[digits.len()..].to_ascii_lowercase();
    let known = matches!(suffix.as_str(), "" | "st" | "nd" | "rd" | "th");
    (known && (1..=2).contains(&digits.len())).then(|| number_of(digits)).flatten()
}

/// The number of a month in any language that is known.
fn month_of(word: &str) -> Option<u32> {
    if word.chars().count() < 3 {
        return None;
    }
    VOCABULARY.number_in_any(List::Months, &word.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(y: i32, m: u32, d: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(y, m, d).expect("a day of the calendar")
    }

    #[test]
    fn every_documented_format_is_read() {
        for text in [
            "2026-11-03",
            "[2026-11-03] tea",
            "on 3 November 2026.",
            "November 3, 2026",
            "3 Nov 2026",
            "Nov 3rd, 2026",
            "3rd November 2026",
            "# Notes 2026/11/03",
        ] {
            assert_eq!(first_day(text), Some(day(2026, 11, 3)), "{text}");
        }
        assert_eq!(first_day("5 Sept 2026"), Some(day(2026, 9, 5)));
        assert_eq!(first_day("12 May 2026"), Some(day(2026, 5, 12)));
    }

    #[test]
    fn what_is_no_day_is_not_read_as_one() {
        for text in ["2026-13-03", "2026-02-30", "1-2-2026", "room 12 of 2026", "2026", "+49-2026-11", "May be 3, 2026"]
        {
            assert_eq!(first_day(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_day_at_the_start_is_a_stamp() {}
}
