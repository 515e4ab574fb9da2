//! A text as its lines with their endings, and lines put between them.

use super::PatchRefusal;
use crate::{limits, lines};

/// The lines of a text, each with its ending.
pub(super) fn rows(text: &str) -> Vec<&str> {
    lines::rows(text).collect()
}

/// The ending that most lines have; `\n` where there are as many of both, or none.
pub(super) fn ending(rows: &[&str]) -> &'static str {
    let crlf = rows.iter().filter(|row| row.ends_with("\r\n")).count();
    let all = rows.iter().filter(|row| row.ends_with('\n')).count();
    if crlf * 2 > all { "\r\n" } else { "\n" }
}

/// Judges the lines that an edit adds; `count` says how many it may.
pub(super) fn check(lines: &[String], count: &'static str) -> Result<(), PatchRefusal> {
    if lines.is_empty() || lines.len() > limits::MAX_ADDED_LINES {
        return Err(PatchRefusal::invalid(count));
    }
    if lines.iter().any(|line| line.contains(['\n', '\r'])) {
        return Err(PatchRefusal::invalid("a line to add contains a line break; give each line by itself"));
    }
    Ok(())
}

/// The text with `lines` before its row `at`.
pub(super) fn inserted(rows: &[&str], at: usize, lines: &[&str]) -> String {
    let ending = ending(rows);
    let mut text = rows[..at].concat();
    let last_is_open = at > 0 && !text.ends_with('\n');
    if last_is_open {
        text.push_str(ending);
    }
    text.push_str(&lines.join(ending));
    // Only the last line of a text can lack its ending; what is put after it lacks it in its place.
    if !last_is_open {
        text.push_str(ending);
    }
    text.push_str(&rows[at..].concat());
    text
}
