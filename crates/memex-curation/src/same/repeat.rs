//! Finds pages that were appended twice: what stands twice in a row, from its title on, says nothing the second time.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::identity::{Bar, Identity};
use crate::LineRange;
use crate::statement::{Document, Element, split_lines};

/// A run that stands twice holds at least this many statements, so that no refrain counts as a page.
const LEAST_STATEMENTS: usize = 5;

/// Later titles with the same words that are tried as the beginning of the second run.
const MOST_TRIES: usize = 16;

/// A second run: equal to the lines above it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    lines: LineRange,
    statements: Range<usize>,
    /// Its first statement minus the equal one above.
    distance: usize,
}

/// The second runs of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Repeats(Vec<Run>);

impl Repeats {
    /// A run begins with a first-level heading; the second one stands directly below it, with only blank lines between.
    /// It stays where a line above it is of a lesser source, and in archived places, quotations, plans and the like.
    pub fn new(document: &Document, text: &str, identities: &[Identity]) -> Self {
        let lines: Vec<&str> = split_lines(text).into_iter().map(str::trim_end).collect();
        let titles: Vec<usize> =
            document.headings.iter().filter(|h| h.level == 1).map(|h| h.lines.first as usize - 1).collect();
        let mut runs = Vec::new();
        let mut free_from = 0;
        for (t, &first) in titles.iter().enumerate() {
            let same = titles[t + 1..].iter().copied().filter(|&later| lines[later] == lines[first]).take(MOST_TRIES);
            if first < free_from {
                continue;
            }
            let Some((second, length)) = same
                .filter_map(|second| Some((second, repeated(&lines, first, second)?)))
                .find(|&(second, length)| is_page(document, &lines, first..first + length, second))
            else {
                continue;
            };
            let run_above = first..first + length;
            let above = statements(document, run_above.clone());
            let stands_again = |at: &usize| {
                titles.binary_search(at).is_ok()
                    && repeats(&lines, run_above.clone(), *at)
                    && is_page(document, &lines, run_above.clone(), *at)
            };
            let mut next = Some(second);
            while let Some(at) = next.filter(stands_again) {
                let run = Run::new(document, at..at + length, above.start);
                free_from = at + length;
                next = (free_from..lines.len()).find(|&i| !lines[i].is_empty());
                let may_go = |s: usize| {
                    let put_away = [Bar::PutAway, Bar::Quoted, Bar::Weighed, Bar::Planned, Bar::Supposed]
                        .map(Some)
                        .contains(&identities[s].bar);
                    !put_away && identities[s - run.distance].source <= identities[s].source
                };
                if run.statements.clone().all(may_go) {
                    runs.push(run);
                }
            }
        }
        Self(runs)
    }

    /// For each statement of a second run, the equal one that stays.
    pub fn twins(&self) -> BTreeMap<usize, usize> {
        self.0.iter().flat_map(|run| run.statements.clone().map(|s| (s, s - run.distance))).collect()
    }

    /// The statement above that a statement of a second run repeats, if the whole run goes.
    pub fn twin(&self, s: usize, goes: impl Fn(usize) -> bool) -> Option<usize> {
        let run = self.0.iter().find(|run| run.statements.contains(&s))?;
        run.statements.clone().all(goes).then(|| s - run.distance)
    }

    /// The lines of the second runs of which every statement is dropped: they go with their headings and blocks.
    pub fn gone(&self, dropped: &BTreeSet<usize>) -> impl Iterator<Item = LineRange> {
        self.0.iter().filter(|run| run.statements.clone().all(|s| dropped.contains(&s))).map(|run| run.lines)
    }
}

impl Run {
    fn new(document: &Document, lines: Range<usize>, above: usize) -> Self {
        let number = |line: usize| u32::try_from(line).unwrap_or(u32::MAX);
        let of_run = LineRange { first: number(lines.start + 1), last: number(lines.end) };
        let statements = statements(document, lines);
        Self { lines: of_run, distance: statements.start - above, statements }
    }
}

/// How many lines the run at `first` has, if it stands again at `second`, directly below it.
fn repeated(lines: &[&str], first: usize, second: usize) -> Option<usize> {
    let length = (first..second).rev().find(|&i| !lines[i].is_empty())? + 1 - first;
    repeats(lines, first..first + length, second).then_some(length)
}

fn repeats(lines: &[&str], run: Range<usize>, at: usize) -> bool {
    lines.get(at..at + run.len()).is_some_and(|below| below == &lines[run])
}

/// Whether the run is read alike in both places, holds enough statements, opens no HTML that reaches beyond it, and ends in
/// the second place where a part of the page ends: a table's further row would lose its head.
fn is_page(document: &Document, lines: &[&str], run: Range<usize>, second: usize) -> bool {
    let (above, below) = (statements(document, run.clone()), statements(document, second..second + run.len()));
    let alike = above.len() == below.len()
        && above.clone().zip(below).all(|(a, b)| {
            let [a, b] = [a, b].map(|s| &document.statements[s]);
            a.text == b.text && (a.lines.first as usize - run.start) == (b.lines.first as usize - second)
        });
    let html = document.elements.iter().any(|element| match element {
        Element::Opaque(range) => {
            run.contains(&(range.first as usize - 1)) && lines[range.first as usize - 1].trim_start().starts_with('<')
        }
        _ => false,
    });
    let after = u32::try_from(second + run.len() + 1).unwrap_or(u32::MAX);
    let begins = document.elements.iter().any(|element| match *element {
        Element::Statement(s) => document.statements[s].lines.first == after,
        Element::Heading(h) => document.headings[h].lines.first == after,
        Element::Opaque(_) | Element::Break(_) => false,
    });
    let ends = begins || lines.get(second + run.len()).is_none_or(|below| below.is_empty());
    alike && ends && above.len() >= LEAST_STATEMENTS && !html
}

/// The statements that begin on these lines, counted from 0.
fn statements(document: &Document, lines: Range<usize>) -> Range<usize> {
    let at = |line: usize| document.statements.partition_point(|s| (s.lines.first as usize) <= line);
    at(lines.start)..at(lines.end)
}
