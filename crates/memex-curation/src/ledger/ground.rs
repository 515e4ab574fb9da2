//! Checks that a line that is said to be a duplicate has a copy that stays.

use super::{Page, Rule, Snapshot};
use crate::Treatment;
use crate::same::{Grade, grade};

/// What is wrong with the ground, in words without content.
type Fault = (Rule, &'static str);

/// A statement of a page that was appended twice goes with its whole second run. Else every source must stand in the snapshot, be the same statement in the same context, be the copy that stays by its place
/// and its day, and still stand at the end. The lowest grade of all sources counts.
pub(super) fn check(
    page: &Page<'_>,
    dropped: usize,
    treatment: &Treatment,
    snapshot: &Snapshot<'_>,
) -> Result<Grade, Fault> {
    let mut lowest = None;
    for source in &treatment.sources {
        let file = snapshot.known.get(source.path.as_str()).copied();
        let file = file.ok_or((Rule::GroundInvalid, "the cited file is not in the snapshot"))?;
        if file.file.version != source.version {
            return Err((Rule::GroundInvalid, "the cited version is not that of the snapshot"));
        }
        let kept = file
            .document
            .statement_at(source.lines)
            .ok_or((Rule::GroundInvalid, "no statement stands on exactly the cited lines"))?;
        if source.path == page.judged.path && page.repeats(dropped) == Some(kept) && page.still_stands(kept) {
            lowest = Some(lowest.unwrap_or(Grade::Certain));
            continue;
        }
        let (kept, goes) = ((file, kept), (page.before, dropped));
        let found = grade(kept, goes)
            .ok_or((Rule::GroundInvalid, "the cited line is not the same statement in the same context"))?;
        if !snapshot.places.may_stay_for(kept, goes) {
            return Err((
                Rule::KeptCopyOlder,
                "by its source, its place or its day another copy stays than the cited line",
            ));
        }
        if snapshot.touched.get(source.path.as_str()).is_some_and(|page| !page.still_stands(kept.1)) {
            return Err((Rule::GroundInvalid, "the cited line does not stand at the end"));
        }
        lowest = Some(lowest.map_or(found, |lowest: Grade| lowest.min(found)));
    }
    lowest.ok_or((Rule::GroundInvalid, "no line is cited"))
}
