//! The builtin curator: drops duplicates that it can ground and tidies pages, without a model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::ledger::{self, JudgedFile};
use crate::same::{Grade, Pair, Place, Places, ReadFile, StandsAt, is_curated};
use crate::tidy;
use crate::{LineRange, PlannedOp, Rules, SourceFile, Treatment, TreatmentKind, TreatmentSource};

/// Lines that one op drops at most: each is a treatment, and an op carries 2,000 of them. What is left is dropped by
/// the next dream.
const MAX_DROPS_PER_OP: usize = 1_900;

/// For each statement that goes, the one that stays for it.
type Grounds = BTreeMap<Place, Place>;

/// What the curator proposes, and what it leaves to a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Changes, at most one for each file: files with duplicates by path, then files that are only untidy by path. Any
    /// prefix of them is safe by itself, because the line that stays of each group of duplicates is dropped by no op.
    pub ops: Vec<PlannedOp>,
    /// Pairs of lines that are probably copies of each other, by the place of the one that would go.
    pub probable: Vec<Pair>,
}

/// The lines that stay although a treatment of them has its ground: memory-api refused the treatment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Left {
    lines: BTreeSet<(String, LineRange)>,
    untidy: BTreeSet<String>,
}

impl Left {
    /// Leaves what this treatment of an op treats. Returns false where there is nothing more to leave.
    pub fn leave(&mut self, op: &PlannedOp, treatment: usize) -> bool {
        match op.treatments.get(treatment) {
            Some(one) if one.kind == TreatmentKind::Tidy => self.untidy.insert(op.path.clone()),
            Some(Treatment { before: Some(lines), .. }) => self.lines.insert((op.path.clone(), *lines)),
            _ => false,
        }
    }

    fn holds(&self, file: &ReadFile<'_>, s: usize) -> bool {
        !self.lines.is_empty() && self.lines.contains(&(file.file.path.clone(), file.document.statements[s].lines))
    }
}

/// All changes that the curator can ground with certainty, and the pairs that are only probable.
///
/// Logs, and what is neither Markdown nor plain text, are never touched and never a ground. Never fails; the same input
/// gives the same output.
pub fn curate(files: &[SourceFile], rules: &Rules) -> Plan {
    let read = read(files, rules);
    let all: Vec<&ReadFile<'_>> = read.iter().collect();
    let places = Places::new(&all, rules);
    let left = Left::default();
    let grounds = grounds(&places, Grade::Certain, &left);
    let probable = probable(&places, &grounds);
    Plan { ops: ops(&places, &grounds, &Wanted { tidies: true, only: None, left: &left }), probable }
}

/// The change of one file without what is left; `None`: nothing else is to be done there. `near`: as
/// [`curate_probable`], else as [`curate`].
pub fn curate_again(files: &[SourceFile], rules: &Rules, near: bool, path: &str, left: &Left) -> Option<PlannedOp> {
    let read = read(files, rules);
    let all: Vec<&ReadFile<'_>> = read.iter().collect();
    let places = Places::new(&all, rules);
    let grounds = match near {
        true => probable_grounds(&places, &grounds(&places, Grade::Certain, &Left::default()), left),
        false => grounds(&places, Grade::Certain, left),
    };
    ops(&places, &grounds, &Wanted { tidies: !near, only: Some(path), left }).pop()
}

/// Changes that drop the lines of probable pairs and nothing else: they need a person.
pub fn curate_probable(files: &[SourceFile], rules: &Rules) -> Vec<PlannedOp> {
    let read = read(files, rules);
    let all: Vec<&ReadFile<'_>> = read.iter().collect();
    let places = Places::new(&all, rules);
    let left = Left::default();
    let certain = grounds(&places, Grade::Certain, &left);
    let likely = probable_grounds(&places, &certain, &left);
    ops(&places, &likely, &Wanted { tidies: false, only: None, left: &left })
}

fn read<'a>(files: &'a [SourceFile], rules: &Rules) -> Vec<ReadFile<'a>> {
    let mut by_path = BTreeMap::new();
    for file in files.iter().filter(|file| is_curated(&file.path, &file.text)) {
        by_path.entry(file.path.as_str()).or_insert(file);
    }
    by_path.into_values().map(|file| ReadFile::new(file, rules)).collect()
}

/// Statements of equal texts, as `form` makes them; groups of one are left out.
fn groups<'a>(places: &'a Places<'_, '_>, form: impl Fn(&'a ReadFile<'_>, usize) -> &'a str) -> Vec<Vec<Place>> {
    let mut groups: HashMap<&str, Vec<Place>> = HashMap::new();
    for (f, file) in places.files.iter().enumerate() {
        let free = file.identities.iter().enumerate().filter(|(_, identity)| identity.bar.is_none());
        for (s, _) in free {
            groups.entry(form(file, s)).or_default().push((f, s));
        }
    }
    let mut groups: Vec<Vec<Place>> = groups.into_values().filter(|group| group.len() > 1).collect();
    groups.sort();
    groups
}

fn grounds(places: &Places<'_, '_>, wanted: Grade, left: &Left) -> Grounds {
    let groups = groups(places, |file, s| &file.identities[s].key);
    let mut grounds: Grounds = groups.iter().flat_map(|group| places.grounds(group, wanted)).collect();
    if wanted == Grade::Certain {
        drop_second_runs(places, &mut grounds, left);
    }
    grounds.retain(|&(f, s), _| !left.holds(places.files[f], s));
    spare_the_last_of_each_file(places, &mut grounds);
    grounds
}

/// A page that was appended twice loses its second run. What else its file would lose waits for the next dream, because
/// each line of the first run stands for one that goes.
fn drop_second_runs(places: &Places<'_, '_>, grounds: &mut Grounds, left: &Left) {
    for (f, file) in places.files.iter().enumerate() {
        let twins = file.repeats.twins();
        if twins.len() > MAX_DROPS_PER_OP || twins.keys().any(|&second| left.holds(file, second)) {
            continue;
        }
        if !twins.is_empty() {
            grounds.retain(|place, keep| place.0 != f && (keep.0 != f || !twins.contains_key(&keep.1)));
        }
        grounds.extend(twins.into_iter().map(|(second, first)| ((f, second), (f, first))));
    }
}

/// A file is never left without a statement: the first that would go stays.
fn spare_the_last_of_each_file(places: &Places<'_, '_>, grounds: &mut Grounds) {
    for (f, file) in places.files.iter().enumerate() {
        let all = 0..file.document.statements.len();
        if !all.is_empty() && all.clone().all(|s| grounds.contains_key(&(f, s))) {
            grounds.remove(&(f, 0));
        }
    }
}

/// Grounds of probable pairs among the statements that stay.
fn probable_grounds(places: &Places<'_, '_>, certain: &Grounds, left: &Left) -> Grounds {
    let mut likely = Grounds::new();
    for mut group in groups(places, |file, s| file.identities[s].loose()) {
        group.retain(|place| !certain.contains_key(place));
        likely.extend(places.grounds(&group, Grade::Probable));
    }
    likely.retain(|&(f, s), _| !left.holds(places.files[f], s));
    spare_the_last_of_each_file(places, &mut likely);
    likely
}

fn probable(places: &Places<'_, '_>, certain: &Grounds) -> Vec<Pair> {
    let stands = |(f, s): Place| {
        let file = places.files[f];
        StandsAt { path: file.file.path.clone(), version: file.file.version, lines: file.document.statements[s].lines }
    };
    let pair = |(dropped, kept)| Pair { grade: Grade::Probable, dropped: stands(dropped), kept: stands(kept) };
    probable_grounds(places, certain, &Left::default()).into_iter().map(pair).collect()
}

/// Which ops are wanted.
struct Wanted<'a> {
    /// Also of files that are only untidy.
    tidies: bool,
    /// Of this file alone.
    only: Option<&'a str>,
    left: &'a Left,
}

fn ops(places: &Places<'_, '_>, grounds: &Grounds, wanted: &Wanted<'_>) -> Vec<PlannedOp> {
    let tidies = wanted.tidies;
    let mut ops = Vec::new();
    let asked = |file: &ReadFile<'_>| wanted.only.is_none_or(|path| path == file.file.path);
    for (f, file) in places.files.iter().enumerate().filter(|(_, file)| asked(file)) {
        let dropped: BTreeMap<usize, Place> =
            grounds.range((f, 0)..(f + 1, 0)).take(MAX_DROPS_PER_OP).map(|(&(_, s), &keep)| (s, keep)).collect();
        if dropped.is_empty() && !tidies {
            continue;
        }
        let op = plan(places, file, &dropped, wanted.left).or_else(|| {
            // A drop that would change how the rest of the page reads is given up, with all others of that page.
            (!dropped.is_empty() && tidies).then(|| plan(places, file, &BTreeMap::new(), wanted.left)).flatten()
        });
        ops.extend(op);
    }
    ops.sort_by_key(|op| op.treatments.iter().all(|t| t.kind == TreatmentKind::Tidy));
    ops
}

/// The op for one file, or `None` if it changes nothing or the ledger would not account for it.
fn plan(
    places: &Places<'_, '_>,
    file: &ReadFile<'_>,
    dropped: &BTreeMap<usize, Place>,
    left: &Left,
) -> Option<PlannedOp> {
    let gone: BTreeSet<usize> = dropped.keys().copied().collect();
    let (fates, tidied) = match left.untidy.contains(&file.file.path) {
        true => (tidy::untidied(file, &gone), None),
        false => tidy::tidied(file, &gone),
    };
    let (edits, result) = tidy::edits(&file.file.text, &fates)?;
    let mut treatments: Vec<Treatment> =
        dropped.iter().map(|(&s, &keep)| drop_treatment(places, file, s, keep)).collect();
    let reason = reason(dropped.len(), tidied.is_some());
    treatments.extend(tidied.map(|lines| Treatment {
        kind: TreatmentKind::Tidy,
        before: Some(lines),
        after: None,
        sources: Vec::new(),
    }));
    let op = PlannedOp {
        path: file.file.path.clone(),
        expected_version: file.file.version,
        edits,
        result,
        reason,
        treatments,
    };
    is_accounted_for(places, file, &op).then_some(op)
}

fn drop_treatment(places: &Places<'_, '_>, file: &ReadFile<'_>, s: usize, keep: Place) -> Treatment {
    let kept = places.files[keep.0];
    Treatment {
        kind: TreatmentKind::DropDuplicate,
        before: Some(file.document.statements[s].lines),
        after: None,
        sources: vec![TreatmentSource {
            path: kept.file.path.clone(),
            version: kept.file.version,
            lines: kept.document.statements[keep.1].lines,
        }],
    }
}

/// The curator holds itself to the guard's own rules, so that what it stages is never turned down.
fn is_accounted_for(places: &Places<'_, '_>, file: &ReadFile<'_>, op: &PlannedOp) -> bool {
    let touched = JudgedFile {
        path: op.path.clone(),
        before: Some(file.file.clone()),
        after: Some(op.result.clone()),
        treatments: op.treatments.clone(),
    };
    let ledger = ledger::judge_read(std::slice::from_ref(&touched), places);
    ledger.violations.iter().all(|violation| violation.rule == ledger::Rule::OnlyProbable)
}

fn reason(dropped: usize, tidied: bool) -> String {
    let lines = match dropped {
        0 => return "tidies the page".to_owned(),
        1 => "drops 1 duplicate".to_owned(),
        n => format!("drops {n} duplicates"),
    };
    if tidied { format!("{lines} and tidies the page") } else { lines }
}

#[cfg(test)]
mod tests;
