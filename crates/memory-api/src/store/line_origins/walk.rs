//! Walks the revisions of files and keeps their lines at the versions that are asked for.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;
use memex_core::actor::{Operation, Source as StoredSource};
use memex_curation::{LineRange, Source, Treatment, written_days};
use uuid::Uuid;

use super::dropping::{Dropping, places};
use super::lines::{Line, follow};

/// A revision as the walk takes it.
#[derive(Clone, Debug)]
pub(super) struct Revision {
    /// Its file.
    pub file: Uuid,
    /// Its version.
    pub version: i64,
    /// The path of the file.
    pub path: String,
    /// Its text; `None`: a deletion.
    pub text: Option<String>,
    /// Its day.
    pub day: NaiveDate,
    /// The code of its operation.
    pub operation: i16,
    /// The code of its source.
    pub source: i16,
    /// Whether a dream made it, here or where it was imported from.
    pub dreamt: bool,
    /// Whether an archive brought it.
    pub imported: bool,
}

impl Revision {
    fn is(&self, operation: Operation) -> bool {
        self.operation == operation.code()
    }

    /// What its new lines come from.
    fn origin(&self) -> Own {
        Own { asserted_on: self.asserts().then_some(self.day), source: said_by(self.source) }
    }

    /// Whether it dates its new lines: a write or patch by a person or program, not an import. What a dream, a restore or
    /// a revert brings says nothing of when it was first asserted. Nor does what an archive brought, whichever call had
    /// made it there: its day is the import's.
    fn asserts(&self) -> bool {
        let written = self.is(Operation::Write) || self.is(Operation::Patch);
        written && self.source != StoredSource::Import.code() && !self.dreamt && !self.imported
    }
}

/// Who said a line of a revision of this source; what was imported counts as an agent's.
fn said_by(source: i16) -> Source {
    match StoredSource::from_code(source) {
        Some(StoredSource::User) => Source::User,
        Some(StoredSource::Tool) => Source::Tool,
        Some(StoredSource::Web) => Source::Web,
        Some(StoredSource::Agent | StoredSource::Import) | None => Source::Agent,
    }
}

/// Where a line comes from by its file's own revisions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Own {
    /// The day on which it was first asserted.
    pub asserted_on: Option<NaiveDate>,
    /// Who said it.
    pub source: Source,
}

/// A line as it stands in one version of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// What it comes from.
    pub origin: u32,
    /// The day that is written with it there.
    pub written: Option<NaiveDate>,
}

/// The result of a walk.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// The origins of all lines; a line holds an index into them.
    pub owns: Vec<Own>,
    /// The lines of the versions that were asked for.
    pub lines: HashMap<(Uuid, i64), Vec<Line<u32>>>,
    /// The written days of the lines of the versions that they were asked for.
    written: HashMap<(Uuid, i64), Vec<Option<NaiveDate>>>,
    /// The treatments of each dropping, in the lines of the file before the dream; in the order of adoption.
    pub treatments: BTreeMap<usize, Vec<Treatment>>,
}

impl Walked {
    /// These lines of a version, without blank ones; nothing where they do not stand.
    pub fn standing(&self, version: (Uuid, i64), lines: LineRange) -> impl Iterator<Item = Standing> {
        let places = places(lines);
        let lines = self.lines.get(&version).and_then(|all| all.get(places.clone()));
        let origins = places.zip(lines.into_iter().flatten());
        origins.filter_map(move |(at, line)| line.origin.map(|origin| self.standing_at(version, at, origin)))
    }

    /// The line at this place of a version, which has this origin.
    pub fn standing_at(&self, version: (Uuid, i64), at: usize, origin: u32) -> Standing {
        let written = self.written.get(&version).and_then(|days| days.get(at).copied().flatten());
        Standing { origin, written }
    }
}

/// A walk; revisions come by file, then by version.
#[derive(Debug)]
pub(super) struct Walk {
    asked: HashSet<(Uuid, i64)>,
    /// Those of `asked` whose written days are asked for.
    dated: HashSet<(Uuid, i64)>,
    droppings: HashMap<(Uuid, i64), Vec<(usize, Dropping)>>,
    file: Option<Uuid>,
    lines: Vec<Line<u32>>,
    /// The lines before the dream that made the revision before.
    before_dream: Option<Vec<Line<u32>>>,
    /// The lines that a dream drops from the revision before.
    goes: Vec<LineRange>,
    walked: Walked,
}

impl Walk {
    /// A walk that keeps the lines of the versions in `asked`, the written days of those that are also in `dated`, and
    /// what was dropped from them.
    pub fn new(
        asked: HashSet<(Uuid, i64)>,
        dated: HashSet<(Uuid, i64)>,
        droppings: HashMap<(Uuid, i64), Vec<(usize, Dropping)>>,
    ) -> Self {
        Self {
            asked,
            dated,
            droppings,
            file: None,
            lines: Vec::new(),
            before_dream: None,
            goes: Vec::new(),
            walked: Walked::default(),
        }
    }

    /// Goes on over these revisions. A redacted one is not among them: what it brought is the next one's.
    pub fn pass(&mut self, revisions: Vec<Revision>) {
        for revision in revisions {
            if self.file != Some(revision.file) {
                self.file = Some(revision.file);
                self.lines.clear();
                self.before_dream = None;
                self.goes.clear();
            }
            self.pass_one(&revision);
        }
    }

    fn pass_one(&mut self, revision: &Revision) {
        let text = revision.text.as_deref().unwrap_or_default();
        // A revert gives back what the dream took: the lines stand as before it.
        let undone = self.before_dream.take().filter(|_| revision.is(Operation::Revert));
        let goes = std::mem::take(&mut self.goes);
        // Of two equal lines beside each other, the texts alone do not say which one the dream dropped.
        let left = (revision.dreamt && !goes.is_empty()).then(|| without(&self.lines, &goes));
        let before = undone.as_ref().or(left.as_ref()).unwrap_or(&self.lines);
        let (origin, owns) = (revision.origin(), &mut self.walked.owns);
        let after = follow(before, text, revision.dreamt, || {
            owns.push(origin);
            // More lines than this do not fit into memory.
            u32::try_from(owns.len() - 1).unwrap_or(u32::MAX)
        });
        let before = std::mem::replace(&mut self.lines, after);
        self.before_dream = revision.dreamt.then_some(before);
        let at = (revision.file, revision.version);
        for (dropping, one) in self.droppings.remove(&at).unwrap_or_default() {
            let treatments = one.in_lines_of(text);
            self.goes.extend(treatments.iter().filter_map(|treatment| treatment.before));
            self.walked.treatments.insert(dropping, treatments);
        }
        if self.asked.remove(&at) {
            self.walked.lines.insert(at, self.lines.clone());
            if self.dated.contains(&at) {
                self.walked.written.insert(at, written_days(&revision.path, text));
            }
        }
    }

    /// What it found.
    pub fn end(self) -> Walked {
        self.walked
    }
}

/// The lines that are left without these ranges.
fn without(lines: &[Line<u32>], goes: &[LineRange]) -> Vec<Line<u32>> {
    let mut stays = vec![true; lines.len()];
    for range in goes {
        stays.get_mut(places(*range)).into_iter().flatten().for_each(|one| *one = false);
    }
    lines.iter().zip(stays).filter_map(|(line, stays)| stays.then_some(*line)).collect()
}
