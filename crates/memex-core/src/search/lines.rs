//! The lines of the texts, with what each has of the query's words.

use std::ops::Range;

use super::dates::Days;
use super::languages::Language;
use super::query::{Match, Query};
use super::words::each_word;
use crate::lines::rows;
use crate::patch::{outline, superseded};

/// One line that is not blank.
pub(super) struct Line {
    /// Which text.
    pub(super) text: usize,
    /// Its number, from 0.
    pub(super) number: usize,
    /// Its bytes, without the line's end.
    pub(super) bytes: Range<usize>,
    /// How many words it has.
    pub(super) words: u32,
    /// The places of the query's words, in order.
    pub(super) hits: Vec<(Match, Range<usize>)>,
    /// The heading above it.
    pub(super) heading: usize,
    /// It stands under a heading `History`: something else holds now.
    pub(super) superseded: bool,
}

/// A text's lines and headings.
pub(super) struct Text {
    /// Its lines among all.
    pub(super) lines: Range<usize>,
    /// Its headings' titles; the first is none.
    pub(super) headings: Vec<String>,
    /// It is of a day that the query names.
    pub(super) of_the_day: bool,
}

/// So many lines of a text may say of which day it is.
const HEAD_LINES: usize = 3;

/// Reads all texts.
pub(super) fn read(texts: &[&str], query: &mut Query<'_>) -> (Vec<Text>, Vec<Line>) {
    let mut lines = Vec::new();
    let read = texts.iter().enumerate().map(|(i, text)| read_one(i, text, query, &mut lines)).collect();
    (read, lines)
}

fn read_one(index: usize, text: &str, query: &mut Query<'_>, lines: &mut Vec<Line>) -> Text {
    let language = Language::of(text);
    let outline = outline(text);
    let mut headings = vec![String::new()];
    let mut history = superseded(&outline).into_iter().peekable();
    let mut next = outline.iter().peekable();
    let (first, mut start) = (lines.len(), 0);
    for (number, row) in rows(text).enumerate() {
        if let Some((_, _, title)) = next.next_if(|(row, _, _)| *row == number) {
            headings.push((*title).to_owned());
        }
        while history.next_if(|rows| rows.end <= number).is_some() {}
        let superseded = history.peek().is_some_and(|rows| rows.contains(&number));
        let body = row.trim_end_matches(['\n', '\r']);
        let bytes = start..start + body.len();
        start += row.len();
        if body.trim().is_empty() {
            continue;
        }
        let (mut words, mut hits) = (0, Vec::new());
        each_word(body, |range, word| {
            words += 1;
            let place = bytes.start + range.start..bytes.start + range.end;
            hits.extend(query.find(word, language).iter().map(|found| (*found, place.clone())));
        });
        let heading = headings.len() - 1;
        lines.push(Line { text: index, number, bytes, words, hits, heading, superseded });
    }
    let of_the_day = !query.days.is_empty() && {
        let head = lines[first..].iter().take(HEAD_LINES).map(|line| &text[line.bytes.clone()]);
        head.map(Days::of).any(|days| days.is_of(&query.days))
    };
    Text { lines: first..lines.len(), headings, of_the_day }
}
