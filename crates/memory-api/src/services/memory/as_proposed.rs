//! Memory as it would be after a proposal was adopted: what a read gives under the metadata `memex-proposal`. The line that
//! an adoption adds to `user/dream-log.md` is not in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use memex_core::actor::DREAM_ACTOR;
use memex_core::dream::DreamState;
use sha2::{Digest as _, Sha256};

use crate::approve::not_waiting;
use crate::auth::{Caller, wrong_user};
use crate::error::Result;
use crate::services::context::Context;
use crate::store::changesets::{StagedOp, staged_ops};
use crate::store::dreams::dream_row;
use crate::store::files::{FileRange, FileRow, Found};
use crate::store::search::HeadText;

/// The files that a proposal would change, as they would be; none for a call without a proposal.
#[derive(Debug, Default)]
pub(super) struct AsProposed(BTreeMap<String, Proposed>);

#[derive(Debug)]
struct Proposed {
    version: i64,
    /// `None`: the file would be gone.
    text: Option<String>,
    at: DateTime<Utc>,
}

impl AsProposed {
    /// Of the caller's proposal, which must wait and be of the scope that the call reads.
    ///
    /// # Errors
    /// WRONG_USER for a proposal of another scope, existing or not; DREAM_STALE; WRONG_STATE.
    pub async fn of(context: &Context, caller: &Caller, scope: Option<i64>) -> Result<Self> {
        let Some(dream) = caller.proposal else { return Ok(Self::default()) };
        if scope != Some(dream.scope) {
            return Err(wrong_user().into());
        }
        let row = dream_row(context.store.pool(), dream).await?.ok_or_else(wrong_user)?;
        if row.state != DreamState::Proposed.as_str() {
            return Err(not_waiting(&row.state).into());
        }
        Ok(Self::after(staged_ops(context.store.pool(), dream).await?, context.tokens.now()))
    }

    fn after(ops: Vec<StagedOp>, at: DateTime<Utc>) -> Self {
        let mut files = BTreeMap::new();
        for op in ops {
            files.insert(op.path, Proposed { version: op.base_version + 1, text: op.text, at });
        }
        Self(files)
    }

    /// What a read found at a path, as it would be.
    pub fn found(&self, path: &str, found: Found) -> Found {
        match self.0.get(path) {
            None => found,
            Some(Proposed { text: None, .. }) => Found::Nothing,
            Some(proposed) => match found {
                // Too much before is too much after, or nearly so.
                Found::TooMuch => Found::TooMuch,
                _ => Found::File(proposed.row(path), proposed.text.clone().unwrap_or_default()),
            },
        }
    }

    /// The rows of a page, as they would be: with files that would come, and without those that would be gone.
    pub fn rows(&self, rows: Vec<FileRow>, range: &FileRange) -> Vec<FileRow> {
        if self.0.is_empty() {
            return rows;
        }
        let whole = i64::try_from(rows.len()).is_ok_and(|count| count < range.limit);
        let last = rows.last().map(|row| row.path.clone()).filter(|_| !whole);
        let mut by_path: BTreeMap<String, FileRow> = rows.into_iter().map(|row| (row.path.clone(), row)).collect();
        for (path, proposed) in &self.0 {
            let within = *path >= range.from && *path < range.below && *path > range.after;
            if !within || last.as_ref().is_some_and(|last| path > last) {
                continue;
            }
            match proposed.text {
                Some(_) => drop(by_path.insert(path.clone(), proposed.row(path))),
                None => drop(by_path.remove(path)),
            }
        }
        by_path.into_values().take(usize::try_from(range.limit).unwrap_or(usize::MAX)).collect()
    }

    /// The texts that are searched or recalled, as they would be, between these paths.
    pub fn heads(&self, heads: Vec<HeadText>, (from, below): (&str, &str)) -> Vec<HeadText> {
        if self.0.is_empty() {
            return heads;
        }
        let mut by_path: BTreeMap<String, HeadText> = heads.into_iter().map(|head| (head.path.clone(), head)).collect();
        for (path, proposed) in &self.0 {
            if path.as_str() < from || path.as_str() >= below {
                continue;
            }
            match &proposed.text {
                Some(_) => drop(by_path.insert(path.clone(), proposed.head(path))),
                None => drop(by_path.remove(path)),
            }
        }
        by_path.into_values().collect()
    }
}

impl Proposed {
    fn size(&self) -> i32 {
        i32::try_from(self.text.as_deref().unwrap_or_default().len()).unwrap_or(i32::MAX)
    }

    fn row(&self, path: &str) -> FileRow {
        FileRow {
            path: path.to_owned(),
            version: self.version,
            size: self.size(),
            sha256: Sha256::digest(self.text.as_deref().unwrap_or_default()).to_vec(),
            updated_at: self.at,
            updated_by: DREAM_ACTOR.to_owned(),
        }
    }

    fn head(&self, path: &str) -> HeadText {
        HeadText {
            path: path.to_owned(),
            version: self.version,
            updated_at: self.at,
            size: self.size(),
            text: self.text.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn op(path: &str, base_version: i64, text: Option<&str>) -> StagedOp {
        StagedOp {
            number: 1,
            operation: 11,
            path: path.into(),
            base_file: None::<Uuid>,
            base_version,
            expected_version: base_version,
            text: text.map(str::to_owned),
            inserted_bytes: 0,
            source: 1,
            reason: String::new(),
            treatments: vec![],
            adopted_sequence: None,
            redacted: false,
        }
    }

    fn row(path: &str) -> FileRow {
        FileRow {
            path: path.into(),
            version: 1,
            size: 9,
            sha256: vec![],
            updated_at: DateTime::UNIX_EPOCH,
            updated_by: "a".into(),
        }
    }

    fn range(after: &str, limit: i64) -> FileRange {
        FileRange { from: "user/".into(), below: "user0".into(), after: after.into(), limit, deleted: false }
    }

    fn told(rows: Vec<FileRow>) -> Vec<String> {
        rows.into_iter().map(|row| format!("{} {} {}", row.path, row.version, row.size)).collect()
    }

    #[test]
    fn a_page_has_the_files_that_change_come_and_go_in_their_places() {
        let ops = vec![
            op("user/b", 1, Some("b")),
            op("user/b", 1, Some("")),
            op("user/c", 2, None),
            op("user/d", 0, Some("new")),
        ];
        let proposed = AsProposed::after(ops, DateTime::UNIX_EPOCH);
        let rows = || vec![row("user/a"), row("user/b"), row("user/c"), row("user/e")];
        assert_eq!(
            told(proposed.rows(rows(), &range("", 9))),
            ["user/a 1 9", "user/b 2 0", "user/d 1 3", "user/e 1 9"]
        );
        // A page that is cut has nothing beyond its last row, which the next one begins behind.
        let cut = vec![row("user/a"), row("user/b")];
        assert_eq!(told(proposed.rows(cut, &range("", 2))), ["user/a 1 9", "user/b 2 0"]);
        let rest = vec![row("user/c"), row("user/e")];
        assert_eq!(told(proposed.rows(rest, &range("user/b", 3))), ["user/d 1 3", "user/e 1 9"]);
    }

    #[test]
    fn a_read_gives_the_last_text_and_nothing_of_a_file_that_would_be_gone() {
        let ops = vec![op("user/b", 1, Some("one")), op("user/b", 1, Some("two")), op("user/c", 2, None)];
        let proposed = AsProposed::after(ops, DateTime::UNIX_EPOCH);
        let before = || Found::File(row("x"), "before".into());
        assert!(
            matches!(proposed.found("user/b", before()), Found::File(row, text) if text == "two" && row.version == 2)
        );
        assert!(matches!(proposed.found("user/c", before()), Found::Nothing));
        assert!(matches!(proposed.found("user/a", before()), Found::File(_, text) if text == "before"));
    }
}
