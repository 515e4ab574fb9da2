//! The curation's words in the words of the protocol, and back.

use memex_core::patch::Edit as PlannedEdit;
use memex_curation::{LineOrigin, LineRange, Pair, PlannedOp, Source, SourceFile, StandsAt, Treatment, TreatmentKind};
use memex_proto::v1;

/// A file that was read, as the curation wants it. Nothing where the answer lacks the file's state.
pub(crate) fn source_file(read: v1::FileContent) -> Option<SourceFile> {
    let file = read.file?;
    Some(SourceFile {
        path: file.path,
        version: file.version,
        text: read.content,
        origins: read.origins.iter().map(origin).collect(),
    })
}

/// A day that cannot be read is none, and a source that is not known an agent's: the guard decides by its own.
fn origin(line: &v1::LineOrigin) -> LineOrigin {
    LineOrigin {
        asserted_on: line.asserted_on.parse().ok(),
        last_said: line.last_said.parse().ok(),
        source: match line.source() {
            v1::Source::User => Source::User,
            v1::Source::Tool => Source::Tool,
            v1::Source::Web => Source::Web,
            v1::Source::Agent | v1::Source::Import | v1::Source::Unspecified => Source::Agent,
        },
    }
}

/// The call that stages an op.
pub(crate) fn patch(op: PlannedOp) -> v1::PatchFileRequest {
    v1::PatchFileRequest {
        path: op.path,
        edits: op.edits.into_iter().map(edit).collect(),
        expected_version: Some(op.expected_version),
        reason: op.reason,
        treatments: op.treatments.into_iter().map(treatment).collect(),
        ..v1::PatchFileRequest::default()
    }
}

/// The bytes of text that an op brings in, as far as its edits say.
pub(crate) fn inserted_bytes(op: &PlannedOp) -> u64 {
    let bytes = |edit: &PlannedEdit| match edit {
        PlannedEdit::AppendLines { lines, .. } | PlannedEdit::InsertLines { lines, .. } => {
            lines.iter().map(|line| line.len() + 1).sum()
        }
        PlannedEdit::Replace { new, old } => new.len().saturating_sub(old.len()),
        PlannedEdit::DeleteLines { .. } => 0,
    };
    op.edits.iter().map(bytes).sum::<usize>() as u64
}

fn edit(edit: PlannedEdit) -> v1::Edit {
    use v1::edit::Kind;
    let kind = match edit {
        PlannedEdit::AppendLines { lines, after_heading, skip_if_present } => {
            let after_heading = after_heading.unwrap_or_default();
            Kind::AppendLines(v1::AppendLines { lines, after_heading, skip_if_present })
        }
        PlannedEdit::Replace { old, new } => Kind::Replace(v1::Replace { old, new }),
        PlannedEdit::InsertLines { after_line, lines } => {
            Kind::InsertLines(v1::InsertLines { after_line: number(after_line), lines })
        }
        PlannedEdit::DeleteLines { first_line, last_line, expected } => Kind::DeleteLines(v1::DeleteLines {
            first_line: number(first_line),
            last_line: number(last_line),
            expected,
        }),
    };
    v1::Edit { kind: Some(kind) }
}

fn treatment(treatment: Treatment) -> v1::Treatment {
    let kind = match treatment.kind {
        TreatmentKind::DropDuplicate => v1::TreatmentKind::DropDuplicate,
        TreatmentKind::Supersede => v1::TreatmentKind::Supersede,
        TreatmentKind::Merge => v1::TreatmentKind::Merge,
        TreatmentKind::Move => v1::TreatmentKind::Move,
        TreatmentKind::Tidy => v1::TreatmentKind::Tidy,
        TreatmentKind::Rewrite => v1::TreatmentKind::Rewrite,
    };
    let sources = treatment.sources.into_iter().map(|source| v1::TreatmentSource {
        path: source.path,
        version: source.version,
        lines: Some(lines(source.lines)),
    });
    v1::Treatment {
        kind: kind.into(),
        before: treatment.before.map(lines),
        after: treatment.after.map(lines),
        sources: sources.collect(),
    }
}

/// A probable pair, as FinishDream lists it.
pub(crate) fn probable_pair(pair: Pair) -> v1::ProbablePair {
    let at = |at: StandsAt| Some(v1::LinesAt { path: at.path, version: at.version, lines: Some(lines(at.lines)) });
    v1::ProbablePair { dropped: at(pair.dropped), kept: at(pair.kept) }
}

fn lines(range: LineRange) -> v1::LineRange {
    v1::LineRange { first: number(range.first), last: number(range.last) }
}

/// Line numbers of texts that fit into a message fit into an `i32`; the server refuses one that does not stand.
fn number(line: u32) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}
