//! Adds lines at the end of a text or of a section, skipping what stands there.

use std::collections::HashSet;
use std::ops::Range;

use super::rows::{check, inserted, rows};
use super::{PatchRefusal, headings};

pub(super) fn append(text: &str, lines: &[String], after_heading: Option<&str>) -> Result<String, PatchRefusal> {
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
    let missing = missing(lines, &rows[region]);
    if missing.is_empty() {
        return Ok(text.to_owned());
    }
    Ok(inserted(&rows, at, &missing))
}

/// Where the section's last line with something on it ends; right below the heading where there is none.
fn end_of_content(rows: &[&str], section: &Range<usize>) -> usize {
    let last = rows[section.clone()].iter().rposition(|row| !row.trim().is_empty());
    section.start + last.map_or(0, |last| last + 1)
}

/// The lines that do not stand in `region` yet, up to the last that is not blank: where a text has no final newline, a
/// blank last line could not be told from one.
fn missing<'l>(lines: &'l [String], region: &[&str]) -> Vec<&'l str> {
    let mut missing: Vec<&str> = lines.iter().map(String::as_str).collect();
    drop_last_blanks(&mut missing);
    if missing.iter().any(|line| is_fence(line)) {
        return if stands_as_block(&missing, region) { Vec::new() } else { missing };
    }
    let mut there: HashSet<&str> = region.iter().map(|row| row.trim()).collect();
    missing.retain(|&line| line.trim().is_empty() || there.insert(line.trim()));
    drop_last_blanks(&mut missing);
    missing
}

fn drop_last_blanks(lines: &mut Vec<&str>) {
    let end = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
    lines.truncate(end);
}

fn is_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("```") || line.starts_with("~~~")
}

fn stands_as_block(lines: &[&str], region: &[&str]) -> bool {
    region.windows(lines.len()).any(|window| window.iter().zip(lines).all(|(row, line)| row.trim() == line.trim()))
}
