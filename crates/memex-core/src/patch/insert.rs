//! Adds lines after a line number.

use super::rows::{check, inserted, rows};
use super::{PatchRefusal, Sought};

pub(super) fn insert(text: &str, after_line: u32, lines: &[String]) -> Result<String, PatchRefusal> {
    check(lines, "insert_lines adds 1 to 10,000 lines")?;
    let rows = rows(text);
    let at = after_line as usize;
    if at > rows.len() {
        let of = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        return Err(PatchRefusal::no_match(Sought::Line { line: after_line, of }));
    }
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let open_end = at == rows.len() && !rows.is_empty() && !text.ends_with('\n');
    if open_end && lines.last() == Some(&"") {
        return Err(PatchRefusal::invalid(
            "a blank line at the end of a text without a final newline could not be seen",
        ));
    }
    Ok(inserted(&rows, at, &lines))
}
