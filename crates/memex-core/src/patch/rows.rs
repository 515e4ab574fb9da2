//! A text as its lines with their endings.

/// The lines of a text, each with its ending (`\n`, `\r\n`, or none on the last).
pub(super) fn rows(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A line without its ending.
pub(super) fn body(row: &str) -> &str {
    match row.strip_suffix('\n') {
        Some(line) => line.strip_suffix('\r').unwrap_or(line),
        None => row,
    }
}

/// The ending that most lines have; `\n` where there are as many of both, or none.
pub(super) fn ending(rows: &[&str]) -> &'static str {
    let crlf = rows.iter().filter(|row| row.ends_with("\r\n")).count();
    let all = rows.iter().filter(|row| row.ends_with('\n')).count();
    if crlf * 2 > all { "\r\n" } else { "\n" }
}

/// The numbers, from 1, of the lines in which these bytes lie; `places` ascend, so that the text is walked once.
pub(super) fn line_numbers(text: &str, places: impl IntoIterator<Item = usize>) -> Vec<u32> {
    let (mut line, mut seen) = (1, 0);
    let number = |at: usize| {
        line += text.as_bytes()[seen..at].iter().filter(|byte| **byte == b'\n').count() as u32;
        seen = at;
        line
    };
    places.into_iter().map(number).collect()
}
