//! Treatments: judged for their form here; whether their ground holds is the ledger's business.

use memex_core::limits;
use memex_core::path::{MemoryPath, ScopeKind};
use memex_curation::{LineRange, Treatment, TreatmentKind, TreatmentSource};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use crate::error::field;

/// The treatments of one op. `excluded` false lets a ground lie in a file that dreams do not see.
///
/// # Errors
/// FIELD_INVALID for none or too many; GROUND_INVALID, with the treatment's index, for one that is malformed.
pub fn treatments(given: &[pb::Treatment], excluded: bool) -> Result<Vec<Treatment>, Refusal> {
    if given.is_empty() {
        return Err(field("treatments", "are required within a dream"));
    }
    if given.len() > limits::MAX_TREATMENTS_PER_OP {
        return Err(field("treatments", format!("at most {} to an op", limits::MAX_TREATMENTS_PER_OP)));
    }
    given
        .iter()
        .enumerate()
        .map(|(at, one)| treatment(one, excluded).map_err(|(name, rule)| ground_invalid(at, name, rule)))
        .collect()
}

fn ground_invalid(at: usize, name: &str, rule: &str) -> Refusal {
    let name = format!("treatments[{at}].{name}");
    Refusal::new(ErrorReason::GroundInvalid, format!("{name}: {rule}")).violation(name, rule).fact("treatment", at)
}

/// One treatment, its paths in canonical form.
///
/// # Errors
/// The field that is malformed and the rule that it breaks.
pub fn treatment(given: &pb::Treatment, excluded: bool) -> Result<Treatment, (&'static str, &'static str)> {
    let kind = kind(given.kind).ok_or(("kind", "is not a kind of treatment"))?;
    let before = given.before.as_ref().map(|lines| range("before", lines)).transpose()?;
    let after = given.after.as_ref().map(|lines| range("after", lines)).transpose()?;
    if given.sources.len() > limits::MAX_SOURCES_PER_TREATMENT {
        return Err(("sources", "at most 100 to a treatment"));
    }
    let sources = given.sources.iter().map(|one| source(one, excluded)).collect::<Result<_, _>>()?;
    Ok(Treatment { kind, before, after, sources })
}

fn kind(number: i32) -> Option<TreatmentKind> {
    match pb::TreatmentKind::try_from(number).ok()? {
        pb::TreatmentKind::Unspecified => None,
        pb::TreatmentKind::DropDuplicate => Some(TreatmentKind::DropDuplicate),
        pb::TreatmentKind::Supersede => Some(TreatmentKind::Supersede),
        pb::TreatmentKind::Merge => Some(TreatmentKind::Merge),
        pb::TreatmentKind::Move => Some(TreatmentKind::Move),
        pb::TreatmentKind::Tidy => Some(TreatmentKind::Tidy),
        pb::TreatmentKind::Rewrite => Some(TreatmentKind::Rewrite),
    }
}

fn range(name: &'static str, given: &pb::LineRange) -> Result<LineRange, (&'static str, &'static str)> {
    match (u32::try_from(given.first), u32::try_from(given.last)) {
        (Ok(first), Ok(last)) if 1 <= first && first <= last => Ok(LineRange { first, last }),
        _ => Err((name, "is no range of lines: they are counted from 1, and the last is not before the first")),
    }
}

fn source(given: &pb::TreatmentSource, excluded: bool) -> Result<TreatmentSource, (&'static str, &'static str)> {
    let path = MemoryPath::parse(&given.path).map_err(|_| ("sources.path", "is no path"))?;
    if path.scope_kind() != ScopeKind::User || excluded && path.is_excluded() {
        return Err(("sources.path", "is no file that a dream sees"));
    }
    if given.version < 1 {
        return Err(("sources.version", "is counted from 1"));
    }
    let lines = range("sources.lines", given.lines.as_ref().ok_or(("sources.lines", "is required"))?)?;
    Ok(TreatmentSource { path: path.as_str().to_owned(), version: given.version, lines })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given() -> pb::Treatment {
        pb::Treatment {
            kind: pb::TreatmentKind::DropDuplicate.into(),
            before: Some(pb::LineRange { first: 2, last: 2 }),
            after: None,
            sources: vec![pb::TreatmentSource {
                path: "user/profile.md".into(),
                version: 1,
                lines: Some(pb::LineRange { first: 1, last: 1 }),
            }],
        }
    }

    #[test]
    fn a_well_formed_treatment_is_taken_as_it_is() {
        let taken = treatments(&[given()], true).unwrap();
        assert_eq!(taken[0].kind, TreatmentKind::DropDuplicate);
        assert_eq!((taken[0].before, taken[0].after), (Some(LineRange { first: 2, last: 2 }), None));
        assert_eq!(taken[0].sources[0].path, "user/profile.md");
    }

    #[test]
    fn a_malformed_ground_is_refused_with_its_index() {
        let broken: [fn(&mut pb::Treatment); 10] = [
            |t| t.kind = 0,
            |t| t.kind = 7,
            |t| t.before = Some(pb::LineRange { first: 0, last: 1 }),
            |t| t.after = Some(pb::LineRange { first: 2, last: 1 }),
            |t| t.sources[0].path = "shared/company.md".into(),
            |t| t.sources[0].path = "user/log.md".into(),
            |t| t.sources[0].path = "user/../a".into(),
            |t| t.sources[0].version = 0,
            |t| t.sources[0].lines = None,
            |t| t.sources = vec![t.sources[0].clone(); 101],
        ];
        for break_it in broken {
            let mut second = given();
            break_it(&mut second);
            let refusal = treatments(&[given(), second], true).unwrap_err();
            assert_eq!(
                (refusal.reason, refusal.facts["treatment"].as_str()),
                (ErrorReason::GroundInvalid, "1"),
                "{}",
                refusal.message
            );
        }
    }

    #[test]
    fn an_op_has_1_to_2000_treatments() {
        assert!(treatments(&vec![given(); 2_000], true).is_ok());
        for refused in [vec![], vec![given(); 2_001]] {
            assert_eq!(treatments(&refused, true).unwrap_err().reason, ErrorReason::FieldInvalid);
        }
    }
}
