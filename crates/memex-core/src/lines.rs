//! Defines a line for all of Memex. A line ends with `\n` or `\r\n`, or with the text. A carriage return alone, a form feed or any
//! other character of Unicode's line breaks is a character within a line.

use std::borrow::Cow;

/// The lines of a text, each with its ending (`\n`, `\r\n`, or none on the last). An empty text has none.
pub fn rows(text: &str) -> std::str::SplitInclusive<'_, char> {
    text.split_inclusive('\n')
}

/// A line without its ending. A `\r` that ends the text ends no line: it is the line's own.
pub fn body(row: &str) -> &str {
    match row.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => row,
    }
}

/// The numbers, from 1, of the lines in which these bytes lie; `places` ascend, so that the text is walked once.
pub(crate) fn line_numbers(text: &str, places: impl IntoIterator<Item = usize>) -> Vec<u32> {
    let (mut line, mut seen) = (1, 0);
    let number = |at: usize| {
        line += text.as_bytes()[seen..at].iter().filter(|byte| **byte == b'\n').count() as u32;
        seen = at;
        line
    };
    places.into_iter().map(number).collect()
}

/// The text for a reader of CommonMark, which ends a line at a lone `\r` too: a space stands for each of these, so that
/// every byte keeps its place and its line.
pub(crate) fn for_markdown(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let lone = |at: &usize| bytes[*at] == b'\r' && bytes.get(at + 1) != Some(&b'\n');
    let Some(first) = (0..bytes.len()).find(lone) else { return Cow::Borrowed(text) };
    let mut plain = text[..first].to_owned();
    let mut from = first;
    for at in (first..bytes.len()).filter(lone) {
        plain.push_str(&text[from..at]);
        plain.push(' ');
        from = at + 1;
    }
    plain.push_str(&text[from..]);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_ends_with_a_line_feed_and_with_nothing_else() {
        let text = "a\rb\u{b}c\u{c}d\u{85}e\u{2028}f\u{2029}g\r\nh\n\ni\r";
        let bodies: Vec<&str> = rows(text).map(body).collect();
        assert_eq!(bodies, ["a\rb\u{b}c\u{c}d\u{85}e\u{2028}f\u{2029}g", "h", "", "i\r"]);
        assert_eq!(rows("").count(), 0);
    }

    #[test]
    fn a_reader_of_markdown_sees_no_lone_carriage_return() {
        for (text, seen) in [("\r", " "), ("a\r\r\nb\r", "a \r\nb "), ("é\rü\n\r", "é ü\n "), ("a\r\nb", "a\r\nb")]
        {
            assert_eq!(for_markdown(text), seen, "{text:?}");
        }
        assert!(matches!(for_markdown("a\r\nb"), Cow::Borrowed(_)));
    }
}
