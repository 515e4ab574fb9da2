//! For each line that a changeset drops, the line that stands for it.

use std::collections::{BTreeMap, HashMap};

use memex_core::ids::DreamId;
use memex_curation::{Treatment, TreatmentKind};
use memex_proto::v1 as pb;
use uuid::Uuid;

use super::days::Days;
use super::quotes::{Place, Quotes, unquoted};
use crate::error::Result;
use crate::guards::Guards;
use crate::staged_treatments::{in_base_lines, treatments};
use crate::store::Store;
use crate::store::changesets::{StagedOp, TextAt, texts_by_path};

/// Places of this many files are quoted at a time, so that no more than as many texts are held.
const FILES_AT_ONCE: usize = 100;

/// The most files whose texts are looked up for one answer: as many as a scope has by default. A worker can cite more.
const MOST_FILES: usize = 2_000;

/// A line that an op drops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Drop {
    op: i32,
    kind: pb::TreatmentKind,
    reason: String,
    dropped: Place,
    kept: Option<Place>,
}

/// The lines that the ops drop, by path and op, in the lines of the texts before the dream.
///
/// # Errors
/// Where a stored treatment cannot be read.
pub(super) fn drops(ops: &[StagedOp], bases: &HashMap<(Uuid, i64), TextAt>, guards: Guards) -> Result<Vec<Drop>> {
    let mut by_path: BTreeMap<&str, Vec<&StagedOp>> = BTreeMap::new();
    for op in ops {
        by_path.entry(&op.path).or_default().push(op);
    }
    let mut drops = Vec::new();
    for ops in by_path.into_values() {
        let version = ops[0].base_version;
        let base = ops[0].base_file.and_then(|file| bases.get(&(file, version))).map_or("", |base| base.text.as_str());
        let of_ops = ops.iter().map(|op| treatments(op, guards)).collect::<Result<Vec<_>>>()?;
        let of_op: Vec<&StagedOp> = ops.iter().zip(&of_ops).flat_map(|(op, of_op)| of_op.iter().map(|_| *op)).collect();
        let texts: Vec<Option<String>> = ops.iter().map(|op| op.text.clone()).collect();
        let treated = of_op.into_iter().zip(in_base_lines(base, &texts, of_ops));
        let goes = treated.filter(|(_, treatment)| treatment.kind == TreatmentKind::DropDuplicate);
        drops.extend(goes.map(|(op, treatment)| of(op, version, treatment)));
    }
    Ok(drops)
}

fn of(op: &StagedOp, version: i64, treatment: Treatment) -> Drop {
    let dropped = Place { path: op.path.clone(), version, lines: treatment.before };
    let kept = treatment.sources.into_iter().next();
    let kept = kept.map(|source| Place { path: source.path, version: source.version, lines: Some(source.lines) });
    Drop { op: op.number, kind: pb::TreatmentKind::DropDuplicate, reason: op.reason.clone(), dropped, kept }
}

/// Quotes both lines of each. Where one of them was redacted, neither is told.
///
/// # Errors
/// Where Postgres fails.
pub(super) async fn quoted(
    store: &Store,
    dream: DreamId,
    drops: Vec<Drop>,
    quotes: &mut Quotes,
) -> Result<Vec<pb::DroppedLine>> {
    let mut files: Vec<(String, i64)> = drops.iter().flat_map(Drop::places).map(Place::file).collect();
    files.sort_unstable();
    files.dedup();
    files.truncate(MOST_FILES);
    let mut told: HashMap<Place, Option<pb::QuotedLines>> = HashMap::new();
    for files in files.chunks(FILES_AT_ONCE) {
        let (days, texts) = Days::of(store, dream, texts_by_path(store.pool(), dream.scope, files).await?).await?;
        for place in drops.iter().flat_map(Drop::places) {
            if let Some(text) = texts.get(&place.file()) {
                told.entry(place.clone())
                    .or_insert_with(|| (!text.redacted).then(|| dated(&days, quotes.of(place, &text.text))));
            }
        }
    }
    Ok(drops.into_iter().map(|drop| drop.told(&told)).collect())
}

fn dated(days: &Days, mut quoted: pb::QuotedLines) -> pb::QuotedLines {
    days.tell(&mut quoted);
    quoted
}

impl Drop {
    fn places(&self) -> impl Iterator<Item = &Place> {
        [Some(&self.dropped), self.kept.as_ref()].into_iter().flatten()
    }

    fn told(&self, told: &HashMap<Place, Option<pb::QuotedLines>>) -> pb::DroppedLine {
        let redacted = self.places().any(|place| told.get(place).is_some_and(Option::is_none));
        let quote = |place: &Place| match told.get(place) {
            Some(Some(quote)) if !redacted => quote.clone(),
            _ => unquoted(place),
        };
        pb::DroppedLine {
            op: self.op,
            dropped: Some(quote(&self.dropped)),
            kept: self.kept.as_ref().map(quote),
            redacted,
            kind: self.kind.into(),
            reason: if redacted { String::new() } else { self.reason.clone() },
            grade: pb::Grade::Unspecified.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use memex_curation::LineRange;
    use prost::Message as _;

    use super::*;

    fn op(number: i32, path: &str, text: &str, goes: i32, stays: (&str, i32)) -> StagedOp {
        let lines = |line| Some(pb::LineRange { first: line, last: line });
        let source = pb::TreatmentSource { path: stays.0.into(), version: 2, lines: lines(stays.1) };
        let treatment = pb::Treatment {
            kind: pb::TreatmentKind::DropDuplicate.into(),
            before: lines(goes),
            after: None,
            sources: vec![source],
        };
        StagedOp {
            number,
            operation: 11,
            path: path.into(),
            base_file: Some(Uuid::nil()),
            base_version: 2,
            expected_version: 2,
            text: Some(text.into()),
            inserted_bytes: 0,
            source: 1,
            reason: String::new(),
            treatments: vec![treatment.encode_to_vec()],
            adopted_sequence: None,
            redacted: false,
        }
    }

    fn place(path: &str, line: u32) -> Place {
        Place { path: path.into(), version: 2, lines: Some(LineRange { first: line, last: line }) }
    }

    #[test]
    fn a_later_ops_line_is_told_where_it_stood_before_the_dream() {
        let ops =
            [op(1, "user/a.md", "b\nc\nd\n", 1, ("user/b.md", 7)), op(2, "user/a.md", "b\nc\n", 3, ("user/a.md", 2))];
        let bases = HashMap::from([(
            (Uuid::nil(), 2),
            TextAt { file_id: Uuid::nil(), text: "a\nb\nc\nd\n".into(), source: 1, redacted: false },
        )]);
        let kind = pb::TreatmentKind::DropDuplicate;
        let expected = [
            Drop {
                op: 1,
                kind,
                reason: String::new(),
                dropped: place("user/a.md", 1),
                kept: Some(place("user/b.md", 7)),
            },
            Drop {
                op: 2,
                kind,
                reason: String::new(),
                dropped: place("user/a.md", 4),
                kept: Some(place("user/a.md", 2)),
            },
        ];
        assert_eq!(drops(&ops, &bases, Guards::default()).unwrap(), expected);
    }

    #[test]
    fn where_one_text_was_redacted_neither_is_told() {
        let kind = pb::TreatmentKind::DropDuplicate;
        let drop = Drop {
            op: 1,
            kind,
            reason: String::new(),
            dropped: place("user/a.md", 1),
            kept: Some(place("user/b.md", 7)),
        };
        let quote = Quotes::default().of(&place("user/b.md", 1), "secret\n");
        let told = HashMap::from([(place("user/a.md", 1), None), (place("user/b.md", 7), Some(quote.clone()))]);
        let line = drop.told(&told);
        assert_eq!(
            (line.redacted, line.kept.unwrap().text.as_str(), line.dropped.unwrap().text.as_str()),
            (true, "", "")
        );
        let told = HashMap::from([(place("user/a.md", 1), Some(quote.clone())), (place("user/b.md", 7), Some(quote))]);
        let line = drop.told(&told);
        assert_eq!((line.redacted, line.kept.unwrap().text.as_str()), (false, "secret"));
    }
}
