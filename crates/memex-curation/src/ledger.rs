//! The account of every statement before and after a changeset: the guard that holds whatever a curator said.

mod align;
mod ground;
mod rule;

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use crate::fitness::is_standing_instruction;
use crate::same::{Grade, Places, ReadFile};
use crate::statement::{Document, Heading, split_lines};
use crate::tidy::texts_without;
use crate::{LineRange, Rules, SourceFile, Treatment, TreatmentKind};

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
    /// How many of those are only probably copies: each is a violation, because a person decides.
    pub probable: u32,
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
/// `known`: the user's other files at their snapshot version. A ground must be among them or among the touched ones, and
/// another value of a dropped line is looked for in all of them. Nothing that the treatments say is believed: texts are
/// read again, and each ground is looked up in the snapshot and in what stands at the end. Never fails: what is wrong is
/// a [`Violation`].
pub fn judge(touched: &[JudgedFile], known: &[SourceFile], rules: &Rules) -> Ledger {
    let paths: HashSet<&str> = touched.iter().map(|file| file.path.as_str()).collect();
    let before = touched.iter().filter_map(|file| file.before.as_ref());
    let others = known.iter().filter(|file| !paths.contains(file.path.as_str()));
    let read: Vec<ReadFile<'_>> = before.chain(others).map(|file| ReadFile::new(file, rules)).collect();
    let all: Vec<&ReadFile<'_>> = read.iter().collect();
    judge_read(touched, &Places::new(&all, rules))
}

/// The same over files that have been read already, the touched ones as they were among them.
pub(crate) fn judge_read(touched: &[JudgedFile], places: &Places<'_, '_>) -> Ledger {
    let by_path: HashMap<&str, &ReadFile<'_>> = places.files.iter().map(|f| (f.file.path.as_str(), *f)).collect();
    let mut ledger = Ledger::default();
    let mut pages = Vec::new();
    for judged in touched {
        match by_path.get(judged.path.as_str()).filter(|_| judged.before.is_some()) {
            Some(before) => pages.push(Page::new(judged, before, &mut ledger.violations)),
            None => ledger.account_for_new(judged),
        }
    }
    let snapshot = Snapshot::new(&pages, places, by_path);
    for page in &pages {
        ledger.account(page, &snapshot);
    }
    ledger.violations.sort();
    ledger.violations.dedup();
    ledger
}

/// Every file that is known, by path.
struct Snapshot<'a> {
    touched: HashMap<&'a str, &'a Page<'a>>,
    known: HashMap<&'a str, &'a ReadFile<'a>>,
    places: &'a Places<'a, 'a>,
    standing: OnceCell<HashSet<&'a str>>,
}

impl<'a> Snapshot<'a> {
    fn new(pages: &'a [Page<'a>], places: &'a Places<'a, 'a>, known: HashMap<&'a str, &'a ReadFile<'a>>) -> Self {
        let touched = pages.iter().map(|p| (p.judged.path.as_str(), p)).collect();
        Self { touched, known, places, standing: OnceCell::new() }
    }

    /// Whether a statement with this very text stands at the end, in any file that is known here.
    fn stands(&self, text: &str) -> bool {
        let standing = self.standing.get_or_init(|| {
            let untouched = self.known.iter().filter(|(path, _)| !self.touched.contains_key(*path));
            let documents = self.touched.values().map(|p| &p.after).chain(untouched.map(|(_, f)| &f.document));
            documents.flat_map(|d| &d.statements).map(|s| s.text.as_str()).collect()
        });
        standing.contains(text)
    }
}

/// A touched file, read before and after.
struct Page<'a> {
    judged: &'a JudgedFile,
    before: &'a ReadFile<'a>,
    after: Document,
    /// Per statement before: the index of the treatment that says it goes as a duplicate.
    claims: Vec<Option<usize>>,
    /// The second runs of pages that were appended twice, of which every statement is said to go.
    gone: Vec<LineRange>,
    change: Change,
}

/// What became of a page besides the statements that are said to go.
enum Change {
    /// Nothing.
    None,
    /// It was tidied, just as the builtin curator tidies.
    Tidied,
    /// Something else: which statement is which, and what is wrong.
    Other(align::Alignment),
}

impl<'a> Page<'a> {
    fn new(judged: &'a JudgedFile, before: &'a ReadFile<'a>, violations: &mut Vec<Violation>) -> Self {
        let after_text = judged.after.as_deref().unwrap_or_default();
        let after = Document::parse(after_text);
        let claims = claims(judged, before, violations);
        let dropped: BTreeSet<usize> = (0..claims.len()).filter(|&s| claims[s].is_some()).collect();
        let [left, tidied] = texts_without(before, &dropped);
        let change = if judged.after.is_some() && after_text == left {
            Change::None
        } else if judged.after.is_some() && after_text == tidied {
            Change::Tidied
        } else {
            Change::Other(align::align(&align::Sides {
                before: &before.document,
                before_text: &before.file.text,
                after: &after,
                after_text,
                goes: &|s| claims[s].is_some(),
            }))
        };
        let gone = before.repeats.gone(&dropped).collect();
        Self { judged, before, after, claims, gone, change }
    }

    fn violation(&self, line: u32, rule: Rule, detail: &str) -> Violation {
        Violation { path: self.judged.path.clone(), line, rule, detail: detail.to_owned() }
    }

    /// Whether the statement stood before and stands at the end.
    fn still_stands(&self, s: usize) -> bool {
        let stands = match &self.change {
            Change::None | Change::Tidied => true,
            Change::Other(aligned) => aligned.statements[s].is_some(),
        };
        self.claims[s].is_none() && stands
    }

    /// The statement that this one repeats, if its page was appended twice and the whole second run goes.
    fn repeats(&self, s: usize) -> Option<usize> {
        self.before.repeats.twin(s, |other| self.claims[other].is_some())
    }

    fn is_treated_otherwise(&self, lines: LineRange) -> bool {
        let unsupported = |t: &&Treatment| !matches!(t.kind, TreatmentKind::DropDuplicate | TreatmentKind::Tidy);
        let treated = self.judged.treatments.iter().filter(unsupported).filter_map(|t| t.before);
        treated.into_iter().any(|range| range.first <= lines.first && lines.last <= range.last)
    }

    fn says_that_it_tidies(&self) -> bool {
        self.judged.treatments.iter().any(|t| t.kind == TreatmentKind::Tidy)
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
    /// A dream makes no file: its text, and be it its name alone, would be what nobody said.
    fn account_for_new(&mut self, judged: &JudgedFile) {
        let added = Document::parse(judged.after.as_deref().unwrap_or_default());
        self.added += added.count();
        self.violations.push(Violation {
            path: judged.path.clone(),
            line: 0,
            rule: Rule::FileMade,
            detail: "a dream makes no file".to_owned(),
        });
    }

    fn account(&mut self, page: &Page<'_>, snapshot: &Snapshot<'_>) {
        let document = &page.before.document;
        self.statements_before += document.count();
        for (s, statement) in document.statements.iter().enumerate() {
            if page.still_stands(s) {
                self.kept += 1;
                continue;
            }
            let stands = snapshot.stands(&statement.text);
            let fault = match page.claims[s] {
                Some(t) => match ground::check(page, s, &page.judged.treatments[t], snapshot) {
                    Ok(Grade::Certain) => {
                        self.duplicate += 1;
                        continue;
                    }
                    Ok(Grade::Probable) => {
                        self.duplicate += 1;
                        self.probable += 1;
                        let detail = "the cited line probably says the same: a person decides";
                        self.violations.push(page.violation(statement.lines.first, Rule::OnlyProbable, detail));
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
        let stay = |h: &&Heading| !page.gone.iter().any(|run| run.first <= h.lines.first && h.lines.last <= run.last);
        let headings = page.before.document.headings.iter().filter(|h| h.is_statement()).filter(stay).count();
        let headings = u32::try_from(headings).unwrap_or(u32::MAX);
        match &page.change {
            Change::None => self.kept += headings,
            Change::Tidied => {
                self.kept += headings;
                self.tidied_files += 1;
                if !page.says_that_it_tidies() {
                    let line =
                        first_difference(&page.before.file.text, page.judged.after.as_deref().unwrap_or_default());
                    self.violations.push(page.violation(line, Rule::TreatmentMissing, "tidied without saying so"));
                }
            }
            Change::Other(aligned) => self.account_for_other(page, aligned),
        }
        let had_statements = !page.before.document.statements.is_empty();
        if page.judged.after.is_none() || (had_statements && page.after.statements.is_empty()) {
            self.violations.push(page.violation(0, Rule::FileEmptied, "a dream leaves no file without a statement"));
        }
        if !crate::is_curated(&page.judged.path, &page.before.file.text) {
            self.violations.push(page.violation(
                0,
                Rule::FileNotCurated,
                "it is a log, or neither Markdown nor plain text",
            ));
        }
    }

    fn account_for_other(&mut self, page: &Page<'_>, aligned: &align::Alignment) {
        self.kept += aligned.kept_headings;
        self.lost_word_for_word += aligned.lost_headings;
        for &s in &aligned.added {
            self.added += 1;
            let line = page.after.statements[s].lines.first;
            self.violations.push(page.violation(line, Rule::StatementAdded, "it was not there before"));
        }
        for &(line, rule, detail) in &aligned.other {
            self.violations.push(page.violation(line, rule, detail));
        }
        let after = page.judged.after.as_deref().unwrap_or_default();
        let line = first_difference(&page.before.file.text, after);
        let detail =
            "the text is neither what is left without the dropped lines nor that text as the builtin curator tidies it";
        self.violations.push(page.violation(line, Rule::TidyDiffers, detail));
    }
}

/// The first line, after or before, that differs.
fn first_difference(before: &str, after: &str) -> u32 {
    let (before, after) = (split_lines(before), split_lines(after));
    let same = before.iter().zip(&after).take_while(|(b, a)| b == a).count();
    u32::try_from(same + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod mutations;
#[cfg(test)]
mod tests;
