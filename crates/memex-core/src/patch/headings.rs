//! Finds the sections of a Markdown text; the only module here that knows Markdown.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag};

use super::rows::rows;
use super::{PatchRefusal, Sought};
use crate::lines::{body, for_markdown, line_numbers};

/// The lines (from 0) of the section under `heading`, the heading's own left out: up to the next heading of the same
/// or a higher level. `## Food` finds a heading of that level, `Food` one of any.
pub(super) fn section(text: &str, heading: &str) -> Result<Range<usize>, PatchRefusal> {
    let (level, title) = wanted(heading);
    if title.is_empty() {
        return Err(PatchRefusal::invalid("after_heading is empty; give a heading or leave it out"));
    }
    let headings = headings(text);
    let is_wanted = |found: &&Heading<'_>| found.title == title && level.is_none_or(|level| found.level == level);
    let found: Vec<&Heading<'_>> = headings.iter().filter(is_wanted).collect();
    match found[..] {
        [] => Err(PatchRefusal::no_match(Sought::Heading)),
        [found] => {
            let next = headings.iter().find(|next| next.rows.start > found.rows.start && next.level <= found.level);
            Ok(found.rows.end..next.map_or_else(|| rows(text).len(), |next| next.rows.start))
        }
        ref found => Err(PatchRefusal::ambiguous(found.iter().map(|found| found.rows.start as u32 + 1).collect())),
    }
}

/// The headings of a text: the first line of each from 0, its level, its title.
pub(crate) fn outline(text: &str) -> Vec<(usize, u8, &str)> {
    headings(text).into_iter().map(|heading| (heading.rows.start, heading.level, heading.title)).collect()
}

/// The lines (from 0) of a text with this outline that no longer hold: its sections `History`, the headings included.
pub(crate) fn superseded(outline: &[(usize, u8, &str)]) -> Vec<Range<usize>> {
    let mut sections: Vec<(u8, Range<usize>)> = Vec::new();
    for (row, level, title) in outline {
        match sections.last_mut() {
            Some((above, section)) if section.end == usize::MAX && level > above => continue,
            Some((_, section)) if section.end == usize::MAX => section.end = *row,
            _ => {}
        }
        if title.eq_ignore_ascii_case("history") {
            sections.push((*level, *row..usize::MAX));
        }
    }
    sections.into_iter().map(|(_, section)| section).collect()
}

struct Heading<'t> {
    level: u8,
    title: &'t str,
    /// Its lines, from 0: one, or more where it is underlined.
    rows: Range<usize>,
}

/// The headings of the text's own level: those in quotes, lists, code and front matter are none.
fn headings(text: &str) -> Vec<Heading<'_>> {
    let start = front_matter_bytes(text);
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (event, range) in Parser::new(&for_markdown(&text[start..])).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) if depth == 0 => {
                found.push((level, start + range.start..start + range.end));
                depth += 1;
            }
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
    }
    let lines = line_numbers(text, found.iter().map(|(_, range)| range.start));
    found.into_iter().zip(lines).map(|((level, range), line)| heading(level, &text[range], line as usize - 1)).collect()
}

fn heading(level: HeadingLevel, source: &str, row: usize) -> Heading<'_> {
    let source = source.trim_end();
    let height = rows(source).len();
    // Only a heading that is underlined has more than one line; the last is the line below it.
    let title = match source.rsplit_once('\n') {
        Some((title, _underline)) => title.trim(),
        None => marked(source).map_or(source, |(_, title)| title),
    };
    Heading { level: level as u8, title, rows: row..row + height }
}

fn wanted(heading: &str) -> (Option<u8>, &str) {
    let heading = heading.trim();
    marked(heading).map_or((None, heading), |(level, title)| (Some(level), title))
}

/// The level and title of a line such as `## Food ##`.
fn marked(line: &str) -> Option<(u8, &str)> {
    let line = line.trim();
    let rest = line.trim_start_matches('#');
    let level = line.len() - rest.len();
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t', '\r'])) {
        return None;
    }
    let open = rest.trim_end_matches('#');
    let closed = open.is_empty() || open.ends_with([' ', '\t', '\r']);
    Some((level as u8, if closed { open } else { rest }.trim()))
}

/// The length of the front matter between `---` on the first line and the next `---` or `...`; 0 where there is none.
/// Its last line would else underline the one above.
pub(crate) fn front_matter_bytes(text: &str) -> usize {
    let mut length = 0;
    for (place, row) in rows(text).into_iter().enumerate() {
        let line = body(row).trim_end();
        length += row.len();
        match (place, line) {
            (0, "---") => {}
            (0, _) => return 0,
            (_, "---" | "...") => return length,
            _ => {}
        }
    }
    0
}
