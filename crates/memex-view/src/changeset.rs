//! Changesets: ops, files, dropped lines, probable pairs, the verdict.

use memex_proto::v1::{
    DroppedLine, FileChange, Grade, ProbableLine, QuotedLines, RuleVerdict, StagedOp, TreatmentKind,
};
use serde::Serialize;

use super::memory::operation_word;
use crate::words::{twin, word};

twin! {
    /// One file's change.
    FileChangeView of FileChange {
        path: String, base_version: i64, diff: String, added_lines: i32, removed_lines: i32, revision_id: String,
        redacted: bool, group: i32,
    }
}

twin! {
    /// One rule, and whether the changeset passes it.
    RuleVerdictView of RuleVerdict { rule: String, passes: bool, detail: String }
}

/// One staged op.
#[derive(Debug, Serialize)]
pub struct StagedOpView {
    pub number: i32,
    pub path: String,
    pub operation: String,
    pub expected_version: i64,
    pub reason: String,
    /// The kinds, one a treated line.
    pub treatments: Vec<String>,
}

impl From<StagedOp> for StagedOpView {
    fn from(op: StagedOp) -> Self {
        let treatments = op.treatments.iter().map(|treatment| treatment_word(treatment.kind()));
        Self {
            operation: operation_word(op.operation()),
            treatments: treatments.collect(),
            number: op.number,
            path: op.path,
            expected_version: op.expected_version,
            reason: op.reason,
        }
    }
}

/// Lines of a file, quoted.
#[derive(Debug, Serialize)]
pub struct QuotedLinesView {
    pub path: String,
    pub version: i64,
    /// The first line and the last; `null` where that cannot be told.
    pub lines: Option<(i32, i32)>,
    pub text: String,
    pub cut: bool,
    /// The earliest day on which it was said, and the latest; empty where that cannot be told.
    pub first_said: String,
    pub last_said: String,
}

impl From<QuotedLines> for QuotedLinesView {
    fn from(quoted: QuotedLines) -> Self {
        Self {
            path: quoted.path,
            version: quoted.version,
            lines: quoted.lines.map(|lines| (lines.first, lines.last)),
            text: quoted.text,
            cut: quoted.cut,
            first_said: quoted.first_said,
            last_said: quoted.last_said,
        }
    }
}

/// A line that goes, and the line that stands for it.
#[derive(Debug, Serialize)]
pub struct DroppedLineView {
    pub op: i32,
    pub dropped: Option<QuotedLinesView>,
    pub kept: Option<QuotedLinesView>,
    pub redacted: bool,
    /// What the op does to the line; `null` where that is not told.
    pub kind: Option<String>,
    /// How sure it is that the kept line says the same; `null` where it was not judged.
    pub grade: Option<String>,
    pub reason: String,
}

impl From<DroppedLine> for DroppedLineView {
    fn from(line: DroppedLine) -> Self {
        let (kind, grade) = (line.kind(), line.grade());
        Self {
            kind: (kind != TreatmentKind::Unspecified).then(|| treatment_word(kind)),
            grade: (grade != Grade::Unspecified).then(|| word(grade.as_str_name(), "GRADE_")),
            op: line.op,
            dropped: line.dropped.map(Into::into),
            kept: line.kept.map(Into::into),
            redacted: line.redacted,
            reason: line.reason,
        }
    }
}

/// Two lines that are probably copies.
#[derive(Debug, Serialize)]
pub struct ProbableLineView {
    pub dropped: Option<QuotedLinesView>,
    pub kept: Option<QuotedLinesView>,
    pub stands: bool,
}

impl From<ProbableLine> for ProbableLineView {
    fn from(line: ProbableLine) -> Self {
        Self { dropped: line.dropped.map(Into::into), kept: line.kept.map(Into::into), stands: line.stands }
    }
}

fn treatment_word(kind: TreatmentKind) -> String {
    word(kind.as_str_name(), "TREATMENT_KIND_")
}
