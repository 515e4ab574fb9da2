//! The unified form of a diff, as `patch` and people read it.

use std::fmt::Write;

use similar::{ChangeTag, DiffOp, group_diff_ops};

use super::{lines, ops};

/// Lines shown around each change, as everywhere.
const CONTEXT: usize = 3;

/// The unified diff from `old` to `new`, with its two labels on top; empty where the texts are the same. Lines keep
/// their own endings; a last line without one is followed by the usual remark.
pub fn unified(old: &str, new: &str, old_label: &str, new_label: &str) -> String {
    unified_within(old, new, [old_label, new_label], CONTEXT)
}

/// As [`unified`], with so many lines around each change.
pub fn unified_within(old: &str, new: &str, [old_label, new_label]: [&str; 2], context: usize) -> String {
    let (old, new) = (lines(old), lines(new));
    let groups = group_diff_ops(ops(&old, &new), context);
    let mut text = String::new();
    for group in groups.iter().filter(|group| !group.is_empty()) {
        if text.is_empty() {
            text = format!("--- {old_label}\n+++ {new_label}\n");
        }
        push_hunk(&mut text, group, &old, &new);
    }
    text
}

fn push_hunk(text: &mut String, group: &[DiffOp], old: &[&str], new: &[&str]) {
    let (first, last) = (&group[0], &group[group.len() - 1]);
    let old_range = place(first.old_range().start, last.old_range().end);
    let new_range = place(first.new_range().start, last.new_range().end);
    writeln!(text, "@@ -{old_range} +{new_range} @@").expect("a String takes every write");
    for change in group.iter().flat_map(|op| op.iter_changes(old, new)) {
        text.push(match change.tag() {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        });
        let line = change.value();
        text.push_str(line);
        if !line.ends_with('\n') {
            text.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// A range as the hunk's head has it: from 1, its length left out where it is 1, and an empty range after the line
/// before it.
fn place(start: usize, end: usize) -> String {
    match end - start {
        0 => format!("{start},0"),
        1 => format!("{}", start + 1),
        length => format!("{},{length}", start + 1),
    }
}
