//! Lines as an answer quotes them: with a bound for each and for all together.

use memex_core::lines::{body, rows};
use memex_curation::LineRange;
use memex_proto::v1 as pb;

/// The most bytes of one quotation.
const MAX_QUOTE_BYTES: usize = 2_000;

/// The most bytes of all quotations of an answer: lines that are cited may be any, and any number of times.
const MAX_BYTES: usize = 1 << 20;

/// Lines of a file at a version.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub path: String,
    pub version: i64,
    /// `None`: no lines of that version.
    pub lines: Option<LineRange>,
}

impl Place {
    pub fn file(&self) -> (String, i64) {
        (self.path.clone(), self.version)
    }
}

/// The quotations of one answer.
#[derive(Clone, Debug)]
pub(super) struct Quotes {
    left: usize,
}

impl Default for Quotes {
    fn default() -> Self {
        Self { left: MAX_BYTES }
    }
}

impl Quotes {
    /// The lines of a text at a place; no text where it has no such lines.
    pub fn of(&mut self, place: &Place, text: &str) -> pb::QuotedLines {
        let mut quoted = unquoted(place);
        let Some(lines) = place.lines.and_then(|lines| lines_of(text, lines)) else { return quoted };
        let longest = MAX_QUOTE_BYTES.min(self.left);
        let end = (0..=lines.len().min(longest)).rev().find(|&end| lines.is_char_boundary(end)).unwrap_or(0);
        quoted.cut = end < lines.len();
        quoted.text = lines[..end].to_owned();
        self.left -= end;
        quoted
    }
}

/// A place without its text.
pub(super) fn unquoted(place: &Place) -> pb::QuotedLines {
    let number = |line: u32| i32::try_from(line).unwrap_or(i32::MAX);
    pb::QuotedLines {
        path: place.path.clone(),
        version: place.version,
        lines: place.lines.map(|lines| pb::LineRange { first: number(lines.first), last: number(lines.last) }),
        ..pb::QuotedLines::default()
    }
}

/// The lines of a text in its own bytes, without the last one's ending.
fn lines_of(text: &str, lines: LineRange) -> Option<&str> {
    let skipped = usize::try_from(lines.first.checked_sub(1)?).ok()?;
    let count = usize::try_from(lines.last.checked_sub(lines.first)?).ok()?.checked_add(1)?;
    let mut at = 0;
    let (mut start, mut end, mut seen) = (None, 0, 0);
    for row in rows(text).take(skipped.saturating_add(count)) {
        if seen == skipped {
            start = Some(at);
        }
        end = at + body(row).len();
        at += row.len();
        seen += 1;
    }
    (seen == skipped + count).then_some(())?;
    text.get(start?..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(first: u32, last: u32) -> Place {
        Place { path: "user/a.md".into(), version: 1, lines: Some(LineRange { first, last }) }
    }

    #[test]
    fn lines_are_quoted_as_they_stand_without_the_last_ending() {
        let text = "one\r\ntwo\n  more\nend";
        for (lines, expected) in [((1, 1), "one"), ((1, 2), "one\r\ntwo"), ((2, 3), "two\n  more"), ((4, 4), "end")] {
            assert_eq!(Quotes::default().of(&at(lines.0, lines.1), text).text, expected);
        }
        for beyond in [at(4, 5), at(5, 5), at(0, 0), at(1, u32::MAX), Place { lines: None, ..at(1, 1) }] {
            assert_eq!(Quotes::default().of(&beyond, text).text, "");
        }
    }

    #[test]
    fn a_quotation_and_all_of_them_together_are_bounded() {
        let text = "é".repeat(2_000);
        let mut quotes = Quotes::default();
        let one = quotes.of(&at(1, 1), &text);
        assert!(one.cut && one.text.len() == MAX_QUOTE_BYTES);
        let all: usize = (0..2_000).map(|_| quotes.of(&at(1, 1), &text).text.len()).sum();
        assert_eq!(all + one.text.len(), MAX_BYTES);
    }
}
