//! The rules that paths and prefixes share: compose, then refuse what is odd.

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::PathRefusal;
use crate::{characters, limits};

/// The canonical spelling of a file's path.
pub(super) fn canonical_file(text: &str) -> Result<String, PathRefusal> {
    let path = composed(text)?;
    if path.is_empty() {
        return Err(PathRefusal::Empty);
    }
    check_characters(&path)?;
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    check_scope(&path)?;
    if !path.contains('/') {
        return Err(PathRefusal::NoFile);
    }
    for folder in folders.split('/') {
        check_segment(folder)?;
    }
    if name.is_empty() {
        let scope_alone = !folders.contains('/');
        return Err(if scope_alone { PathRefusal::NoFile } else { PathRefusal::TrailingSlash });
    }
    check_segment(name)?;
    check_count(&path)?;
    Ok(path)
}

/// The canonical spelling of a prefix: as a path, but its last name may be incomplete or missing.
pub(super) fn canonical_prefix(text: &str) -> Result<String, PathRefusal> {
    let prefix = composed(text)?;
    if prefix.is_empty() {
        return Ok(prefix);
    }
    check_characters(&prefix)?;
    check_scope(&prefix)?;
    let (folders, name) = prefix.rsplit_once('/').unwrap_or((&prefix, ""));
    for folder in folders.split('/') {
        check_segment(folder)?;
    }
    if !name.is_empty() {
        // A space at its end may be one within the whole name.
        check_segment(name.trim_end_matches(' ')).map_err(|refusal| match refusal {
            PathRefusal::EmptySegment => PathRefusal::OuterSpace,
            other => other,
        })?;
    }
    check_count(&prefix)?;
    Ok(prefix)
}

fn composed(text: &str) -> Result<String, PathRefusal> {
    if text.len() > limits::MAX_PATH_SPELLING_BYTES {
        return Err(PathRefusal::TooLong { bytes: text.len() });
    }
    let path = if is_nfc(text) { text.to_owned() } else { text.nfc().collect() };
    if path.len() > limits::MAX_PATH_BYTES {
        return Err(PathRefusal::TooLong { bytes: path.len() });
    }
    Ok(path)
}

fn check_characters(path: &str) -> Result<(), PathRefusal> {
    for character in path.chars() {
        if character == '\\' {
            return Err(PathRefusal::Backslash);
        }
        if !characters::is_printable(character) {
            return Err(PathRefusal::NotPrintable { character });
        }
        if !character.is_ascii() && looks_like_punctuation(character) {
            return Err(PathRefusal::LookAlike { character });
        }
    }
    let percent_encoded = path
        .as_bytes()
        .windows(3)
        .any(|bytes| bytes[0] == b'%' && bytes[1].is_ascii_hexdigit() && bytes[2].is_ascii_hexdigit());
    if percent_encoded { Err(PathRefusal::PercentEncoded) } else { Ok(()) }
}

/// Whether it reads as a separator, dot, percent sign or space, or becomes one where compatibility forms are folded.
fn looks_like_punctuation(character: char) -> bool {
    const SLASHES: &[char] = &['\u{2044}', '\u{2215}', '\u{2216}', '\u{29F5}', '\u{29F8}', '\u{29F9}'];
    characters::is_odd_space(character)
        || SLASHES.contains(&character)
        || std::iter::once(character).nfkd().any(|c| matches!(c, '/' | '\\' | '.' | '%'))
}

fn check_scope(path: &str) -> Result<(), PathRefusal> {
    match path.split('/').next() {
        Some("user" | "shared") => Ok(()),
        _ => Err(PathRefusal::UnknownScope),
    }
}

fn check_segment(segment: &str) -> Result<(), PathRefusal> {
    if segment.is_empty() {
        return Err(PathRefusal::EmptySegment);
    }
    if matches!(segment, "." | "..") {
        return Err(PathRefusal::DotSegment);
    }
    if segment.starts_with(' ') || segment.ends_with(' ') {
        return Err(PathRefusal::OuterSpace);
    }
    match segment.chars().next() {
        Some(character) if characters::is_combining(character) => Err(PathRefusal::LeadingMark { character }),
        _ => Ok(()),
    }
}

fn check_count(path: &str) -> Result<(), PathRefusal> {
    let segments = path.split('/').filter(|segment| !segment.is_empty()).count();
    if segments > limits::MAX_PATH_SEGMENTS { Err(PathRefusal::TooManySegments { segments }) } else { Ok(()) }
}
