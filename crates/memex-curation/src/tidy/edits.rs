//! Says what became of a page as edits of a patch, from the bottom of the file up.

use memex_core::limits::MAX_EDITS;
use memex_core::patch::{self, Edit};

use super::page::Fate;
use crate::statement::split_lines;

/// Neighbouring lines with the same kind of fate: 0-based, the end excluded.
struct Run {
    start: usize,
    end: usize,
}

/// The lines of a page as the next edit finds them, and as they will be; `None`: gone.
struct Lines<'a> {
    before: Vec<&'a str>,
    after: Vec<Option<&'a str>>,
}

/// The edits that give each line its fate, and the text after them; `None` if nothing changes.
pub(crate) fn edits(text: &str, fates: &[Fate]) -> Option<(Vec<Edit>, String)> {
    let mut lines = Lines::new(text, fates);
    let mut runs = runs(fates);
    if runs.len() > MAX_EDITS {
        runs = vec![Run { start: runs.first()?.start, end: runs.last()?.end }];
    }
    let mut edits = Vec::with_capacity(runs.len());
    let mut current = text.to_owned();
    for run in runs.iter().rev() {
        let edit = lines.edit(run, &current)?;
        current = patch::apply(&current, std::slice::from_ref(&edit)).ok()?;
        edits.push(edit);
        if run.end == lines.before.len() && run.start > 0 && !text.ends_with('\n') {
            lines.before[run.start - 1] = without_return(lines.before[run.start - 1]);
        }
    }
    (current != text).then_some((edits, current))
}

fn runs(fates: &[Fate]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (i, fate) in fates.iter().enumerate().filter(|(_, fate)| **fate != Fate::Stays) {
        let goes = *fate == Fate::Goes;
        match runs.last_mut().filter(|run| run.end == i && (fates[run.start] == Fate::Goes) == goes) {
            Some(run) => run.end = i + 1,
            None => runs.push(Run { start: i, end: i + 1 }),
        }
    }
    runs
}

impl<'a> Lines<'a> {
    fn new(text: &'a str, fates: &'a [Fate]) -> Self {
        let before = split_lines(text);
        let fate = |(line, fate): (&&'a str, &'a Fate)| match fate {
            Fate::Stays => Some(*line),
            Fate::Becomes(line) => Some(line.as_str()),
            Fate::Goes => None,
        };
        let mut after: Vec<Option<&str>> = before.iter().zip(fates).map(fate).collect();
        if !text.ends_with('\n') && fates.last() == Some(&Fate::Goes) {
            // The line that becomes the last one has no ending, as the last one had none.
            if let Some(last) = after.iter_mut().rev().flatten().next() {
                *last = without_return(last);
            }
        }
        Self { before, after }
    }

    fn edit(&self, run: &Run, current: &str) -> Option<Edit> {
        let range = run.start..run.end;
        if self.after[range.clone()].iter().all(Option::is_none) {
            // A carriage return belongs to the line's ending, which a patch does not compare.
            let ended = |i: usize| i + 1 < self.before.len() || current.ends_with('\n');
            let said = |i: usize| if ended(i) { without_return(self.before[i]) } else { self.before[i] };
            return Some(Edit::DeleteLines {
                first_line: u32::try_from(run.start + 1).ok()?,
                last_line: u32::try_from(run.end).ok()?,
                expected: range.map(said).collect::<Vec<_>>().join("\n"),
            });
        }
        let new: Vec<&str> = self.after[range.clone()].iter().copied().flatten().collect();
        let below: Vec<&str> = self.after[run.end..].iter().copied().flatten().collect();
        // The text must occur only once, so lines around it are said with it: those above are still as they were,
        // those below are final already.
        let above = (0..=run.start).rev().map(|start| (start, 0));
        let mut windows = above.chain((1..=below.len()).map(|more| (0, more)));
        windows.find_map(|(start, more)| {
            let around = |middle: &[&str]| [&self.before[start..run.start], middle, &below[..more]].concat().join("\n");
            let old = around(&self.before[range.clone()]);
            (!old.is_empty() && occurs_once(current, &old)).then(|| Edit::Replace { old, new: around(&new) })
        })
    }
}

fn without_return(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}

fn occurs_once(text: &str, part: &str) -> bool {
    let Some(at) = text.find(part) else { return false };
    let next = at + part.chars().next().map_or(1, char::len_utf8);
    !text[next..].contains(part)
}
