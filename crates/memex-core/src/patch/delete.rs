//! Deletes a range of lines whose text the caller knows.

use super::rows::rows;
use super::{PatchRefusal, Sought};
use crate::lines::body;

pub(super) fn delete(text: &str, first_line: u32, last_line: u32, expected: &str) -> Result<String, PatchRefusal> {
    if first_line == 0 || last_line < first_line {
        return Err(PatchRefusal::invalid("lines are numbered from 1, and the last is not before the first"));
    }
    let rows = rows(text);
    let refusal = || {
        let of = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        PatchRefusal::no_match(Sought::Lines { first_line, last_line, of })
    };
    let (first, end) = (first_line as usize - 1, last_line as usize);
    let range = rows.get(first..end).ok_or_else(refusal)?;
    if !is_expected(range, expected) {
        return Err(refusal());
    }
    let rest = [&rows[..first], &rows[end..]].concat();
    Ok(ended_as(text, rest.concat()))
}

/// Returns true if the lines equal `expected`, which may end with one newline. A `\r` before the end of an expected line is its
/// ending's or its own.
fn is_expected(range: &[&str], expected: &str) -> bool {
    let says = |expected: &str| {
        let mut lines = expected.split('\n');
        let is_said = |row: &&str| {
            let said = body(row);
            lines.next().is_some_and(|line| line == said || line.strip_suffix('\r') == Some(said))
        };
        range.iter().all(is_said) && lines.next().is_none()
    };
    says(expected) || expected.strip_suffix('\n').is_some_and(says)
}

/// What is left, with a final newline only where `text` had one: its last line may have become another.
fn ended_as(text: &str, mut left: String) -> String {
    if !text.ends_with('\n') && left.ends_with('\n') {
        left.truncate(body(&left).len());
    }
    left
}
