//! Adds lines at the end of a text or of a section.

use std::ops::Range;

use super::rows::{check, inserted, rows};
use super::{PatchRefusal, Patched, headings};
use crate::lines::body;

pub(super) fn append(
    text: &str,
    lines: &[String],
    after_heading: Option<&str>,
    skip_if_present: bool,
) -> Result<Patched, PatchRefusal> {
    check(lines, "append_lines adds 1 to 10,000 lines")?;
    let rows = rows(text);
    let (region, at) = match after_heading {
        None => (0..rows.len(), rows.len()),
        Some(heading) => {
            let section = headings::section(text, heading)?;
            let at = end_of_content(&rows, &section);
            (section, at)
        }
    };
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    if skip_if_present && stands(&lines, &rows[region]) {
        return Ok(Patched { text: text.to_owned(), skipped_lines: lines.len() });
    }
    Ok(Patched { text: inserted(&rows, at, &lines), skipped_lines: 0 })
}

/// Where the section's last line with something on it ends; right below the heading where there is none.
fn end_of_content(rows: &[&str], section: &Range<usize>) -> usize {
    let last = rows[section.clone()].iter().rposition(|row| !row.trim().is_empty());
    section.start + last.map_or(0, |last| last + 1)
}

/// Returns true if `region` holds the lines one after the other. The search ignores blank lines around the block. A block
/// of blank lines alone is never found.
fn stands(lines: &[&str], region: &[&str]) -> bool {
    let tells = |line: &&str| !line.trim().is_empty();
    let (Some(first), Some(last)) = (lines.iter().position(tells), lines.iter().rposition(tells)) else { return false };
    // As one text each, which a search walks once: windows of lines would be compared line by line again and again.
    let between_breaks = |bodies: Vec<&str>| format!("\n{}\n", bodies.join("\n"));
    let there = between_breaks(region.iter().map(|row| body(row)).collect());
    there.contains(&between_breaks(lines[first..=last].to_vec()))
}
