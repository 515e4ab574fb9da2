//! Decides which of several copies stays.

use std::collections::BTreeMap;

use super::Place;
use crate::identity::ReadFile;

/// Of a group of copies, the one that stays: the latest dated one; among equals one in a topic's file; the plain one
/// before "FYI, …"; then by path and line. Within one file it is the last one wherever another statement stands
/// between the copies, so that "A, then B, then A again" still ends at A.
pub(super) fn copy_that_stays(read: &[ReadFile<'_>], group: &[Place]) -> Place {
    let when = |&(f, s): &Place| read[f].identities[s].when;
    let latest = group.iter().map(when).max();
    let mut by_file: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for place in group.iter().filter(|p| Some(when(p)) == latest) {
        by_file.entry(place.0).or_default().push(place.1);
    }
    // What stands between copies may go with this dream; where a copy may have to stay, the choice must not hang on it.
    let strict = group.iter().any(|&(f, s)| read[f].is_needed(s));
    let of_files = by_file.iter().map(|(&f, copies)| (f, last_of_file(&read[f], copies, strict)));
    let rank = |&(f, s): &Place| (read[f].session, read[f].identities[s].decorated, f);
    of_files.min_by_key(rank).unwrap_or(group[0])
}

/// The copy that speaks for its file: the plain one, else the first, of the last copies with nothing between
/// them; if `strict`, the very last.
fn last_of_file(file: &ReadFile<'_>, copies: &[usize], strict: bool) -> usize {
    let mut run_start = copies.len() - 1;
    let key = &file.identities[copies[run_start]].key;
    while run_start > 0 && !strict {
        let between = copies[run_start - 1] + 1..copies[run_start];
        if between.into_iter().any(|s| file.identities[s].key != *key) {
            break;
        }
        run_start -= 1;
    }
    let run = &copies[run_start..];
    run.iter().copied().min_by_key(|&s| (file.identities[s].decorated, s)).unwrap_or(copies[run_start])
}
