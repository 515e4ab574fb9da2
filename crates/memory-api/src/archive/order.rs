//! How many lines of each kind an archive has, and that the kinds come in their order.

use super::lines::{EndLine, Line};

/// Lines by kind, in the order in which the kinds come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts([i64; 5]);

impl Counts {
    /// Counts a line; false where it comes after a line of a later kind.
    pub fn add(&mut self, line: &Line) -> bool {
        let Some(place) = place(line) else { return true };
        self.0[place] += 1;
        self.0[place + 1..].iter().all(|&later| later == 0)
    }

    /// The last line of an archive with these lines.
    pub fn end(&self, sha256: String) -> EndLine {
        let [files, revisions, dreams, dream_ops, access] = self.0;
        EndLine { files, revisions, dreams, dream_ops, access, sha256 }
    }

    /// Whether the last line says the same.
    pub fn are_those_of(&self, end: &EndLine) -> bool {
        self.0 == [end.files, end.revisions, end.dreams, end.dream_ops, end.access]
    }

    /// How many files, deleted ones included.
    pub fn files(&self) -> i64 {
        self.0[0]
    }

    /// How many revisions.
    pub fn revisions(&self) -> i64 {
        self.0[1]
    }

    /// How many dreams.
    pub fn dreams(&self) -> i64 {
        self.0[2]
    }

    /// How many rows of the access log.
    pub fn access(&self) -> i64 {
        self.0[4]
    }
}

fn place(line: &Line) -> Option<usize> {
    match line {
        Line::File(_) => Some(0),
        Line::Revision(_) => Some(1),
        Line::Dream(_) => Some(2),
        Line::DreamOp(_) => Some(3),
        Line::Access(_) => Some(4),
        Line::End(_) => None,
    }
}
