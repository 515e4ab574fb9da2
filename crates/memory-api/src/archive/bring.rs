//! Lines into batches of rows, within the limits of the scope that they come into.

use memex_core::actor::{AccessOutcome, Operation, Source};
use memex_core::dream::{DreamState, Mode};
use memex_core::ids::TokenId;
use memex_proto::reason::{Refusal, from_short_name};
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use super::check::{Checks, FileRow, RevisionRow, broken, dream_id, over};
use super::lines::{AccessLine, DreamLine, DreamOpLine, Line};
use crate::error::{Error, Result};

/// Rows of one batch, and bytes of what is in them, about.
const BATCH_ROWS: usize = 256;
const BATCH_BYTES: usize = 1024 * 1024;

/// A line that is kept as it is: of a dream, an op or a call that happened elsewhere.
#[derive(Clone, Debug)]
pub struct Kept {
    /// 1 a dream, 2 an op, 3 a call.
    pub kind: i16,
    /// Its place among those of its kind.
    pub number: i64,
    /// The archive's line.
    pub at: u64,
    /// Of a dream: its id there.
    pub dream: Option<String>,
    /// The line, marked as imported.
    pub line: String,
}

/// Rows that go to Postgres together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Files.
    pub files: Vec<FileRow>,
    /// Revisions.
    pub revisions: Vec<RevisionRow>,
    /// What is kept as it is.
    pub kept: Vec<Kept>,
    bytes: usize,
}

/// An import under way.
#[derive(Debug)]
pub struct Bringing {
    checks: Checks,
    max_files: i64,
    max_scope_bytes: i64,
    files: i64,
    bytes: i64,
    sequence: i64,
    kept: [i64; 3],
    /// The path of the file before; the dream and the number of the op before.
    path: String,
    op: (String, i32),
    batch: Batch,
}

/// What a scope may hold.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// `max_files`.
    pub max_files: i64,
    /// `max_scope_bytes`.
    pub max_scope_bytes: i64,
    /// `max_text_bytes`.
    pub max_text_bytes: i64,
}

impl Bringing {
    /// Into an empty scope with that much room.
    pub fn into(room: Room, qualifies: bool) -> Self {
        Self {
            checks: Checks { salt: Uuid::new_v4(), qualifies, max_text_bytes: room.max_text_bytes },
            max_files: room.max_files,
            max_scope_bytes: room.max_scope_bytes,
            files: 0,
            bytes: 0,
            sequence: 0,
            kept: [0; 3],
            path: String::new(),
            op: (String::new(), 0),
            batch: Batch::default(),
        }
    }

    /// Takes a line; gives a batch that is full.
    ///
    /// # Errors
    /// What the line says cannot be kept, or there is no room for it.
    pub fn add(&mut self, at: u64, line: Line) -> Result<Option<Batch>> {
        match line {
            Line::File(line) => {
                let row = self.checks.file(at, line)?;
                if row.path <= self.path {
                    return Err(broken(at, "path", "must come after that of the line before, in byte order").into());
                }
                self.path.clone_from(&row.path);
                self.room(at, &row)?;
                self.batch.bytes += row.path.len();
                self.batch.files.push(row);
            }
            Line::Revision(line) => {
                self.sequence += 1;
                if line.sequence != self.sequence {
                    return Err(broken(at, "sequence", "must go up one by one from 1").into());
                }
                let row = self.checks.revision(at, *line)?;
                self.batch.bytes += row.path.len() + row.text.as_ref().map_or(0, String::len);
                self.batch.revisions.push(row);
            }
            Line::Dream(line) => {
                dream(at, &line)?;
                let id = line.dream.clone();
                self.keep(1, at, Some(id), &Line::Dream(Box::new(DreamLine { imported: true, ..*line })))?;
            }
            Line::DreamOp(line) => {
                self.op(at, &line)?;
                self.keep(2, at, None, &Line::DreamOp(Box::new(DreamOpLine { imported: true, ..*line })))?;
            }
            Line::Access(line) => {
                access(at, &line)?;
                self.keep(3, at, None, &Line::Access(Box::new(AccessLine { imported: true, ..*line })))?;
            }
            Line::End(_) => {}
        }
        let rows = self.batch.files.len() + self.batch.revisions.len() + self.batch.kept.len();
        let full = rows >= BATCH_ROWS || self.batch.bytes >= BATCH_BYTES;
        Ok(full.then(|| std::mem::take(&mut self.batch)))
    }

    /// What no full batch has.
    pub fn rest(self) -> Batch {
        self.batch
    }

    fn room(&mut self, at: u64, row: &FileRow) -> Result<(), Refusal> {
        if row.deleted {
            return Ok(());
        }
        self.files += 1;
        self.bytes += i64::from(row.size);
        if self.files > self.max_files {
            return Err(over(at, "max_files", self.max_files));
        }
        if self.bytes > self.max_scope_bytes {
            return Err(over(at, "max_scope_bytes", self.max_scope_bytes));
        }
        Ok(())
    }

    fn op(&mut self, at: u64, line: &DreamOpLine) -> Result<(), Refusal> {
        op(at, line)?;
        if line.dream == self.op.0 && line.number <= self.op.1 {
            return Err(broken(at, "number", "must come after that of the dream's op before"));
        }
        self.op = (line.dream.clone(), line.number);
        Ok(())
    }

    fn keep(&mut self, kind: i16, at: u64, dream: Option<String>, line: &Line) -> Result<()> {
        let number = &mut self.kept[usize::from(kind.unsigned_abs()) - 1];
        *number += 1;
        let line = serde_json::to_string(line).map_err(|_| Error::Unexpected("a line is no JSON"))?;
        self.batch.bytes += line.len();
        self.batch.kept.push(Kept { kind, number: *number, at, dream, line });
        Ok(())
    }
}

fn dream(at: u64, line: &DreamLine) -> Result<(), Refusal> {
    dream_id(at, &line.dream)?;
    if DreamState::parse(&line.state).is_none() {
        return Err(broken(at, "state", "is none of a dream's"));
    }
    if Mode::parse(&line.mode).is_none() {
        return Err(broken(at, "mode", "is none of a dream's"));
    }
    Ok(())
}

fn op(at: u64, line: &DreamOpLine) -> Result<(), Refusal> {
    dream_id(at, &line.dream)?;
    known(at, "operation", Operation::parse(&line.operation).is_some())?;
    known(at, "source", Source::parse(&line.source).is_some())
}

fn access(at: u64, line: &AccessLine) -> Result<(), Refusal> {
    if let Some(dream) = &line.dream {
        dream_id(at, dream)?;
    }
    known(at, "operation", Operation::parse(&line.operation).is_some())?;
    known(at, "outcome", AccessOutcome::parse(&line.outcome).is_some())?;
    let reason = line.reason.as_deref().map(from_short_name);
    known(at, "reason", reason.is_none_or(|reason| reason.is_some_and(|reason| reason != ErrorReason::Unspecified)))?;
    known(at, "token", line.token.parse::<TokenId>().is_ok())
}

fn known(at: u64, name: &str, is: bool) -> Result<(), Refusal> {
    if is { Ok(()) } else { Err(broken(at, name, "is none that this version knows")) }
}
