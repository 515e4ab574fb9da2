//! On which day each line of a file was first asserted by an agent or backend, and has stood since.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::NaiveDate;
use futures::TryStreamExt as _;
use memex_core::actor::{Operation, Source};
use memex_core::lines::rows;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Store;
use crate::error::Result;

/// How many dated lines are remembered before the memory is emptied: about 40 bytes each.
const REMEMBERED_LINES: usize = 200_000;

/// A file at a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileVersion {
    /// Whose.
    pub scope: i64,
    /// Which file.
    pub file_id: Uuid,
    /// At which version.
    pub version: i64,
}

/// A line by the beginning of its SHA-256, without outer white space: texts are not kept in memory.
type LineKey = [u8; 16];

/// The days of a file's lines; a line without one is dated by no revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineDates(HashMap<LineKey, NaiveDate>);

impl LineDates {
    /// For each line of a text, its day as `YYYY-MM-DD`, or empty.
    pub fn of(&self, text: &str) -> Vec<String> {
        let day = |line: &str| self.0.get(&key(line)).map(NaiveDate::to_string).unwrap_or_default();
        rows(text).map(day).collect()
    }

    /// The days after a revision with this text: lines that stood keep theirs, new ones take `day`.
    fn after(self, stood: &HashSet<LineKey>, text: &str, day: Option<NaiveDate>) -> (Self, HashSet<LineKey>) {
        let mut dates = HashMap::new();
        let mut stands = HashSet::new();
        for line in rows(text).filter(|line| !line.trim().is_empty()) {
            let line = key(line);
            let dated = if stood.contains(&line) { self.0.get(&line).copied() } else { day };
            if let Some(date) = dated {
                dates.insert(line, date);
            }
            stands.insert(line);
        }
        (Self(dates), stands)
    }
}

fn key(line: &str) -> LineKey {
    let mut key = LineKey::default();
    key.copy_from_slice(&Sha256::digest(line.trim().as_bytes())[..16]);
    key
}

/// The days that were worked out before; a version never changes, so that they hold for good.
#[derive(Clone, Debug, Default)]
pub struct Remembered(Arc<Mutex<HashMap<FileVersion, Arc<LineDates>>>>);

impl Remembered {
    fn get(&self, file: &FileVersion) -> Option<Arc<LineDates>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(file).cloned()
    }

    fn put(&self, file: FileVersion, dates: Arc<LineDates>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: usize = known.values().map(|dates| dates.0.len()).sum();
        if lines + dates.0.len() > REMEMBERED_LINES {
            known.clear();
        }
        known.insert(file, dates);
    }
}

impl Store {
    /// The days of the lines of these files of one scope; one statement for all that are not remembered.
    pub async fn asserted(&self, scope: i64, files: &[(Uuid, i64)]) -> Result<HashMap<Uuid, Arc<LineDates>>> {
        let mut known = HashMap::new();
        let mut missing: Vec<(Uuid, i64)> = Vec::new();
        for &(file_id, version) in files {
            match self.asserted.get(&FileVersion { scope, file_id, version }) {
                Some(dates) => drop(known.insert(file_id, dates)),
                None if missing.contains(&(file_id, version)) => {}
                None => missing.push((file_id, version)),
            }
        }
        if !missing.is_empty() {
            for (file, dates) in self.walk(scope, &missing).await? {
                let dates = Arc::new(dates);
                self.asserted.put(file, Arc::clone(&dates));
                known.insert(file.file_id, dates);
            }
        }
        Ok(known)
    }

    /// Walks the revisions of files up to their versions, one text at a time. A redacted one is passed over: what it
    /// brought is the next one's.
    async fn walk(&self, scope: i64, files: &[(Uuid, i64)]) -> Result<Vec<(FileVersion, LineDates)>> {
        let (ids, versions): (Vec<Uuid>, Vec<i64>) = files.iter().copied().unzip();
        let mut rows = sqlx::query!(
            r#"-- asserted.walk
            SELECT v.file_id, f.version AS "head!", v.text, v.at, v.operation, v.source, v.dream_id,
                   v.imported_at IS NOT NULL AS "imported!"
              FROM unnest($2::uuid[], $3::bigint[]) AS f(file_id, version)
              JOIN mx_revision v ON v.scope_id = $1 AND v.file_id = f.file_id AND v.version <= f.version AND NOT v.redacted
             ORDER BY v.file_id, v.version"#,
            scope,
            &ids,
            &versions
        )
        .fetch(self.pool());
        let mut walked: Vec<(FileVersion, LineDates)> = Vec::new();
        let mut stood = HashSet::new();
        while let Some(row) = rows.try_next().await? {
            let file = FileVersion { scope, file_id: row.file_id, version: row.head };
            let dates = match walked.pop() {
                Some((same, dates)) if same == file => dates,
                other => {
                    walked.extend(other);
                    stood.clear();
                    LineDates::default()
                }
            };
            let asserts = !row.imported && asserts(row.operation, row.source, row.dream_id);
            let day = asserts.then(|| row.at.date_naive());
            let (dates, stands) = dates.after(&stood, row.text.as_deref().unwrap_or(""), day);
            stood = stands;
            walked.push((file, dates));
        }
        Ok(walked)
    }
}

/// Whether a revision dates its new lines: a write or patch by a person or program, not an import. What a dream, a
/// restore or a revert brings says nothing of when it was first asserted. Nor does what an archive brought, whichever call
/// had made it there: its day is the import's.
fn asserts(operation: i16, source: i16, dream: Option<Uuid>) -> bool {
    let written = [Operation::Write.code(), Operation::Patch.code()].contains(&operation);
    written && source != Source::Import.code() && dream.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: u32) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(2026, 1, number)
    }

    fn walked(revisions: &[(&str, Option<NaiveDate>)]) -> LineDates {
        let start = (LineDates::default(), HashSet::new());
        revisions.iter().fold(start, |(dates, stood), (text, day)| dates.after(&stood, text, *day)).0
    }

    #[test]
    fn a_line_keeps_the_day_on_which_it_came_while_it_stands() {
        let dates = walked(&[("a\n", day(1)), ("a\nb\n", day(2)), ("  b\n\na", day(3))]);
        assert_eq!(dates.of("a\n\n- new\nb"), ["2026-01-01", "", "", "2026-01-02"]);
    }

    #[test]
    fn a_line_that_left_and_came_again_is_asserted_anew() {
        let dates = walked(&[("a\n", day(1)), ("", day(2)), ("a\n", day(3))]);
        assert_eq!(dates.of("a"), ["2026-01-03"]);
    }

    #[test]
    fn a_line_that_came_without_a_day_has_none_as_long_as_it_stands() {
        let dates = walked(&[("a\n", None), ("a\nb\n", day(2))]);
        assert_eq!(dates.of("a\nb"), ["", "2026-01-02"]);
    }

    #[test]
    fn only_writes_and_patches_that_are_no_imports_and_no_dreams_assert() {
        let agent = Source::Agent.code();
        assert!(asserts(Operation::Write.code(), agent, None) && asserts(Operation::Patch.code(), agent, None));
        assert!(!asserts(Operation::Write.code(), Source::Import.code(), None));
        assert!(!asserts(Operation::Write.code(), agent, Some(Uuid::nil())));
        for operation in [Operation::Restore, Operation::Revert, Operation::DreamLog, Operation::Move] {
            assert!(!asserts(operation.code(), agent, None), "{operation}");
        }
    }
}
