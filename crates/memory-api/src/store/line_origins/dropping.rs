//! The lines that one dream dropped from one file.

use memex_curation::{LineRange, Treatment};
use uuid::Uuid;

use crate::staged_treatments::in_base_lines;

/// The lines that one dream dropped from one file.
#[derive(Clone, Debug)]
pub(super) struct Dropping {
    /// The dream.
    pub dream: Uuid,
    /// The file.
    pub file: Uuid,
    /// Its version before the dream.
    pub version: i64,
    /// Its text after each op.
    pub texts: Vec<Option<String>>,
    /// The treatments of each op.
    pub treatments: Vec<Vec<Treatment>>,
}

impl Dropping {
    /// The treatments in the lines of the file before the dream, which had this text.
    pub fn in_lines_of(&self, base: &str) -> Vec<Treatment> {
        in_base_lines(base, &self.texts, self.treatments.clone())
    }
}

/// The places of these lines in a list of lines.
pub(super) fn places(lines: LineRange) -> std::ops::Range<usize> {
    (lines.first as usize).saturating_sub(1)..lines.last as usize
}
