//! Which groups a revert restores, and which it leaves.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use memex_core::ids::DreamId;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use super::merge::merged;
use crate::error::{Error, Result, field};
use crate::groups::Groups;
use crate::guards::Guards;
use crate::store::changesets::{FileState, StagedOp, TextAt, file_states, head_texts, places_of, staged_ops, texts_at};
use crate::store::dreams::{reverts_of, undone_paths};
use crate::store::pool::Connection;

/// Reverts of reverts that one call follows: a person asks for each.
const MOST_REVERTS: usize = 1_000;

/// A group that is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// Its files.
    pub paths: Vec<String>,
    /// Why.
    pub obstacle: Obstacle,
}

/// What keeps a group from being restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// The file in the way.
    pub path: String,
    /// Its version; 0: there is none.
    pub current: i64,
    /// Whether a text that would come back was redacted; else the file was changed since.
    pub redacted: bool,
    /// The lines of later edits that cannot be merged; empty where that was not asked for.
    pub lines: String,
}

impl Obstacle {
    /// For people.
    pub fn reason(&self) -> String {
        let path = &self.path;
        match self.redacted {
            true => format!("a text of {path} that would come back was redacted"),
            false => format!("{path} was changed since"),
        }
    }

    /// The refusal where nothing can be restored for it.
    pub fn refusal(&self) -> Refusal {
        let reason = if self.redacted { ErrorReason::RevisionRedacted } else { ErrorReason::VersionConflict };
        let refusal = Refusal::new(reason, format!("{}; nothing was reverted", self.reason())).fact("path", &self.path);
        let refusal = if self.redacted { refusal } else { refusal.fact("current_version", self.current) };
        if self.lines.is_empty() { refusal } else { refusal.fact("lines", &self.lines) }
    }
}

/// A file as the revert makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// The file.
    pub path: String,
    /// Its text; `None`: it goes.
    pub text: Option<String>,
    /// Where its text comes from.
    pub source: i16,
    /// The file as it is, and its version; `None`: there is none.
    pub now: Option<(Uuid, i64)>,
}

/// What a dream did to one file: its first op has the base, its last the revision that it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undone {
    pub path: String,
    pub base: Option<(Uuid, i64)>,
    pub last_sequence: i64,
    pub source: i16,
}

/// The dream and what it undid, and what that undid in turn; the first is the one that is asked for, the last no revert.
///
/// # Errors
/// Where Postgres fails.
pub async fn chain(tx: &mut Connection, dream: DreamId) -> Result<Vec<DreamId>> {
    let mut chain = vec![dream];
    while let Some(id) = reverts_of(&mut *tx, *chain.last().unwrap_or(&dream)).await? {
        chain.push(DreamId { scope: dream.scope, id });
        if chain.len() > MOST_REVERTS {
            return Err(Error::Unexpected("reverts of reverts do not end"));
        }
    }
    Ok(chain)
}

/// What is restored and what is left of a dream's groups.
///
/// # Errors
/// FIELD_INVALID for a path that the dream did not change or that is undone already; VERSION_CONFLICT where later edits of
/// a named group cannot be merged; where Postgres fails.
pub async fn plan(
    tx: &mut Connection,
    guards: Guards,
    dream: DreamId,
    root: DreamId,
    paths: &BTreeSet<String>,
) -> Result<(Vec<Restored>, Vec<Left>)> {
    let gone = undone_paths(&mut *tx, dream).await?;
    let mut undone = by_file(&staged_ops(&mut *tx, dream).await?);
    undone.retain(|path, _| !gone.contains(path));
    if let Some(unknown) = paths.iter().find(|path| !undone.contains_key(*path)) {
        return Err(
            field("paths", format!("`{unknown}` is no file that {dream} changed and that is not undone")).into()
        );
    }
    let groups = Groups::of(&staged_ops(&mut *tx, root).await?, guards)?;
    let facts = Facts::read(tx, dream.scope, &undone).await?;
    let (mut restored, mut left) = (Vec::new(), Vec::new());
    for group in groups.iter() {
        let files: Vec<&Undone> = group.iter().filter_map(|path| undone.get(path)).collect();
        let merges = files.iter().any(|file| paths.contains(&file.path));
        match files.iter().map(|file| facts.restored(file, merges)).collect::<Result<Vec<_>, _>>() {
            Ok(files) => restored.extend(files),
            Err(obstacle) if merges && !obstacle.redacted => return Err(obstacle.refusal().into()),
            Err(obstacle) => left.push(Left { paths: files.iter().map(|file| file.path.clone()).collect(), obstacle }),
        }
    }
    Ok((restored, left))
}

/// What is known of the files.
struct Facts {
    states: HashMap<String, FileState>,
    left: HashMap<i64, (Uuid, i64)>,
    texts: HashMap<(Uuid, i64), TextAt>,
    now: HashMap<String, String>,
}

impl Facts {
    async fn read(tx: &mut Connection, scope: i64, undone: &BTreeMap<String, Undone>) -> Result<Self> {
        let paths: Vec<String> = undone.keys().cloned().collect();
        let states = file_states(&mut *tx, scope, &paths).await?;
        let sequences: Vec<i64> = undone.values().map(|file| file.last_sequence).collect();
        let left = places_of(&mut *tx, scope, &sequences).await?;
        let places: Vec<_> = undone.values().filter_map(|file| file.base).chain(left.values().copied()).collect();
        let texts = texts_at(&mut *tx, scope, &places).await?;
        let heads = head_texts(&mut *tx, scope, &paths).await?;
        let now = heads.into_iter().map(|head| (head.path, head.text)).collect();
        Ok(Self { states, left, texts, now })
    }

    fn restored(&self, file: &Undone, merges: bool) -> Result<Restored, Obstacle> {
        let state = self.states.get(&file.path);
        let current = state.map_or(0, FileState::expected);
        let obstacle = |redacted, lines| Obstacle { path: file.path.clone(), current, redacted, lines };
        let base = file.base.and_then(|place| self.texts.get(&place));
        if file.base.is_some() && base.is_none_or(|base| base.redacted) {
            return Err(obstacle(true, String::new()));
        }
        let left = self.left.get(&file.last_sequence).copied();
        let now = state.filter(|state| !state.deleted).map(|state| (state.file_id, state.version));
        let text = base.map(|base| base.text.clone());
        let source = base.map_or(file.source, |base| base.source);
        let restored = |text, source| Restored { path: file.path.clone(), text, source, now };
        if state.map(|state| (state.file_id, state.version)) == left {
            return Ok(restored(text, source));
        }
        let left_text = left.and_then(|place| self.texts.get(&place)).filter(|left| !left.redacted);
        let same_file = now.map(|now| now.0) == left.map(|left| left.0);
        match (left_text, self.now.get(&file.path), text) {
            (Some(left), Some(now), Some(before)) if merges && same_file => match merged(&left.text, now, &before) {
                Ok(text) => Ok(restored(Some(text), state.map_or(source, |state| state.source))),
                Err(lines) => Err(obstacle(false, lines)),
            },
            _ => Err(obstacle(false, String::new())),
        }
    }
}

/// The files of an applied changeset, by path.
pub(super) fn by_file(ops: &[StagedOp]) -> BTreeMap<String, Undone> {
    let mut files: BTreeMap<String, Undone> = BTreeMap::new();
    for op in ops {
        let Some(last_sequence) = op.adopted_sequence else { continue };
        let base = op.base_file.map(|file| (file, op.base_version));
        let first = || Undone { path: op.path.clone(), base, last_sequence, source: op.source };
        files.entry(op.path.clone()).or_insert_with(first).last_sequence = last_sequence;
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(number: i32, path: &str, base_version: i64, adopted: Option<i64>) -> StagedOp {
        StagedOp {
            number,
            operation: 11,
            path: path.into(),
            base_file: (base_version > 0).then(Uuid::nil),
            base_version,
            expected_version: base_version,
            text: Some(String::new()),
            inserted_bytes: 0,
            source: 1,
            reason: String::new(),
            treatments: vec![],
            adopted_sequence: adopted,
            redacted: false,
        }
    }

    #[test]
    fn several_ops_of_a_file_are_undone_together_and_what_was_not_adopted_is_left() {
        let undone = by_file(&[
            op(1, "user/b.md", 3, Some(10)),
            op(2, "user/a.md", 0, Some(11)),
            op(3, "user/b.md", 3, Some(12)),
            op(4, "user/c.md", 1, None),
        ]);
        let expected = [("user/a.md", None, 11), ("user/b.md", Some((Uuid::nil(), 3)), 12)];
        assert_eq!(
            undone.values().map(|file| (file.path.as_str(), file.base, file.last_sequence)).collect::<Vec<_>>(),
            expected
        );
    }

    fn facts(version: i64, deleted: bool, now: &str) -> Facts {
        let text = |text: &str| TextAt { file_id: Uuid::nil(), text: text.into(), source: 1, redacted: false };
        let state = FileState { file_id: Uuid::nil(), version, deleted, source: 2 };
        Facts {
            states: [("user/a.md".to_owned(), state)].into(),
            left: [(10, (Uuid::nil(), 4))].into(),
            texts: [((Uuid::nil(), 3), text("- a\n- b\n- c\n")), ((Uuid::nil(), 4), text("- a\n- c\n"))].into(),
            now: [("user/a.md".to_owned(), now.to_owned())].into(),
        }
    }

    #[test]
    fn a_file_changed_since_is_left_with_its_version_or_merged_where_that_is_asked_for() {
        let file = by_file(&[op(1, "user/a.md", 3, Some(10))]).remove("user/a.md").unwrap();
        let text = |restored: Result<Restored, Obstacle>| restored.map(|file| file.text.unwrap());
        assert_eq!(text(facts(4, false, "- a\n- c\n").restored(&file, false)).unwrap(), "- a\n- b\n- c\n");
        let later = facts(5, false, "- a\n- c\n- d\n");
        let left = later.restored(&file, false).unwrap_err();
        assert_eq!((left.current, left.refusal().reason), (5, ErrorReason::VersionConflict));
        assert_eq!(text(later.restored(&file, true)).unwrap(), "- a\n- b\n- c\n- d\n");
        let conflict = facts(5, false, "- a\n- x\n- c\n").restored(&file, true).unwrap_err().refusal();
        assert_eq!((conflict.reason, conflict.facts["lines"].as_str()), (ErrorReason::VersionConflict, "2"));
        assert_eq!(facts(5, true, "").restored(&file, true).unwrap_err().current, 0);
    }
}
