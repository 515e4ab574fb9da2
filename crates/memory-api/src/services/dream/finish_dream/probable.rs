//! The probable pairs that a worker lists: places alone, and only of files that the dream looked at.

use memex_core::limits::MAX_PROBABLE_PAIRS;
use memex_core::path::{MemoryPath, ScopeKind};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;

use crate::error::{Result, field};
use crate::store::Store;
use crate::store::changesets::file_states;
use crate::store::dreams::Finish;

/// Judges their form.
///
/// # Errors
/// FIELD_INVALID.
pub(super) fn validate(pairs: &[pb::ProbablePair], count: i32) -> Result<(), Refusal> {
    if pairs.len() > MAX_PROBABLE_PAIRS {
        return Err(field("probable_pairs", format!("at most {MAX_PROBABLE_PAIRS} pairs")));
    }
    if usize::try_from(count).map_or(true, |count| count < pairs.len()) {
        return Err(field("probable_count", "must be no less than the pairs that are listed"));
    }
    let both =
        |pair: &pb::ProbablePair| [&pair.dropped, &pair.kept].into_iter().all(|at| at.as_ref().is_some_and(is_place));
    if !pairs.iter().all(both) {
        return Err(field("probable_pairs", "has a place that is none of a file that a dream sees"));
    }
    Ok(())
}

fn is_place(at: &pb::LinesAt) -> bool {
    let seen = MemoryPath::parse(&at.path)
        .is_ok_and(|path| path.as_str() == at.path && path.scope_kind() == ScopeKind::User && !path.is_excluded());
    seen && at.version > 0 && at.lines.as_ref().is_some_and(|lines| 0 < lines.first && lines.first <= lines.last)
}

/// Leaves those out whose files do not stand as the pair says.
///
/// # Errors
/// Where Postgres fails.
pub(super) async fn keep_standing(store: &Store, finish: &mut Finish) -> Result<()> {
    if finish.report.probable.is_empty() {
        return Ok(());
    }
    let places = |pair: &pb::ProbablePair| [pair.dropped.clone(), pair.kept.clone()].into_iter().flatten();
    let mut paths: Vec<String> = finish.report.probable.iter().flat_map(places).map(|at| at.path).collect();
    paths.sort_unstable();
    paths.dedup();
    let states = file_states(store.pool(), finish.dream.scope, &paths).await?;
    let stands = |at: pb::LinesAt| states.get(&at.path).is_some_and(|file| file.expected() == at.version);
    finish.report.probable.retain(|pair| places(pair).all(stands));
    Ok(())
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::ErrorReason;

    use super::*;

    fn pair() -> pb::ProbablePair {
        let at = |path: &str| {
            Some(pb::LinesAt { path: path.into(), version: 1, lines: Some(pb::LineRange { first: 1, last: 1 }) })
        };
        pb::ProbablePair { dropped: at("user/a.md"), kept: at("user/b.md") }
    }

    #[test]
    fn pairs_are_bounded_and_are_places_of_files_that_a_dream_sees() {
        assert!(
            validate(&[], 0).is_ok() && validate(&[pair()], 1).is_ok() && validate(&vec![pair(); 200], 900).is_ok()
        );
        assert_eq!(validate(&vec![pair(); 201], 201).unwrap_err().reason, ErrorReason::FieldInvalid);
        assert_eq!(validate(&[pair()], 0).unwrap_err().reason, ErrorReason::FieldInvalid);
        let broken: [fn(&mut pb::LinesAt); 6] = [
            |at| at.path = "shared/a.md".into(),
            |at| at.path = "user/log.md".into(),
            |at| at.path = "user/../a.md".into(),
            |at| at.version = 0,
            |at| at.lines = None,
            |at| at.lines = Some(pb::LineRange { first: 2, last: 1 }),
        ];
        for break_it in broken {
            let mut pair = pair();
            pair.kept.iter_mut().for_each(break_it);
            assert_eq!(validate(&[pair], 1).unwrap_err().reason, ErrorReason::FieldInvalid);
        }
        let without = pb::ProbablePair { kept: None, ..pair() };
        assert_eq!(validate(&[without], 1).unwrap_err().reason, ErrorReason::FieldInvalid);
    }
}
