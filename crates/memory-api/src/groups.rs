//! Which files of a changeset stand or fall together: those whose ops cite a line of the other, or the same line.

use std::collections::{BTreeMap, BTreeSet};

use memex_core::ids::DreamId;
use memex_curation::LineRange;
use memex_proto::reason::Refusal;

use crate::error::{Result, field};
use crate::guards::Guards;
use crate::staged_treatments::treatments;
use crate::store::changesets::StagedOp;

/// The files of a changeset in groups. Each touched file is in exactly one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Groups(Vec<BTreeSet<String>>);

/// A line that ops cite.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Ground {
    path: String,
    lines: LineRange,
    /// The files whose ops cite it.
    cited_by: BTreeSet<String>,
}

impl Groups {
    /// The groups of a changeset, by their first path.
    ///
    /// # Errors
    /// Where a stored treatment cannot be read.
    pub fn of(ops: &[StagedOp], guards: Guards) -> Result<Self> {
        let touched: BTreeSet<&str> = ops.iter().map(|op| op.path.as_str()).collect();
        let mut groups: Vec<BTreeSet<String>> =
            touched.iter().map(|path| BTreeSet::from([(*path).to_owned()])).collect();
        for ground in grounds(ops, guards)? {
            let mut together = ground.cited_by;
            if touched.contains(ground.path.as_str()) {
                together.insert(ground.path);
            }
            join(&mut groups, &together);
        }
        groups.sort();
        Ok(Self(groups))
    }

    /// The number of the group that a file belongs to, from 1; 0: the changeset does not touch it.
    pub fn number(&self, path: &str) -> usize {
        self.0.iter().position(|group| group.contains(path)).map_or(0, |at| at + 1)
    }

    /// The groups.
    pub fn iter(&self) -> impl Iterator<Item = &BTreeSet<String>> {
        self.0.iter()
    }

    /// Judges a choice of files: it takes whole groups of the changeset. No path at all chooses all files. Gives the chosen
    /// files.
    ///
    /// # Errors
    /// FIELD_INVALID for a file that the changeset does not touch, or for a group that is chosen in part.
    pub fn chosen(&self, dream: DreamId, paths: &BTreeSet<String>) -> Result<BTreeSet<String>, Refusal> {
        if paths.is_empty() {
            return Ok(self.0.iter().flatten().cloned().collect());
        }
        if let Some(unknown) = paths.iter().find(|path| self.number(path) == 0) {
            return Err(field(
                "paths",
                format!("`{unknown}` is no file that {dream} changes; GetChangeset lists them"),
            ));
        }
        for group in &self.0 {
            let missing: Vec<&str> = group.difference(paths).map(String::as_str).collect();
            if let Some(one) = group.iter().find(|path| paths.contains(*path) && !missing.is_empty()) {
                let missing = missing.join("`, `");
                let rule = format!("`{one}` stands or falls with `{missing}`: name all files of the group");
                return Err(field("paths", rule).fact("missing", missing));
            }
        }
        Ok(paths.clone())
    }
}

/// Every line that ops cite, with the files whose ops cite it or a line that overlaps it.
fn grounds(ops: &[StagedOp], guards: Guards) -> Result<Vec<Ground>> {
    let mut by_path: BTreeMap<String, Vec<Ground>> = BTreeMap::new();
    for op in ops {
        for source in treatments(op, guards)?.into_iter().flat_map(|treatment| treatment.sources) {
            let of_path = by_path.entry(source.path.clone()).or_default();
            let overlaps = |ground: &&mut Ground| {
                ground.lines.first <= source.lines.last && source.lines.first <= ground.lines.last
            };
            let cited_by = BTreeSet::from([op.path.clone()]);
            match of_path.iter_mut().find(overlaps) {
                Some(ground) => {
                    ground.lines.first = ground.lines.first.min(source.lines.first);
                    ground.lines.last = ground.lines.last.max(source.lines.last);
                    ground.cited_by.extend(cited_by);
                }
                None => of_path.push(Ground { path: source.path, lines: source.lines, cited_by }),
            }
        }
    }
    Ok(by_path.into_values().flatten().collect())
}

/// Makes one group of all groups that hold one of these files.
fn join(groups: &mut Vec<BTreeSet<String>>, together: &BTreeSet<String>) {
    let (mut joined, apart): (Vec<_>, Vec<_>) =
        std::mem::take(groups).into_iter().partition(|group| !group.is_disjoint(together));
    *groups = apart;
    if !joined.is_empty() {
        groups.push(joined.drain(..).flatten().collect());
    }
}

#[cfg(test)]
mod tests {
    use memex_proto::v1 as pb;
    use prost::Message as _;
    use uuid::Uuid;

    use super::*;

    fn op(path: &str, grounds: &[(&str, i32)]) -> StagedOp {
        let drop = |&(path, line): &(&str, i32)| pb::Treatment {
            kind: pb::TreatmentKind::DropDuplicate.into(),
            before: Some(pb::LineRange { first: 1, last: 1 }),
            after: None,
            sources: vec![pb::TreatmentSource {
                path: path.into(),
                version: 1,
                lines: Some(pb::LineRange { first: line, last: line }),
            }],
        };
        StagedOp {
            number: 1,
            operation: 11,
            path: path.into(),
            base_file: Some(Uuid::nil()),
            base_version: 1,
            expected_version: 1,
            text: Some(String::new()),
            inserted_bytes: 0,
            source: 1,
            reason: String::new(),
            treatments: grounds.iter().map(|ground| drop(ground).encode_to_vec()).collect(),
            adopted_sequence: None,
            redacted: false,
        }
    }

    fn groups(ops: &[StagedOp]) -> Vec<Vec<String>> {
        let groups = Groups::of(ops, Guards::default()).unwrap();
        groups.0.iter().map(|group| group.iter().map(|path| path.replace("user/", "")).collect()).collect()
    }

    #[test]
    fn files_are_joined_by_a_line_of_each_other_or_by_the_same_line() {
        let (a, b, c) = ("user/a", "user/b", "user/c");
        assert_eq!(groups(&[op(a, &[(a, 3)]), op(b, &[(b, 2)])]), [["a"], ["b"]]);
        assert_eq!(groups(&[op(a, &[(b, 3)]), op(b, &[(b, 2)]), op(c, &[])]), [vec!["a", "b"], vec!["c"]]);
        assert_eq!(groups(&[op(a, &[("user/z", 3)]), op(b, &[("user/z", 3)])]), [["a", "b"]]);
        assert_eq!(groups(&[op(a, &[("user/z", 3)]), op(b, &[("user/z", 4)])]), [["a"], ["b"]]);
        assert_eq!(groups(&[op(a, &[(b, 1)]), op(b, &[(c, 1)]), op(c, &[])]), [["a", "b", "c"]]);
    }

    #[test]
    fn a_choice_takes_whole_groups_of_known_files() {
        let dream = DreamId { scope: 1, id: Uuid::nil() };
        let groups =
            Groups::of(&[op("user/a", &[("user/b", 3)]), op("user/b", &[]), op("user/c", &[])], Guards::default());
        let groups = groups.unwrap();
        let chosen = |paths: &[&str]| {
            groups.chosen(dream, &paths.iter().map(|path| (*path).to_owned()).collect()).map(|chosen| chosen.len())
        };
        assert_eq!((chosen(&[]), chosen(&["user/c"]), chosen(&["user/a", "user/b"])), (Ok(3), Ok(1), Ok(2)));
        assert_eq!(chosen(&["user/a"]).unwrap_err().facts["missing"], "user/b");
        assert!(chosen(&["user/z"]).unwrap_err().message.contains("`user/z`"));
    }
}
