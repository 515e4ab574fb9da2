//! What a file's path says: its folders and its stem, a day that they spell, and whether it is put away.

use chrono::NaiveDate;

use super::part::{Part, is_archived};
use crate::date;
use crate::language::{List, Reading};

/// A path, read.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// Folders and stem, outermost first.
    pub parts: Vec<Part>,
    /// The day that it spells: `2026-01-01.md`, `2026/01/01.md`, `2026-01-01/notes.md`.
    pub day: Option<NaiveDate>,
    /// A folder or the stem is named as a place for what is put away.
    pub archived: bool,
    /// A folder or the stem is that of one occasion: a session, a chat, a diary.
    pub occasion: bool,
}

impl Place {
    pub fn new(path: &str) -> Self {
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
        let stem = match name.rsplit_once('.') {
            Some((stem, _)) if !stem.is_empty() => stem,
            _ => name,
        };
        let mut segments: Vec<&str> = folders.split('/').filter(|s| !s.is_empty()).skip(1).collect();
        segments.push(stem);
        let spelled = spelled_day(&segments);
        let mut parts = Vec::new();
        let mut day = spelled.as_ref().map(|spelled| spelled.day);
        for (i, segment) in segments.iter().enumerate() {
            day = day.or_else(|| date::first_day(&segment.replace('_', "-")));
            if spelled.as_ref().is_some_and(|spelled| spelled.segments.contains(&i)) {
                continue;
            }
            let part = Part::new(segment, true);
            let coded = i > 0 && i + 1 == segments.len() && is_code(segment, segments[i - 1]);
            parts.push(if coded { part.that_says_nothing() } else { part });
        }
        let archived = segments.iter().any(|segment| is_archived(segment));
        let occasion = segments.iter().any(|segment| is_occasion(segment));
        Self { parts, day, archived, occasion }
    }
}

/// Year, month and day in consecutive segments.
struct SpelledDay {
    day: NaiveDate,
    /// The segments that spell it.
    segments: std::ops::Range<usize>,
}

/// `2026/01/01` and `2026/01/2026-01-01`.
fn spelled_day(segments: &[&str]) -> Option<SpelledDay> {
    let number = |s: &str, digits: usize| {
        (s.len() == digits && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<u32>().ok()).flatten()
    };
    segments.windows(3).enumerate().find_map(|(at, three)| {
        let (year, month) = (i32::try_from(number(three[0], 4)?).ok()?, number(three[1], 2)?);
        let (day, whole) = match number(three[2], 2) {
            Some(day) => (NaiveDate::from_ymd_opt(year, month, day)?, true),
            None => {
                let found = *date::find_days(three[2]).first()?;
                let same = found.day.format("%Y-%m").to_string() == format!("{year:04}-{month:02}");
                (same.then_some(found.day)?, found.start == 0 && found.end == three[2].len())
            }
        };
        Some(SpelledDay { day, segments: at..at + 2 + usize::from(whole) })
    })
}

/// A mere number or code directly below a folder of sessions, notes and the like: a UUID, a ULID, hexadecimal digits, or
/// the folder's first letter with a number.
fn is_code(stem: &str, folder: &str) -> bool {
    let reading = Reading::new(&folder.replace('_', " "));
    let known = reading.tongues.all(|language| {
        reading.of(language, List::Numbered).any(|hit| hit.first == 0 && hit.end == reading.tokens.len())
    });
    known && (is_uuid(stem) || is_ulid(stem) || is_hex(stem) || is_initial(stem, folder))
}

/// A UUID in its usual form, hyphens included.
pub(super) fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|g| g.len()).collect();
    lengths == [8, 4, 4, 4, 12] && groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// A ULID: 26 characters of Crockford's base 32.
pub(super) fn is_ulid(text: &str) -> bool {
    let base32 = |b: u8| {
        b.is_ascii_digit() || (b.is_ascii_alphabetic() && !matches!(b.to_ascii_uppercase(), b'I' | b'L' | b'O' | b'U'))
    };
    text.len() == 26 && text.bytes().all(base32) && text.starts_with(|c: char| ('0'..='7').contains(&c))
}

/// At least five hexadecimal digits, a decimal digit and a letter among them.
pub(super) fn is_hex(text: &str) -> bool {
    text.len() >= 5
        && text.bytes().all(|b| b.is_ascii_hexdigit())
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
}

/// `s04`, `s-04`, `n-3fa2`.
fn is_initial(stem: &str, folder: &str) -> bool {
    let initial = folder.chars().next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    let lower = stem.to_lowercase();
    let Some(rest) = lower.strip_prefix(&initial).filter(|_| !initial.is_empty()) else { return false };
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let digits = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
    let short_hex =
        rest.len() == 4 && rest.bytes().all(|b| b.is_ascii_hexdigit()) && rest.bytes().any(|b| b.is_ascii_digit());
    digits || short_hex
}

fn is_occasion(segment: &str) -> bool {
    let reading = Reading::new(&segment.replace('_', " "));
    reading.hits.iter().any(|hit| matches!(hit.list, List::Occasions | List::Diaries))
}
