//! GetChangeset: what a dream changed or would change, as diffs, and what stands for each line that it drops.

mod days;
mod dropped;
mod probable;
mod quotes;
mod verdict;

use std::collections::{BTreeMap, HashMap};

use memex_core::actor::Operation;
use memex_core::diff::{DiffStat, unified};
use memex_core::ids::{DreamId, RevisionId};
use memex_proto::v1 as pb;
use prost::Message as _;
use uuid::Uuid;

use super::reach::{not_found, reach};
use crate::auth::Caller;
use crate::convert::dream_message;
use crate::convert::operation_out;
use crate::error::{Error, Result};
use crate::groups::Groups;
use crate::services::context::{AboutCell, Context};
use crate::store::changesets::{StagedOp, TextAt, staged_ops, texts_at};
use crate::store::dreams::DreamRow;

/// Texts by file and version.
type Texts = HashMap<(Uuid, i64), TextAt>;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::GetChangesetRequest,
) -> Result<pb::GetChangesetResponse> {
    let dream = reach(context, &caller, &about, "", &request.dream_id).await?;
    let row = context.store.show_dream(dream, Operation::GetChangeset, &caller).await?.ok_or_else(not_found)?;
    let ops = staged_ops(context.store.pool(), dream).await?;
    let bases: Vec<(Uuid, i64)> = ops.iter().filter_map(base_of).collect();
    let texts = texts_at(context.store.pool(), dream.scope, &bases).await?;
    let guards = context.guards;
    let groups = Groups::of(&ops, guards)?;
    let judged = row.clone();
    // Diffs take time that grows with the texts.
    let (ops, files, drops) = tokio::task::spawn_blocking(move || {
        let files = files(dream, &ops, &texts, &groups);
        let drops = dropped::drops(&ops, &texts, guards);
        (ops.into_iter().map(staged).collect(), files, drops)
    })
    .await
    .map_err(|_| Error::Unexpected("diffing a changeset panicked"))?;
    let mut quotes = quotes::Quotes::default();
    let dropped_lines = dropped::quoted(&context.store, dream, drops?, &mut quotes).await?;
    let dropped_lines = dropped_lines.into_iter().map(|line| graded(line, &judged)).collect();
    let probable_lines = probable::quoted(&context.store, dream, quotes).await?;
    let verdict = verdict::verdict(&context.store, dream, &row).await?;
    let dream = Some(dream_message::dream(row));
    Ok(pb::GetChangesetResponse { dream, ops, files, dropped_lines, probable_lines, verdict })
}

fn graded(line: pb::DroppedLine, row: &DreamRow) -> pb::DroppedLine {
    let grade = line.dropped.as_ref().map_or(pb::Grade::Unspecified, |dropped| verdict::grade(row, dropped));
    pb::DroppedLine { grade: grade.into(), ..line }
}

fn base_of(op: &StagedOp) -> Option<(Uuid, i64)> {
    op.base_file.map(|file| (file, op.base_version))
}

fn files(dream: DreamId, ops: &[StagedOp], texts: &Texts, groups: &Groups) -> Vec<pb::FileChange> {
    let mut by_path: BTreeMap<&str, (&StagedOp, &StagedOp)> = BTreeMap::new();
    for op in ops {
        by_path.entry(&op.path).or_insert((op, op)).1 = op;
    }
    let group = |path: &str| i32::try_from(groups.number(path)).unwrap_or(0);
    let change =
        |(first, last): (&StagedOp, _)| pb::FileChange { group: group(&first.path), ..file(dream, first, last, texts) };
    by_path.into_values().map(change).collect()
}

fn file(dream: DreamId, first: &StagedOp, last: &StagedOp, texts: &Texts) -> pb::FileChange {
    let base = base_of(first).and_then(|place| texts.get(&place));
    let redacted = last.redacted || base.is_some_and(|base| base.redacted);
    let before = base.map_or("", |base| base.text.as_str());
    let after = last.text.as_deref().unwrap_or_default();
    // Half of a diff would show every line of the other text as its own.
    let (before, after) = if redacted { ("", "") } else { (before, after) };
    let stat = DiffStat::of(before, after);
    let old_label = if first.base_version == 0 { "/dev/null".to_owned() } else { format!("a/{}", first.path) };
    let new_label = if last.text.is_none() { "/dev/null".to_owned() } else { format!("b/{}", first.path) };
    pb::FileChange {
        path: first.path.clone(),
        base_version: first.base_version,
        diff: if redacted { String::new() } else { unified(before, after, &old_label, &new_label) },
        added_lines: i32::try_from(stat.added_lines).unwrap_or(i32::MAX),
        removed_lines: i32::try_from(stat.removed_lines).unwrap_or(i32::MAX),
        revision_id: last
            .adopted_sequence
            .map(|sequence| RevisionId { scope: dream.scope, sequence }.to_string())
            .unwrap_or_default(),
        redacted,
        group: 0,
    }
}

pub(super) fn staged(op: StagedOp) -> pb::StagedOp {
    pb::StagedOp {
        number: op.number,
        path: op.path,
        operation: operation_out(op.operation).into(),
        expected_version: op.expected_version,
        reason: op.reason,
        treatments: op.treatments.iter().filter_map(|bytes| pb::Treatment::decode(bytes.as_slice()).ok()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guards::Guards;

    fn op(number: i32, path: &str, base_version: i64, text: &str) -> StagedOp {
        StagedOp {
            number,
            operation: 11,
            path: path.into(),
            base_file: (base_version > 0).then(Uuid::nil),
            base_version,
            expected_version: base_version,
            text: Some(text.into()),
            inserted_bytes: 0,
            source: 1,
            reason: String::new(),
            treatments: vec![],
            adopted_sequence: Some(i64::from(number) + 40),
            redacted: false,
        }
    }

    #[test]
    fn a_file_is_shown_once_from_its_base_to_its_last_text() {
        let ops = [op(1, "user/b.md", 2, "a\nb\n"), op(2, "user/a.md", 0, "new\n"), op(3, "user/b.md", 2, "a\n")];
        let texts = HashMap::from([(
            (Uuid::nil(), 2),
            TextAt { file_id: Uuid::nil(), text: "a\nb\nc\n".to_owned(), source: 1, redacted: false },
        )]);
        let dream = DreamId { scope: 9, id: Uuid::nil() };
        let groups = Groups::of(&ops, Guards::default()).unwrap();
        let files = files(dream, &ops, &texts, &groups);
        assert_eq!(files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["user/a.md", "user/b.md"]);
        assert_eq!(files[0].diff, "--- /dev/null\n+++ b/user/a.md\n@@ -0,0 +1 @@\n+new\n");
        assert_eq!(files[1].diff, "--- a/user/b.md\n+++ b/user/b.md\n@@ -1,3 +1 @@\n a\n-b\n-c\n");
        assert_eq!((files[1].added_lines, files[1].removed_lines, files[1].base_version), (0, 2, 2));
        assert_eq!(files[1].revision_id, RevisionId { scope: 9, sequence: 43 }.to_string());
    }
}
