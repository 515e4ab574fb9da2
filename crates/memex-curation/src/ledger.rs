//! The account of every statement before and after a changeset: the guard that holds whatever a curator said.

mod align;
mod ground;
mod rule;

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::identity::{ReadFile, is_standing_instruction};
use crate::statement::{Document, split_lines};
use crate::{LineRange, SourceFile, Treatment, TreatmentKind};

pub use rule::{Rule, Violation};

/// A file that the changeset touches, as it was and as it would be, with all treatments of its ops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedFile {
    /// The virtual path.
    pub path: String,
    /// The file in the snapshot; `None`: the changeset makes it.
    pub before: Option<SourceFile>,
    /// The text after the changeset; `None`: the changeset deletes it.
    pub after: Option<String>,
    /// What its ops say they do; lines are those of `before`.
    pub treatments: Vec<Treatment>,
}

/// The sums of a changeset, in statements, and whatever in it is not accounted for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Statements that stand as they stood.
    pub kept: u32,
    /// Statements that went because a copy of them stays.
    pub duplicate: u32,
    /// Statements that gave way to newer ones.
    pub superseded: u32,
    /// Statements that went into others.
    pub merged: u32,
    /// Statements that stand elsewhere.
    pub moved: u32,
    /// Statements said in other words.
    pub rewritten: u32,
    /// Statements that were not there before.
    pub added: u32,
    /// Files in which more changed than statements going, and nothing but what tidying may change.
    pub tidied_files: u32,
    /// Everything that is not accounted for, by path and line; empty: the changeset is grounded.
    pub violations: Vec<Violation>,
    /// Loss: statements that, other than as duplicates, no longer stand word for word in any touched or cited file.
    pub lost_word_for_word: u32,
    /// Statements of the touched files before.
    pub statements_before: u32,
}

/// Accounts for every statement of the touched files.
///
/// `cited`: untouched files that treatments cite, at their snapshot version; a ground in any other file is invalid.
/// Nothing that the treatments say is believed: texts are read again, and each ground is looked up in the snapshot
/// and in what stands at the end. Never fails: what is wrong is a [`Violation`].
pub fn judge(touched: &[JudgedFile], cited: &[SourceFile]) -> Ledger {
    let cited: Vec<ReadFile<'_>> = cited.iter().map(ReadFile::new).collect();
    judge_read(touched, &cited)
}

/// The same for files that have been read already; those that are touched are not looked up among `cited`.
pub(crate) fn judge_read(touched: &[JudgedFile], cited: &[ReadFile<'_>]) -> Ledger {
    let nothing = SourceFile::default();
    let mut violations = Vec::new();
    let pages: Vec<Page<'_>> = touched.iter().map(|file| Page::new(file, &nothing, &mut violations)).collect();
    let mut ledger = Ledger { violations, ..Ledger::default() };
    let snapshot = Snapshot::new(&pages, cited);
    for page in &pages {
        ledger.account(page, &snapshot);
    }
    ledger.violations.sort();
    ledger.violations.dedup();
    ledger
}

/// Every file that the changeset touches or cites, by path.
struct Snapshot<'a> {
    touched: HashMap<&'a str, &'a Page<'a>>,
    /// Cited and not touched.
    cited: HashMap<&'a str, &'a ReadFile<'a>>,
    standing: OnceCell<HashSet<&'a str>>,
}

impl<'a> Snapshot<'a> {
    fn new(pages: &'a [Page<'a>], cited: &'a [ReadFile<'a>]) -> Self {
        let touched: HashMap<_, _> = pages.iter().map(|p| (p.judged.path.as_str(), p)).collect();
        let cited = cited.iter().map(|f| (f.file.path.as_str(), f)).filter(|(path, _)| !touched.contains_key(path));
        Self { cited: cited.collect(), touched, standing: OnceCell::new() }
    }

    /// Whether a statement with this very text stands at the end, in any file that is known here.
    fn stands(&self, text: &str) -> bool {
        let standing = self.standing.get_or_init(|| {
            let documents = self.touched.values().map(|p| &p.after).chain(self.cited.values().map(|f| &f.document));
            documents.flat_map(|d| &d.statements).map(|s| s.text.as_str()).collect()
        });
        standing.contains(text)
    }
}

/// A touched file, read before and after.
struct Page<'a> {
    judged: &'a JudgedFile,
    before: ReadFile<'a>,
    after: Document,
    /// Per statement before: the index of the treatment that says it goes as a duplicate.
    claims: Vec<Option<usize>>,
    aligned: align::Alignment,
}

impl<'a> Page<'a> {
    fn new(judged: &'a JudgedFile, nothing: &'a SourceFile, violations: &mut Vec<Violation>) -> Self {
        let before = ReadFile::new(judged.before.as_ref().unwrap_or(nothing));
        let after_text = judged.after.as_deref().unwrap_or_default();
        let after = Document::parse(after_text);
        let claims = claims(judged, &before, violations);
        let sides = align::Sides {
            before: &before.document,
            before_text: &before.file.text,
            after: &after,
            after_text,
            goes: &|s| claims[s].is_some(),
        };
        let aligned = align::align(&sides);
        Self { judged, before, after, claims, aligned }
    }

    fn violation(&self, line: u32, rule: Rule, detail: &str) -> Violation {
        Violation { path: self.judged.path.clone(), line, rule, detail: detail.to_owned() }
    }

    /// Whether the statement stood before and stands at the end.
    fn still_stands(&self, s: usize) -> bool {
        self.claims[s].is_none() && self.aligned.statements[s].is_some()
    }

    fn is_treated_otherwise(&self, lines: LineRange) -> bool {
        let unsupported = |t: &&Treatment| !matches!(t.kind, TreatmentKind::DropDuplicate | TreatmentKind::Tidy);
        let treated = self.judged.treatments.iter().filter(unsupported).filter_map(|t| t.before);
        treated.into_iter().any(|range| range.first <= lines.first && lines.last <= range.last)
    }

    /// The first line, after or before, in which more changed than lines of dropped statements going.
    fn tidied_line(&self) -> Option<u32> {
        let mut goes = HashSet::new();
        for (s, claim) in self.claims.iter().enumerate() {
            if claim.is_some() {
                let lines = self.before.document.statements[s].lines;
                goes.extend(lines.first..=lines.last);
            }
        }
        let mut stays = (1..).zip(split_lines(&self.before.file.text)).filter(|(n, _)| !goes.contains(n));
        let after = self.judged.after.as_deref().unwrap_or_default();
        for (n, line) in (1..).zip(split_lines(after)) {
            if stays.next().is_none_or(|(_, before)| before != line) {
                return Some(n);
            }
        }
        stays.next().map(|(n, _)| n)
    }
}

/// Which statements are said to go as duplicates; a treatment that names no statement is a violation at once.
fn claims(judged: &JudgedFile, before: &ReadFile<'_>, violations: &mut Vec<Violation>) -> Vec<Option<usize>> {
    let mut claims = vec![None; before.document.statements.len()];
    for (t, treatment) in judged.treatments.iter().enumerate() {
        let line = treatment.before.or(treatment.after).map_or(0, |range| range.first);
        let mut violate = |rule, detail: &str| {
            violations.push(Violation { path: judged.path.clone(), line, rule, detail: detail.to_owned() });
        };
        match treatment.kind {
            TreatmentKind::Tidy => {}
            TreatmentKind::DropDuplicate => {
                match treatment.before.and_then(|range| before.document.statement_at(range)) {
                    Some(s) if claims[s].is_none() => claims[s] = Some(t),
                    Some(_) => violate(Rule::GroundInvalid, "the statement is treated twice"),
                    None => violate(Rule::GroundInvalid, "no statement stands on exactly these lines"),
                }
            }
            kind => violate(Rule::NotSupportedYet, kind.as_str()),
        }
    }
    claims
}

impl Ledger {
    fn account(&mut self, page: &Page<'_>, snapshot: &Snapshot<'_>) {
        let document = &page.before.document;
        self.statements_before += document.count();
        self.kept += page.aligned.kept_headings;
        for (s, statement) in document.statements.iter().enumerate() {
            if page.still_stands(s) {
                self.kept += 1;
                continue;
            }
            let stands = snapshot.stands(&statement.text);
            let fault = match page.claims[s] {
                Some(t) => match ground::check(page, s, &page.judged.treatments[t], snapshot) {
                    Ok(()) => {
                        self.duplicate += 1;
                        continue;
                    }
                    Err(fault) => Some(fault),
                },
                None if page.is_treated_otherwise(statement.lines) => None,
                None if stands => Some((Rule::TreatmentMissing, "it left without a treatment")),
                None => Some((Rule::StatementLost, "it no longer stands anywhere")),
            };
            let line = statement.lines.first;
            self.violations.extend(fault.map(|(rule, detail)| page.violation(line, rule, detail)));
            self.lost_word_for_word += u32::from(!stands);
            if !stands && is_standing_instruction(&statement.text) {
                self.violations.push(page.violation(line, Rule::StandingInstructionLost, "no copy of it stands"));
            }
        }
        self.account_for_the_rest(page);
    }

    fn account_for_the_rest(&mut self, page: &Page<'_>) {
        for &s in &page.aligned.added {
            self.added += 1;
            let line = page.after.statements[s].lines.first;
            self.violations.push(page.violation(line, Rule::StatementAdded, "it was not there before"));
        }
        for &(line, rule, detail) in &page.aligned.other {
            self.violations.push(page.violation(line, rule, detail));
        }
        self.lost_word_for_word += page.aligned.lost_headings;
        if let Some(line) = page.tidied_line().filter(|_| page.aligned.in_step) {
            self.tidied_files += 1;
            if !page.judged.treatments.iter().any(|t| t.kind == TreatmentKind::Tidy) {
                self.violations.push(page.violation(line, Rule::TreatmentMissing, "tidied without saying so"));
            }
        }
    }
}

#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
