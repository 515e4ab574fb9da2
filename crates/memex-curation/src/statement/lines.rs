//! Lines of a text with their numbers, and what can be told of a line by itself.

use memex_core::lines::rows;

use crate::date;

/// One line of the page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line<'a> {
    /// The line without outer white space.
    pub body: &'a str,
    /// Columns of white space before the body; a tab goes to the next multiple of four.
    pub indent: usize,
}

/// The lines of `text`, as patches and diffs count them, with a carriage return before their end.
pub(crate) fn split_lines(text: &str) -> Vec<&str> {
    rows(text).map(|row| row.strip_suffix('\n').unwrap_or(row)).collect()
}

impl<'a> Line<'a> {
    pub(super) fn new(raw: &'a str, first: bool) -> Self {
        let start = if first { raw.strip_prefix('\u{feff}').unwrap_or(raw) } else { raw };
        let mut indent = 0;
        for c in start.chars() {
            match c {
                ' ' => indent += 1,
                '\t' => indent += 4 - indent % 4,
                _ => break,
            }
        }
        Self { body: start.trim(), indent }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.body.is_empty()
    }

    /// Level and text of a heading that opens with `#`.
    pub(super) fn heading(&self) -> Option<(u8, &'a str)> {
        let level = self.body.bytes().take_while(|b| *b == b'#').count();
        if self.indent > 3 || !(1..=6).contains(&level) {
            return None;
        }
        let rest = &self.body[level..];
        if !rest.is_empty() && !rest.starts_with([' ', '\t']) {
            return None;
        }
        let rest = rest.trim();
        let open = rest.trim_end_matches('#');
        let text = if open.is_empty() || open.ends_with([' ', '\t']) { open.trim_end() } else { rest };
        Some((u8::try_from(level).unwrap_or(6), text))
    }

    /// The level that this line would give to the paragraph above it.
    pub(super) fn underline(&self) -> Option<u8> {
        let only = |c: char| self.body.chars().all(|x| x == c);
        match self.body.chars().next() {
            Some('=') if self.indent <= 3 && only('=') => Some(1),
            Some('-') if self.indent <= 3 && only('-') => Some(2),
            _ => None,
        }
    }

    pub(super) fn is_break(&self) -> bool {
        let Some(mark) = self.body.chars().next().filter(|c| matches!(c, '-' | '*' | '_')) else { return false };
        let marks = self.body.chars().filter(|c| *c == mark).count();
        self.indent <= 3 && marks >= 3 && self.body.chars().all(|c| c == mark || c == ' ' || c == '\t')
    }

    /// The mark of a list item, its width in columns, and the text after it.
    pub(super) fn item(&self) -> Option<(super::Mark, usize, &'a str)> {
        let first = self.body.chars().next()?;
        let (mark, width) = if matches!(first, '-' | '*' | '+' | '•') {
            (super::Mark::Bullet(first), first.len_utf8())
        } else {
            let digits = self.body.bytes().take_while(u8::is_ascii_digit).count();
            if !(1..=9).contains(&digits) || !matches!(self.body.as_bytes().get(digits), Some(b'.' | b')')) {
                return None;
            }
            // "5. Januar 2027" is a day and no item.
            if date::find_days(self.body).first().is_some_and(|day| day.start == 0) {
                return None;
            }
            (super::Mark::Ordered, digits + 1)
        };
        let rest = &self.body[width..];
        let columns = if width > 1 && first == '•' { 2 } else { width + 1 };
        (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| (mark, columns, rest.trim()))
    }

    /// Whether a numbered item may begin in the middle of a paragraph: only number one may, as in CommonMark.
    pub(super) fn may_interrupt(&self) -> bool {
        !self.body.starts_with(|c: char| c.is_ascii_digit())
            || self.body.starts_with("1.")
            || self.body.starts_with("1)")
    }

    /// Whether it reads `key: value`, with a key of at most four words.
    pub(super) fn is_key_value(&self) -> bool {
        let Some((key, value)) = self.body.split_once(':') else { return false };
        let words = key.split_whitespace().count();
        let plain = key.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '*' | '\'' | '/'));
        (1..=4).contains(&words) && plain && value.starts_with([' ', '\t', '*']) && !value.trim().is_empty()
    }
}
