//! What a curator hands over: one planned change of one file.

use memex_core::patch::Edit;

use crate::Treatment;

/// One change of one file, with what it does to each line and on what ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedOp {
    /// The file that it changes.
    pub path: String,
    /// The version of the file that the line numbers speak of.
    pub expected_version: i64,
    /// To be applied in this order: from the bottom of the file up, so that line numbers stay valid.
    pub edits: Vec<Edit>,
    /// The file's text after the edits.
    pub result: String,
    /// Why, in words without content: counts only.
    pub reason: String,
    /// One for each line dropped, and one for all tidying of the file.
    pub treatments: Vec<Treatment>,
}
