//! Checks that a line that is said to be a duplicate has a copy that stays.

use super::{Page, Rule, Snapshot};
use crate::Treatment;
use crate::identity::{Refusal, may_stand_for};

/// What is wrong with the ground, in words without content.
type Fault = (Rule, &'static str);

/// Every source must stand in the snapshot, be the same statement, be dated no earlier, and still stand at the end.
pub(super) fn check(
    page: &Page<'_>,
    dropped: usize,
    treatment: &Treatment,
    snapshot: &Snapshot<'_>,
) -> Result<(), Fault> {
    if treatment.sources.is_empty() {
        return Err((Rule::GroundInvalid, "no line is cited"));
    }
    for source in &treatment.sources {
        let touched = snapshot.touched.get(source.path.as_str());
        let file = match (touched, snapshot.cited.get(source.path.as_str())) {
            (Some(page), _) => &page.before,
            (None, Some(file)) => file,
            (None, None) => return Err((Rule::GroundInvalid, "the cited file is not in the snapshot")),
        };
        if file.file.version != source.version || touched.is_some_and(|p| p.judged.before.is_none()) {
            return Err((Rule::GroundInvalid, "the cited version is not that of the snapshot"));
        }
        let kept = file
            .document
            .statement_at(source.lines)
            .ok_or((Rule::GroundInvalid, "no statement stands on exactly the cited lines"))?;
        may_stand_for((file, kept), (&page.before, dropped)).map_err(|refusal| match refusal {
            Refusal::NotTheSame => {
                (Rule::GroundInvalid, "the cited line is not the same statement in the same context")
            }
            Refusal::Older => (Rule::KeptCopyOlder, "the cited line is older than the one that goes"),
        })?;
        if touched.is_some_and(|p| !p.still_stands(kept)) {
            return Err((Rule::GroundInvalid, "the cited line does not stand at the end"));
        }
    }
    Ok(())
}
