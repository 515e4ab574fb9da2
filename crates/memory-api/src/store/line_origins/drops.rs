//! Which lines dreams dropped as copies, and which lines stayed for them.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use memex_curation::{Treatment, TreatmentKind};
use memex_proto::v1 as pb;
use prost::Message as _;
use uuid::Uuid;

use super::dropping::Dropping;
use super::said::Pair;
use super::walk::Walked;
use crate::convert;

/// An adopted op of a dream that was not reverted, or, without a dream, a path that a file has had.
#[derive(Clone, Debug)]
pub(super) struct DropRow {
    /// The file.
    pub file_id: Uuid,
    /// Its path.
    pub path: String,
    /// Its version before the dream.
    pub version: i64,
    /// The dream.
    pub dream_id: Option<Uuid>,
    /// Encoded treatments.
    pub treatments: Option<Vec<Vec<u8>>>,
    /// The text after the op; `None` for the last of the file, and where it was redacted.
    pub text: Option<String>,
    /// The day on which the rows were read, in UTC.
    pub today: NaiveDate,
}

/// All that dreams dropped from a scope, in the order in which it was adopted.
#[derive(Clone, Debug, Default)]
pub(super) struct Drops {
    all: Vec<Dropping>,
    /// The files that a path has been of.
    files: HashMap<String, Vec<Uuid>>,
    /// For each file, at which version it holds a line that stayed, and for which of `all`.
    citing: HashMap<Uuid, Vec<(i64, usize)>>,
    /// The day on which they were read; `None` where there are none.
    pub today: Option<NaiveDate>,
}

/// Identifies a dropping: dream and file.
pub(super) type DroppingKey = (Uuid, Uuid);

impl Drops {
    /// Rows in the order of adoption; the ops of one file of one dream follow each other.
    pub fn of(rows: Vec<DropRow>) -> Self {
        let mut drops = Self::default();
        for row in rows {
            drops.today = Some(row.today);
            let Some(dream) = row.dream_id else {
                drops.files.entry(row.path).or_default().push(row.file_id);
                continue;
            };
            let dropped = row.treatments.unwrap_or_default().iter().filter_map(|bytes| dropped(bytes)).collect();
            match drops.all.last_mut().filter(|last| (last.dream, last.file) == (dream, row.file_id)) {
                Some(last) => {
                    last.texts.push(row.text);
                    last.treatments.push(dropped);
                }
                None => drops.all.push(Dropping {
                    dream,
                    file: row.file_id,
                    version: row.version,
                    texts: vec![row.text],
                    treatments: vec![dropped],
                }),
            }
        }
        drops.index();
        drops
    }

    fn index(&mut self) {
        for (at, dropping) in self.all.iter().enumerate() {
            for source in dropping.treatments.iter().flatten().flat_map(|one| &one.sources) {
                for file in self.files.get(&source.path).into_iter().flatten() {
                    self.citing.entry(*file).or_default().push((source.version, at));
                }
            }
        }
        for cited in self.citing.values_mut() {
            cited.sort_unstable();
            cited.dedup();
        }
    }

    /// Finds the droppings for lines of this file up to this version, and the earlier droppings behind those.
    pub fn behind(&self, file: Uuid, version: i64) -> BTreeSet<usize> {
        let mut behind = BTreeSet::new();
        let mut open = vec![(file, version)];
        while let Some((file, version)) = open.pop() {
            let cited = self.citing.get(&file).into_iter().flatten().take_while(|(at, _)| *at <= version);
            for &(_, dropping) in cited {
                if behind.insert(dropping) {
                    open.push((self.all[dropping].file, self.all[dropping].version));
                }
            }
        }
        behind
    }

    /// The names of these.
    pub fn keys(&self, of: &BTreeSet<usize>) -> Vec<DroppingKey> {
        of.iter().map(|&at| (self.all[at].dream, self.all[at].file)).collect()
    }

    /// Finds the droppings from these files before their versions.
    pub fn from<'a>(&'a self, files: &'a HashMap<Uuid, i64>) -> impl Iterator<Item = usize> + 'a {
        let earlier = |one: &Dropping| files.get(&one.file).is_some_and(|version| one.version < *version);
        self.all.iter().enumerate().filter(move |(_, one)| earlier(one)).map(|(at, _)| at)
    }

    /// These, by the file and version that they were dropped from.
    pub fn by_base(&self, of: &BTreeSet<usize>) -> HashMap<(Uuid, i64), Vec<(usize, Dropping)>> {
        let mut by_base: HashMap<_, Vec<_>> = HashMap::new();
        for &at in of {
            let one = &self.all[at];
            by_base.entry((one.file, one.version)).or_default().push((at, one.clone()));
        }
        by_base
    }

    /// The file versions that hold a line that stayed for one of these.
    pub fn cited(&self, of: &BTreeSet<usize>) -> impl Iterator<Item = (Uuid, i64)> {
        let cited = self.citing.iter().flat_map(|(file, cited)| cited.iter().map(move |one| (*file, one)));
        cited.filter(|(_, (_, at))| of.contains(at)).map(|(file, (version, _))| (file, *version))
    }

    /// Each line that was dropped with the line that stayed for it, in the order of adoption. `needed`: up to which
    /// version a file's lines are asked for.
    pub fn pairs(&self, walked: &Walked, needed: &HashMap<Uuid, i64>) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (at, treatments) in &walked.treatments {
            let base = (self.all[*at].file, self.all[*at].version);
            for treatment in treatments {
                let Some(before) = treatment.before else { continue };
                for source in &treatment.sources {
                    let files = self.files.get(&source.path).into_iter().flatten();
                    for file in files.filter(|file| needed.get(file).is_some_and(|most| source.version <= *most)) {
                        let stayed = walked.standing((*file, source.version), source.lines);
                        let both = walked.standing(base, before).zip(stayed);
                        pairs.extend(both.map(|(dropped, stayed)| Pair { dropped, stayed }));
                    }
                }
            }
        }
        pairs
    }
}

/// A stored treatment, if it drops a line.
fn dropped(bytes: &[u8]) -> Option<Treatment> {
    let stored = pb::Treatment::decode(bytes).ok()?;
    let treatment = convert::treatment(&stored, false).ok()?;
    (treatment.kind == TreatmentKind::DropDuplicate && treatment.before.is_some()).then_some(treatment)
}
