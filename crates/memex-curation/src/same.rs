//! When two statements are the same, and which of two copies may stand for the other.

mod choice;
mod hanging;
mod identity;
mod read_file;
mod repeat;

use crate::LineRange;

pub(crate) use choice::{Place, Places};
pub(crate) use read_file::{ReadFile, is_curated};

/// How sure it is that of two statements one tells all that the other tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// A person or a model decides.
    Probable,
    /// A reader of the one that stays knows everything that the other told at its place.
    Certain,
}

impl Grade {
    /// The word for it: `probable` or `certain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Probable => "probable",
            Self::Certain => "certain",
        }
    }
}

/// How two statements relate; `None`: they are different, or one of them may neither go nor stand for another.
pub(crate) fn grade(a: (&ReadFile<'_>, usize), b: (&ReadFile<'_>, usize)) -> Option<Grade> {
    let same_file = a.0.file.path == b.0.file.path;
    if same_file && a.1 == b.1 {
        return None;
    }
    let (x, y) = (&a.0.identities[a.1], &b.0.identities[b.1]);
    if x.bar.is_some() || y.bar.is_some() {
        return None;
    }
    let agree = x.context.agrees_with(&y.context);
    let equal = x.key == y.key;
    if equal && agree && is_certain(a, b, same_file) {
        return Some(Grade::Certain);
    }
    let held = equal && x.context.holds_or_is_held_by(&y.context);
    let loosely = agree && (equal || x.loose() == y.loose());
    ((held || loosely) && x.holds() && y.holds()).then_some(Grade::Probable)
}

/// Whether both are fit to be copies of each other; their texts are equal and their contexts agree.
fn is_certain(a: (&ReadFile<'_>, usize), b: (&ReadFile<'_>, usize), same_file: bool) -> bool {
    let (x, y) = (&a.0.identities[a.1], &b.0.identities[b.1]);
    let named = x.fitness.names_subject && y.fitness.names_subject;
    let one_event = x.fitness.own_day && y.fitness.own_day && named && !same_file;
    if one_event {
        return true;
    }
    let two_days = matches!((x.day, y.day), (Some(p), Some(q)) if p != q);
    let of_two_days = two_days && (x.fitness.of_a_day || y.fitness.of_a_day);
    x.holds() && y.holds() && !of_two_days && (named || (same_file && are_neighbours(a.0, a.1, b.1)))
}

/// Whether the statements follow each other directly in one list.
fn are_neighbours(file: &ReadFile<'_>, a: usize, b: usize) -> bool {
    let list = |i: usize| file.document.statements[i].list;
    a.abs_diff(b) == 1 && list(a).is_some() && list(a) == list(b)
}

/// Where a line that goes and the line that stays for it stand, with how sure it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// How sure it is.
    pub grade: Grade,
    /// The line that goes, or may go.
    pub dropped: StandsAt,
    /// The line that stays.
    pub kept: StandsAt,
}

/// A statement of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StandsAt {
    /// The file's path.
    pub path: String,
    /// The file's version.
    pub version: i64,
    /// The statement's lines.
    pub lines: LineRange,
}

#[cfg(test)]
mod hanging_tests;
#[cfg(test)]
mod tests;
