//! How two texts differ, line by line: for people, for counters and for budgets.

mod unified;

use std::hash::Hash;

use similar::{Algorithm, DiffOp, capture_diff_slices};

pub use unified::{unified, unified_within};

use crate::limits;
use crate::lines::rows;

/// How many lines a change adds and removes; a changed line counts as both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DiffStat {
    /// Lines that the new text has and the old has not.
    pub added_lines: u32,
    /// Lines that the old text had and the new has not.
    pub removed_lines: u32,
}

impl DiffStat {
    /// Counts what differs between `old` and `new`.
    pub fn of(old: &str, new: &str) -> DiffStat {
        let mut stat = DiffStat::default();
        for op in differing(&lines(old), &lines(new)) {
            stat.removed_lines += op.old_range().len() as u32;
            stat.added_lines += op.new_range().len() as u32;
        }
        stat
    }
}

/// The bytes of the lines that `new` has and `old` has not, line endings counted: what a change inserts. A line that
/// changed in one character is inserted as a whole; so is a line that moved.
pub fn inserted_bytes(old: &str, new: &str) -> u64 {
    let new_lines = lines(new);
    let ops = differing(&lines(old), &new_lines);
    ops.iter().flat_map(|op| &new_lines[op.new_range()]).map(|line| line.len() as u64).sum()
}

/// For each line of `new`, in order, the line of `old` that it is, counted from 1; `None` for a line that came.
pub fn kept_lines(old: &str, new: &str) -> Vec<Option<u32>> {
    kept(&lines(old), &lines(new))
}

/// The same of lines that are told apart by something else than their texts.
pub fn kept<T: Hash + Eq + Ord>(old: &[T], new: &[T]) -> Vec<Option<u32>> {
    let mut kept = vec![None; new.len()];
    for op in ops(old, new) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            for i in 0..len {
                kept[new_index + i] = u32::try_from(old_index + i + 1).ok();
            }
        }
    }
    kept
}

/// The lines of a text with their endings, so that a changed ending or final newline is a changed line.
fn lines(text: &str) -> Vec<&str> {
    rows(text).collect()
}

fn differing(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let mut ops = ops(old, new);
    ops.retain(|op| !matches!(op, DiffOp::Equal { .. }));
    ops
}

/// Without a clock the search for the shortest account is bounded by size: where the texts differ in more than
/// [`limits::MAX_DIFF_LINES`] lines between their common beginning and end, all of that is one replacement.
fn ops<T: Hash + Eq + Ord>(old: &[T], new: &[T]) -> Vec<DiffOp> {
    let head = old.iter().zip(new).take_while(|(old, new)| old == new).count();
    let tail = old[head..].iter().rev().zip(new[head..].iter().rev()).take_while(|(old, new)| old == new).count();
    let (old_len, new_len) = (old.len() - head - tail, new.len() - head - tail);
    if old_len + new_len <= limits::MAX_DIFF_LINES {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let mut ops = vec![
        DiffOp::Equal { old_index: 0, new_index: 0, len: head },
        DiffOp::Replace { old_index: head, old_len, new_index: head, new_len },
        DiffOp::Equal { old_index: head + old_len, new_index: head + new_len, len: tail },
    ];
    ops.retain(|op| !(op.old_range().is_empty() && op.new_range().is_empty()));
    ops
}

#[cfg(test)]
mod tests;
