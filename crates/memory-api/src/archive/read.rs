//! Parts into lines, proved by the last one.

use memex_core::limits::{MAX_ARCHIVE_BYTES, MAX_ARCHIVE_LINE_BYTES};
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::check::broken;
use super::lines::{HeaderLine, Line};
use super::order::Counts;
use super::{FORMAT, VERSION};
use crate::error::field;

/// An archive as its parts come.
#[derive(Default)]
pub struct Lines {
    waiting: Vec<u8>,
    /// How much of `waiting` was read, or was looked at without finding a line's end.
    read: usize,
    looked: usize,
    /// How many lines were read.
    number: u64,
    received: u64,
    /// Of what came before the line that is read.
    sha256: Sha256,
    /// Of everything that came: what tells one archive from another.
    content: Sha256,
    counts: Counts,
    ended: bool,
}

impl Lines {
    /// Takes a part.
    ///
    /// # Errors
    /// QUOTA_EXCEEDED where the archive is larger than an archive may be.
    pub fn take(&mut self, part: &[u8]) -> Result<(), Refusal> {
        self.received += part.len() as u64;
        if self.received > MAX_ARCHIVE_BYTES {
            let message = format!("the archive is over {MAX_ARCHIVE_BYTES} bytes, which is the most that is imported");
            return Err(Refusal::new(ErrorReason::QuotaExceeded, message)
                .fact("quota", "archive_bytes")
                .fact("limit", MAX_ARCHIVE_BYTES.to_string()));
        }
        self.content.update(part);
        self.waiting.drain(..self.read);
        self.looked -= self.read;
        self.read = 0;
        self.waiting.extend_from_slice(part);
        Ok(())
    }

    /// Forgets what came, but for what it was: of an archive that was imported before.
    pub fn skip(&mut self) {
        (self.read, self.looked) = (self.waiting.len(), self.waiting.len());
    }

    /// The next line with its number, from 1; `None` where the next part must come first. The header and the last line
    /// are judged here and not given.
    ///
    /// # Errors
    /// FIELD_INVALID for a line that is none of an archive's, out of order, too long, or not what the last line says.
    pub fn next_line(&mut self) -> Result<Option<(u64, Line)>, Refusal> {
        while let Some((from, to)) = self.line()? {
            self.number += 1;
            if self.ended {
                return Err(broken(self.number, "kind", "comes after the last line"));
            }
            if self.number == 1 {
                header(&self.waiting[from..to])?;
            } else {
                let line = parse(self.number, &self.waiting[from..to])?;
                if let Line::End(end) = &line {
                    let proved = end.sha256 == hex::encode(self.sha256.clone().finalize());
                    if !proved || !self.counts.are_those_of(end) {
                        let rule = "is not that of the lines before: the archive was changed, or lines are missing";
                        return Err(broken(self.number, "sha256", rule));
                    }
                    self.ended = true;
                    continue;
                }
                if !self.counts.add(&line) {
                    let rule = "is out of order: files, revisions, dreams, dream ops, access, end";
                    return Err(broken(self.number, "kind", rule));
                }
                self.sha256.update(&self.waiting[from..=to]);
                return Ok(Some((self.number, line)));
            }
            self.sha256.update(&self.waiting[from..=to]);
        }
        Ok(None)
    }

    /// How many lines there were, after the last part.
    ///
    /// # Errors
    /// FIELD_INVALID where the archive is cut off.
    pub fn end(&self) -> Result<Counts, Refusal> {
        if !self.ended || self.read < self.waiting.len() {
            return Err(broken(self.number + 1, "kind", "is missing: the archive ends before its last line"));
        }
        Ok(self.counts)
    }

    /// The SHA-256 of everything that came.
    pub fn content(&self) -> [u8; 32] {
        self.content.clone().finalize().into()
    }

    /// Where the next line begins and where its line ending is.
    fn line(&mut self) -> Result<Option<(usize, usize)>, Refusal> {
        let found = self.waiting[self.looked..].iter().position(|&byte| byte == b'\n');
        let to = self.looked + found.unwrap_or(self.waiting.len() - self.looked);
        if to - self.read > MAX_ARCHIVE_LINE_BYTES {
            let rule = format!("is over {MAX_ARCHIVE_LINE_BYTES} bytes, which no line of an archive is");
            return Err(broken(self.number + 1, "kind", &rule));
        }
        let from = self.read;
        self.looked = to;
        if found.is_none() {
            return Ok(None);
        }
        (self.read, self.looked) = (to + 1, to + 1);
        Ok(Some((from, to)))
    }
}

/// What says of a file whether it is an archive, and of which version; the rest may be another version's.
#[derive(Deserialize)]
struct Format {
    archive: String,
    version: u32,
}

fn header(line: &[u8]) -> Result<(), Refusal> {
    let format: Option<Format> = serde_json::from_slice(line).ok();
    match format.filter(|format| format.archive == FORMAT) {
        None => Err(broken(1, "archive", "is no archive of Memex: the first line must begin {\"archive\":\"memex\"")),
        Some(format) if format.version != VERSION => {
            let rule = format!("is {}; this service reads version {VERSION}", format.version);
            Err(broken(1, "version", &rule))
        }
        Some(_) => serde_json::from_slice::<HeaderLine>(line).map(|_| ()).map_err(|error| unlike(1, "header", &error)),
    }
}

/// What says of which kind a line is.
#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: std::borrow::Cow<'a, str>,
}

fn parse(number: u64, line: &[u8]) -> Result<Line, Refusal> {
    let kind: Kind<'_> = serde_json::from_slice(line).map_err(|error| unlike(number, "line", &error))?;
    let known = ["file", "revision", "dream", "dream_op", "access", "end"];
    let Some(kind) = known.into_iter().find(|known| *known == kind.kind) else {
        return Err(broken(number, "kind", &format!("is unknown; an archive has {}", known.join(", "))));
    };
    serde_json::from_slice(line).map_err(|error| unlike(number, kind, &error))
}

/// The refusal of what is no such line. The parser's own words may quote a text, so they are not told.
fn unlike(number: u64, kind: &str, error: &serde_json::Error) -> Refusal {
    use serde_json::error::Category;
    let why = match error.classify() {
        Category::Data => "has a field that is missing, unknown or of another type",
        Category::Syntax | Category::Eof | Category::Io => "is not JSON in UTF-8",
    };
    let name = format!("lines[{number}]");
    field(&name, format!("{why} (read as {kind})"))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::super::write::Parts;
    use super::*;

    fn archive() -> Vec<u8> {
        let header = HeaderLine::of("ada".into(), DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap());
        let mut parts = Parts::begin(&header).unwrap();
        let file = r#"{"kind":"file","file":"0190a1b2-0000-7000-8000-000000000000","path":"user/a.md","version":1,"deleted":true,
            "size":0,"sha256":"","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","updated_by":"ada"}"#;
        parts.add(&serde_json::from_str(file).unwrap()).unwrap();
        parts.end().unwrap();
        parts.rest()
    }

    fn read(bytes: &[u8], part: usize) -> Result<usize, Refusal> {
        let mut lines = Lines::default();
        let mut found = 0;
        for part in bytes.chunks(part) {
            lines.take(part)?;
            while lines.next_line()?.is_some() {
                found += 1;
            }
        }
        lines.end().map(|_| found)
    }

    #[test]
    fn an_archive_is_read_however_its_parts_are_cut() {
        let archive = archive();
        for part in [1, 2, 7, 100, archive.len()] {
            assert_eq!(read(&archive, part).unwrap(), 1);
        }
    }

    #[test]
    fn whatever_is_cut_off_or_changed_is_refused() {
        let archive = archive();
        for length in 0..archive.len() {
            assert!(read(&archive[..length], 50).is_err(), "{length} bytes were taken for the whole");
        }
        for place in 0..archive.len() {
            let mut changed = archive.clone();
            changed[place] ^= 1;
            assert!(read(&changed, 50).is_err(), "byte {place} was changed and the archive taken");
        }
        let mut longer = archive.clone();
        longer.extend_from_slice(b"{}\n");
        assert!(read(&longer, 50).is_err());
    }

    #[test]
    fn an_archive_that_is_larger_than_one_may_be_is_refused_before_it_is_kept() {
        let mut lines = Lines { received: MAX_ARCHIVE_BYTES - 1, ..Lines::default() };
        lines.take(b"x").unwrap();
        assert_eq!(lines.take(b"x").unwrap_err().reason, ErrorReason::QuotaExceeded);
    }

    #[test]
    fn a_line_without_an_end_is_refused_before_it_is_kept_whole() {
        let mut lines = Lines::default();
        let part = vec![b'x'; 1024 * 1024];
        let refused = (0..20).any(|_| lines.take(&part).and_then(|()| lines.next_line().map(|_| ())).is_err());
        assert!(refused);
    }
}
