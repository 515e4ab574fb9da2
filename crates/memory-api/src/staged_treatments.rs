//! The treatments of staged ops, and the lines of the file before the dream that they speak of.

use memex_core::diff::kept_lines;
use memex_curation::{LineRange, Treatment};
use memex_proto::v1 as pb;
use prost::Message as _;

use crate::convert;
use crate::error::{Error, Result};
use crate::guards::Guards;
use crate::store::changesets::StagedOp;

/// The treatments of a staged op.
pub(crate) fn treatments(op: &StagedOp, guards: Guards) -> Result<Vec<Treatment>> {
    let read = |bytes: &Vec<u8>| {
        let stored = pb::Treatment::decode(bytes.as_slice())
            .map_err(|_| Error::Unexpected("a stored treatment cannot be decoded"))?;
        convert::treatment(&stored, guards.excluded).map_err(|_| Error::Unexpected("a stored treatment is malformed"))
    };
    op.treatments.iter().map(read).collect()
}

/// The treatments of all ops of one file, in the lines of `base`. Lines that an op treats and that are not lines of
/// `base`, or no longer stand beside each other, are left out: the ledger then finds no ground for the treatment.
pub(crate) fn in_base_lines(base: &str, texts: &[Option<String>], treatments: Vec<Vec<Treatment>>) -> Vec<Treatment> {
    let mut brought = Vec::new();
    let mut origin: Option<Vec<Option<u32>>> = None;
    let mut before = base;
    for (text, of_op) in texts.iter().zip(treatments) {
        for mut treatment in of_op {
            if let Some(origin) = &origin {
                treatment.before = treatment.before.and_then(|range| bring_back(range, origin));
            }
            brought.push(treatment);
        }
        let after = text.as_deref().unwrap_or_default();
        let step = kept_lines(before, after);
        origin = Some(match origin {
            None => step,
            Some(earlier) => step
                .into_iter()
                .map(|line| line.and_then(|line| earlier.get(line as usize - 1).copied().flatten()))
                .collect(),
        });
        before = after;
    }
    brought
}

fn bring_back(range: LineRange, origin: &[Option<u32>]) -> Option<LineRange> {
    let lines = origin.get(range.first.checked_sub(1)? as usize..range.last as usize)?;
    let lines: Vec<u32> = lines.iter().copied().collect::<Option<_>>()?;
    let (first, last) = (*lines.first()?, *lines.last()?);
    (last - first == range.last - range.first).then_some(LineRange { first, last })
}

#[cfg(test)]
mod tests {
    use memex_curation::TreatmentKind;

    use super::*;

    fn dropping(line: u32) -> Vec<Treatment> {
        let before = Some(LineRange { first: line, last: line });
        vec![Treatment { kind: TreatmentKind::DropDuplicate, before, after: None, sources: vec![] }]
    }

    fn brought(base: &str, texts: &[&str], lines: &[u32]) -> Vec<Option<u32>> {
        let texts: Vec<_> = texts.iter().map(|text| Some((*text).to_owned())).collect();
        let treatments = lines.iter().map(|&line| dropping(line)).collect();
        in_base_lines(base, &texts, treatments).into_iter().map(|one| one.before.map(|range| range.first)).collect()
    }

    #[test]
    fn a_later_op_speaks_of_the_lines_after_the_one_before() {
        assert_eq!(brought("a\nb\nc\nd\n", &["a\nc\nd\n", "a\nc\n"], &[2, 3]), [Some(2), Some(4)]);
        assert_eq!(brought("a\nb\nc\nd\n", &["b\nc\nd\n", "c\nd\n", "c\n"], &[1, 1, 2]), [Some(1), Some(2), Some(4)]);
    }

    #[test]
    fn a_line_that_the_dream_itself_brought_is_no_line_of_the_snapshot() {
        assert_eq!(brought("a\n", &["a\nnew\n", "a\n"], &[1, 2]), [Some(1), None]);
        assert_eq!(brought("a\n", &["", "a\n"], &[1, 9]), [Some(1), None]);
    }
}
