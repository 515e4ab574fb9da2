//! Passages and recalled files.

use memex_proto::v1::{ByteRange, Passage, RecalledFile};
use serde::Serialize;

use crate::words::{time, word};

/// A piece of a file that answers a query.
#[derive(Debug, Serialize)]
pub struct PassageView {
    pub path: String,
    pub version: i64,
    pub heading: String,
    pub first_line: i32,
    pub last_line: i32,
    pub snippet: String,
    pub highlights: Vec<RangeView>,
    pub score: f64,
    pub updated_at: Option<String>,
}

/// A range of bytes.
#[derive(Debug, Serialize)]
pub struct RangeView {
    pub start: i32,
    pub end: i32,
}

impl From<ByteRange> for RangeView {
    fn from(range: ByteRange) -> Self {
        Self { start: range.start, end: range.end }
    }
}

impl From<Passage> for PassageView {
    fn from(passage: Passage) -> Self {
        Self {
            path: passage.path,
            version: passage.version,
            heading: passage.heading,
            first_line: passage.first_line,
            last_line: passage.last_line,
            snippet: passage.snippet,
            highlights: passage.highlights.into_iter().map(Into::into).collect(),
            score: passage.score,
            updated_at: time(passage.updated_at),
        }
    }
}

/// A file that a recall took, or left out.
#[derive(Debug, Serialize)]
pub struct RecalledFileView {
    pub path: String,
    pub version: i64,
    pub ground: String,
    pub size_bytes: i64,
    pub taken_bytes: i64,
}

impl From<RecalledFile> for RecalledFileView {
    fn from(file: RecalledFile) -> Self {
        Self {
            ground: word(file.ground().as_str_name(), "RECALL_GROUND_"),
            path: file.path,
            version: file.version,
            size_bytes: file.size_bytes,
            taken_bytes: file.taken_bytes,
        }
    }
}
