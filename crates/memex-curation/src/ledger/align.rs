//! Lays a page beside what it was, where more changed than it may: which statement is which, and what is wrong.

use std::collections::{BTreeSet, HashMap};

use super::Rule;
use crate::LineRange;
use crate::section::emptied_headings;
use crate::statement::{Checkbox, Document, Element, Mark, Statement, split_lines};

/// A page before and after, and which statements are said to go.
pub(super) struct Sides<'a> {
    pub before: &'a Document,
    pub before_text: &'a str,
    pub after: &'a Document,
    pub after_text: &'a str,
    pub goes: &'a dyn Fn(usize) -> bool,
}

/// Which statement is which.
#[derive(Debug, Default)]
pub(super) struct Alignment {
    /// Per statement before: the same one after.
    pub statements: Vec<Option<usize>>,
    /// Statements after that were not there before.
    pub added: Vec<usize>,
    /// What else differs: line, rule, detail.
    pub other: Vec<(u32, Rule, &'static str)>,
    /// Headings that are statements: how many stand, how many do not.
    pub kept_headings: u32,
    pub lost_headings: u32,
}

/// Counts by text what stands before and after.
pub(super) fn align(sides: &Sides<'_>) -> Alignment {
    let emptied = emptied_headings(sides.before, sides.goes, |_| true);
    let lines = (split_lines(sides.before_text), split_lines(sides.after_text));
    by_count(sides, &lines, &emptied)
}

type Lines<'a> = (Vec<&'a str>, Vec<&'a str>);

/// What must be the same of a statement: all but its mark's look and white space.
fn face(statement: &Statement) -> (&str, Option<Checkbox>, u8) {
    let kind = match statement.mark {
        Mark::Bullet(_) => 0,
        Mark::Ordered => 1,
        Mark::Quote => 2,
        Mark::Paragraph | Mark::KeyValue => 3,
    };
    (&statement.text, statement.checkbox, kind)
}

fn block<'a>(lines: &'a [&'a str], range: LineRange) -> &'a [&'a str] {
    &lines[range.first as usize - 1..range.last as usize]
}

fn by_count(sides: &Sides<'_>, lines: &Lines<'_>, emptied: &BTreeSet<usize>) -> Alignment {
    let mut alignment = Alignment::default();
    let mut left: HashMap<_, Vec<usize>> = HashMap::new();
    for (a, statement) in sides.after.statements.iter().enumerate().rev() {
        left.entry(face(statement)).or_default().push(a);
    }
    for (b, statement) in sides.before.statements.iter().enumerate() {
        let same = if (sides.goes)(b) { None } else { left.get_mut(&face(statement)).and_then(Vec::pop) };
        alignment.statements.push(same);
    }
    alignment.added = left.into_values().flatten().collect();
    alignment.added.sort_unstable();
    compare_headings(sides, emptied, &mut alignment);
    compare_blocks(sides, lines, &mut alignment);
    alignment
}

fn compare_headings(sides: &Sides<'_>, emptied: &BTreeSet<usize>, alignment: &mut Alignment) {
    let mut after = sides.after.headings.iter().peekable();
    for (h, heading) in sides.before.headings.iter().enumerate() {
        let same = after.next_if(|a| (a.level, &a.text) == (heading.level, &heading.text)).is_some();
        alignment.kept_headings += u32::from(same && heading.is_statement());
        if !same && !emptied.contains(&h) {
            alignment.lost_headings += u32::from(heading.is_statement());
            alignment.other.push((heading.lines.first, Rule::HeadingChanged, "a heading went or changed"));
        }
    }
    for heading in after {
        alignment.other.push((heading.lines.first, Rule::HeadingChanged, "a heading came"));
    }
    let breaks = |d: &Document| d.elements.iter().filter(|e| matches!(e, Element::Break(_))).count();
    if breaks(sides.before) != breaks(sides.after) {
        alignment.other.push((0, Rule::HeadingChanged, "the number of thematic breaks changed"));
    }
}

fn compare_blocks(sides: &Sides<'_>, lines: &Lines<'_>, alignment: &mut Alignment) {
    let mut after = opaque(sides.after);
    for range in opaque(sides.before) {
        if after.next().is_none_or(|a| block(&lines.0, range) != block(&lines.1, a)) {
            alignment.other.push((range.first, Rule::OpaqueChanged, "a block is not what it was"));
        }
    }
    for range in after {
        alignment.other.push((range.first, Rule::OpaqueChanged, "a block came"));
    }
}

fn opaque(document: &Document) -> impl Iterator<Item = LineRange> + '_ {
    document.elements.iter().filter_map(|e| match e {
        Element::Opaque(lines) => Some(*lines),
        _ => None,
    })
}
