//! The builtin curator: drops duplicates that it can ground and tidies pages, without a model.

mod choice;
mod edits;
mod page;

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use memex_core::path::{MemoryPath, ScopeKind};

use crate::identity::{ReadFile, may_stand_for};
use crate::ledger::{self, JudgedFile};
use crate::{LineRange, PlannedOp, SourceFile, Treatment, TreatmentKind, TreatmentSource};

/// Lines that one op drops at most: each is a treatment, and an op carries 2,000 of them. What is left is dropped by
/// the next dream.
const MAX_DROPS_PER_OP: usize = 1_900;

/// A statement of one of the files: index of the file, index of the statement.
type Place = (usize, usize);

/// For each statement that goes, the one that stays for it.
type Grounds = BTreeMap<Place, Place>;

/// All changes that the curator can ground, at most one for each file: files with duplicates by path, then files that
/// are only untidy by path.
///
/// Any prefix of the answer is safe by itself, because the line that stays of each group of duplicates is dropped by
/// no op. `today` is the day of the dream: what stands under a later day is a plan and is left alone. Paths that are
/// not of the user scope, and excluded ones, are never touched and never a ground. Never fails; the same input gives
/// the same output.
pub fn curate(files: &[SourceFile], today: NaiveDate) -> Vec<PlannedOp> {
    let read = read(files);
    let grounds = grounds(&read, today);
    let mut ops = Vec::new();
    for (i, file) in read.iter().enumerate() {
        let dropped: BTreeMap<usize, Place> =
            grounds.range((i, 0)..(i + 1, 0)).take(MAX_DROPS_PER_OP).map(|(&(_, s), &keep)| (s, keep)).collect();
        let op = plan(&read, file, &dropped).or_else(|| {
            // A drop that would change how the rest of the page reads is given up, with all others of that page.
            (!dropped.is_empty()).then(|| plan(&read, file, &BTreeMap::new())).flatten()
        });
        ops.extend(op);
    }
    ops.sort_by_key(|op| op.treatments.iter().all(|t| t.kind == TreatmentKind::Tidy));
    ops
}

fn read(files: &[SourceFile]) -> Vec<ReadFile<'_>> {
    let mut by_path = BTreeMap::new();
    for file in files {
        let curated =
            MemoryPath::parse(&file.path).is_ok_and(|path| path.scope_kind() == ScopeKind::User && !path.is_excluded());
        if curated {
            by_path.entry(file.path.as_str()).or_insert(file);
        }
    }
    by_path.into_values().map(ReadFile::new).collect()
}

fn grounds(read: &[ReadFile<'_>], today: NaiveDate) -> Grounds {
    let mut groups: HashMap<&str, Vec<Place>> = HashMap::new();
    for (f, file) in read.iter().enumerate() {
        for (s, identity) in file.identities.iter().enumerate() {
            if let Some(key) = identity.key.as_deref()
                && identity.headed.is_none_or(|day| day <= today)
            {
                groups.entry(key).or_default().push((f, s));
            }
        }
    }
    let groups: Vec<Vec<Place>> = groups.into_values().filter(|g| g.len() > 1).collect();
    let mut grounds = Grounds::new();
    for group in &groups {
        let keep = choice::copy_that_stays(read, group);
        for &place in group {
            if may_stand_for((&read[keep.0], keep.1), (&read[place.0], place.1)).is_ok() {
                grounds.insert(place, keep);
            }
        }
    }
    spare_what_others_need(read, &mut grounds);
    while spare_groups_that_cannot_be_one(&groups, &mut grounds) {
        spare_what_others_need(read, &mut grounds);
    }
    grounds
}

/// A line stays while an item nested in it, a list that it introduces or a "he" that means it stays.
fn spare_what_others_need(read: &[ReadFile<'_>], grounds: &mut Grounds) {
    for (f, file) in read.iter().enumerate() {
        // What depends on a line stands below it, so one pass from the bottom up settles chains.
        for (s, statement) in file.document.statements.iter().enumerate().rev() {
            if !grounds.contains_key(&(f, s)) {
                for &needed in statement.parent.iter().chain(&statement.antecedents) {
                    grounds.remove(&(f, needed));
                }
            }
        }
    }
}

/// Where a copy beside the one that stays must stay too, all of the group stay: else the next dream, which sees fewer
/// copies, might choose another one. Grounds only ever go, so this ends. Says whether any went.
fn spare_groups_that_cannot_be_one(groups: &[Vec<Place>], grounds: &mut Grounds) -> bool {
    let before = grounds.len();
    for group in groups {
        if group.iter().filter(|place| !grounds.contains_key(place)).count() > 1 {
            for place in group {
                grounds.remove(place);
            }
        }
    }
    grounds.len() < before
}

/// The op for one file, or `None` if it changes nothing or the ledger would not account for it.
fn plan(read: &[ReadFile<'_>], file: &ReadFile<'_>, dropped: &BTreeMap<usize, Place>) -> Option<PlannedOp> {
    let page = page::Page::tidy(file, dropped);
    let (edits, result) = edits::edits(&file.file.text, &page.fates)?;
    let mut treatments: Vec<Treatment> =
        dropped.iter().map(|(&s, &keep)| drop_treatment(read, file, s, keep)).collect();
    let tidied = page.tidied.map(|lines| Treatment {
        kind: TreatmentKind::Tidy,
        before: Some(lines),
        after: None,
        sources: Vec::new(),
    });
    let reason = reason(dropped.len(), tidied.is_some());
    treatments.extend(tidied);
    let op = PlannedOp {
        path: file.file.path.clone(),
        expected_version: file.file.version,
        edits,
        result,
        reason,
        treatments,
    };
    is_accounted_for(read, file, &op).then_some(op)
}

fn drop_treatment(read: &[ReadFile<'_>], file: &ReadFile<'_>, s: usize, keep: Place) -> Treatment {
    let kept = &read[keep.0];
    Treatment {
        kind: TreatmentKind::DropDuplicate,
        before: Some(file.document.statements[s].lines),
        after: None,
        sources: vec![TreatmentSource {
            path: kept.file.path.clone(),
            version: kept.file.version,
            lines: kept.document.statements[keep.1].lines,
        }],
    }
}

/// The curator holds itself to the guard's own rules, so that what it stages is never turned down.
fn is_accounted_for(read: &[ReadFile<'_>], file: &ReadFile<'_>, op: &PlannedOp) -> bool {
    let touched = JudgedFile {
        path: op.path.clone(),
        before: Some(file.file.clone()),
        after: Some(op.result.clone()),
        treatments: op.treatments.clone(),
    };
    ledger::judge_read(std::slice::from_ref(&touched), read).violations.is_empty()
}

fn reason(dropped: usize, tidied: bool) -> String {
    let lines = match dropped {
        0 => return "tidies the page".to_owned(),
        1 => "drops 1 duplicate".to_owned(),
        n => format!("drops {n} duplicates"),
    };
    if tidied { format!("{lines} and tidies the page") } else { lines }
}

/// The lines of `lines` and `other` together.
fn joined(lines: Option<LineRange>, other: u32) -> Option<LineRange> {
    let lines = lines.unwrap_or(LineRange { first: other, last: other });
    Some(LineRange { first: lines.first.min(other), last: lines.last.max(other) })
}

#[cfg(test)]
mod tests;
