//! What becomes of each line of a page: duplicates go, and what they leave behind is tidied.

use std::collections::{BTreeMap, BTreeSet};

use super::joined;
use crate::LineRange;
use crate::same::ReadFile;
use crate::section::emptied_headings;
use crate::statement::{Document, Element, Mark, split_lines};

/// What becomes of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    Stays,
    Goes,
    Becomes(String),
}

/// A page with the fate of each of its lines.
pub(crate) struct Page {
    pub fates: Vec<Fate>,
    /// The lines that tidying touched, first to last.
    pub tidied: Option<LineRange>,
}

impl Page {
    /// Drops statements, and headings that they leave empty, then tidies.
    pub fn tidy(file: &ReadFile<'_>, dropped: &BTreeSet<usize>) -> Self {
        let document = &file.document;
        let lines = split_lines(&file.file.text);
        let mut page = Self::without(file, dropped);
        let statements_gone = page.fates.clone();
        let says_nothing = |h| file.parts.heading_is_empty(h);
        for h in emptied_headings(document, |s| dropped.contains(&s), says_nothing) {
            page.fates[span(document.headings[h].lines)].fill(Fate::Goes);
        }
        let opaque = opaque_lines(document, lines.len());
        page.fold_blank_lines(&lines, &opaque);
        page.strip_line_ends(&lines, &opaque);
        page.unify_marks(&lines);
        for (i, fate) in page.fates.iter().enumerate() {
            if *fate != statements_gone[i] {
                page.tidied = joined(page.tidied, u32::try_from(i + 1).unwrap_or(u32::MAX));
            }
        }
        page
    }

    /// Drops statements, with all that stands in a second run of which each goes, and changes nothing else.
    pub fn without(file: &ReadFile<'_>, dropped: &BTreeSet<usize>) -> Self {
        let lines = split_lines(&file.file.text).len();
        let mut page = Self { fates: vec![Fate::Stays; lines], tidied: None };
        for &s in dropped {
            page.fates[span(file.document.statements[s].lines)].fill(Fate::Goes);
        }
        for run in file.repeats.gone(dropped) {
            page.fates[span(run)].fill(Fate::Goes);
        }
        page
    }

    /// Two or more blank lines become one; those that a dropped end leaves at the end go.
    fn fold_blank_lines(&mut self, lines: &[&str], opaque: &[bool]) {
        let mut above_is_blank = false;
        for (i, line) in lines.iter().enumerate() {
            if self.fates[i] == Fate::Goes {
                continue;
            }
            let blank = !opaque[i] && line.trim().is_empty();
            if blank && above_is_blank {
                self.fates[i] = Fate::Goes;
            }
            above_is_blank = blank;
        }
        let end =
            (0..lines.len()).rev().find(|&i| self.fates[i] != Fate::Goes && (opaque[i] || !lines[i].trim().is_empty()));
        let tail = end.map_or(0, |i| i + 1);
        let dropped_text = (tail..lines.len()).any(|i| self.fates[i] == Fate::Goes && !lines[i].trim().is_empty());
        if dropped_text {
            self.fates[tail..].fill(Fate::Goes);
        }
    }

    /// Trailing white space goes, but for the two spaces that break a line inside a paragraph.
    fn strip_line_ends(&mut self, lines: &[&str], opaque: &[bool]) {
        let mut text_below = false;
        for i in (0..lines.len()).rev() {
            if self.fates[i] == Fate::Goes {
                continue;
            }
            if opaque[i] {
                text_below = false;
                continue;
            }
            let end = if lines[i].ends_with('\r') { "\r" } else { "" };
            let line = lines[i].strip_suffix('\r').unwrap_or(lines[i]);
            let bare = line.trim_end_matches([' ', '\t']);
            let hard_break = line.ends_with("  ") && text_below && !bare.is_empty();
            if bare.len() < line.len() && !hard_break {
                self.fates[i] = Fate::Becomes(format!("{bare}{end}"));
            }
            text_below = !bare.is_empty();
        }
    }

    /// A list whose marks are mixed gets the page's first mark. Lists are those of the page that is left: two lists may
    /// have become one when what stood between them went.
    fn unify_marks(&mut self, lines: &[&str]) {
        let left: Vec<usize> = (0..lines.len()).filter(|&i| self.fates[i] != Fate::Goes).collect();
        let document = Document::parse(&left.iter().map(|&i| lines[i]).collect::<Vec<_>>().join("\n"));
        // An item without text keeps its mark: a lone `-` below a paragraph would make a heading of it.
        let bullets: Vec<(usize, char, usize)> = document
            .statements
            .iter()
            .filter(|item| !item.text.is_empty())
            .filter_map(|item| match (item.mark, item.list) {
                (Mark::Bullet(mark @ ('-' | '*' | '+')), Some(list)) => {
                    Some((list, mark, left[item.lines.first as usize - 1]))
                }
                _ => None,
            })
            .collect();
        let Some(&(_, first, _)) = bullets.first() else { return };
        let mut marks: BTreeMap<usize, BTreeSet<char>> = BTreeMap::new();
        for &(list, mark, _) in &bullets {
            marks.entry(list).or_default().insert(mark);
        }
        // Plus and minus in one list weigh for and against; a plus never becomes a minus, nor a minus a plus.
        let weighs = |marks: &BTreeSet<char>| marks.contains(&'+') && marks.contains(&'-');
        let turns = |mark: char| matches!((mark, first), ('+', '-') | ('-', '+'));
        for (list, mark, i) in bullets {
            if mark != first && marks[&list].len() > 1 && !weighs(&marks[&list]) && !turns(mark) {
                let line = match &self.fates[i] {
                    Fate::Becomes(line) => line.as_str(),
                    _ => lines[i],
                };
                self.fates[i] = Fate::Becomes(line.replacen(mark, &first.to_string(), 1));
            }
        }
    }
}

fn opaque_lines(document: &Document, count: usize) -> Vec<bool> {
    let mut opaque = vec![false; count];
    for element in &document.elements {
        if let Element::Opaque(lines) = element {
            opaque[span(*lines)].fill(true);
        }
    }
    opaque
}

fn span(lines: LineRange) -> std::ops::Range<usize> {
    lines.first as usize - 1..lines.last as usize
}
