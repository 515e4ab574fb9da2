//! What a redaction ends and empties of dreams.

use std::sync::Arc;

use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use memex_core::redaction::Telling;
use memex_proto::v1 as pb;
use prost::Message as _;
use uuid::Uuid;

use crate::archive::Line;
use crate::error::{Error, Result};
use crate::store::changesets::{StagedOp, staged_ops};
use crate::store::dreams::{Decision, decide, end_dream, running_dream};
use crate::store::pool::Connection;
use crate::store::redactions::{
    Redactable, empty_ops, imported_of, listed_pairs, proposals, replace_imported, replace_pairs, unadopted_ops,
};

/// Ops that are read at once: with the largest texts 16 MiB.
const PAGE: i64 = 16;

/// Ends the running dream, which may have read the text, and each proposal that has to do with it; gives them.
pub(super) async fn end(tx: &mut Connection, scope: i64, target: &Redactable, telling: &Telling) -> Result<Vec<Uuid>> {
    let mut ended = Vec::new();
    if let Some(running) = running_dream(&mut *tx, scope).await? {
        end_dream(&mut *tx, scope, running, DreamState::Overtaken, "a revision was redacted while it ran").await?;
        ended.push(running);
    }
    for proposal in proposals(&mut *tx, scope).await? {
        let ops = staged_ops(&mut *tx, DreamId { scope, id: proposal }).await?;
        if ops.iter().any(|op| concerns(op, target, telling)) {
            let cause = "a revision that it was made from was redacted";
            let decision = Decision { by: "", reason: "", state: DreamState::Canceled, cause };
            decide(&mut *tx, DreamId { scope, id: proposal }, &decision).await?;
            ended.push(proposal);
        }
    }
    Ok(ended)
}

/// Whether an op was made from the revision, cites it, or contains a telling line of it.
fn concerns(op: &StagedOp, target: &Redactable, telling: &Telling) -> bool {
    let cites = |bytes: &Vec<u8>| {
        pb::Treatment::decode(bytes.as_slice()).is_ok_and(|treatment| {
            treatment.sources.iter().any(|source| source.path == target.path && source.version == target.version)
        })
    };
    op.base_file == Some(target.file_id) && op.base_version == target.version
        || op.text.as_deref().is_some_and(|text| telling.is_in(text))
        || op.treatments.iter().any(cites)
}

/// Empties every op with a telling line that no revision adopted: an adopted one is a revision by itself.
pub(super) async fn empty(tx: &mut Connection, scope: i64, telling: &Arc<Telling>, reason: &str) -> Result<()> {
    let mut after = (Uuid::nil(), 0);
    loop {
        let page = unadopted_ops(&mut *tx, scope, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = (last.dream_id, last.number);
        let telling = Arc::clone(telling);
        let matches = move || {
            let told = page.into_iter().filter(|op| telling.is_in(&op.text));
            told.map(|op| (op.dream_id, op.number)).collect::<Vec<(Uuid, i32)>>()
        };
        let told = tokio::task::spawn_blocking(matches).await;
        let told = told.map_err(|_| Error::Unexpected("looking through staged texts panicked"))?;
        if !told.is_empty() {
            empty_ops(&mut *tx, scope, &told, reason).await?;
        }
    }
}

/// Takes out of every dream's list the probable pairs of which one line stood in the revision: the other tells of it.
pub(super) async fn take_pairs_out(tx: &mut Connection, scope: i64, target: &Redactable) -> Result<()> {
    for (dream, pairs) in listed_pairs(&mut *tx, scope).await? {
        let left: Vec<Vec<u8>> = pairs.iter().filter(|pair| !stands_in(pair, target)).cloned().collect();
        if left.len() < pairs.len() {
            replace_pairs(&mut *tx, scope, dream, &left).await?;
        }
    }
    Ok(())
}

/// Whether a line of the pair stood in the revision; of one that cannot be read that is not known.
fn stands_in(pair: &[u8], target: &Redactable) -> bool {
    let stands = |at: Option<pb::LinesAt>| at.is_some_and(|at| at.path == target.path && at.version == target.version);
    pb::ProbablePair::decode(pair).map_or(true, |pair| stands(pair.dropped) || stands(pair.kept))
}

/// Empties what an archive brought of the dream that made the revision where it came from: what that said of itself, and
/// why it made each op. Which of them made the revision is not known here.
pub(super) async fn empty_imported(tx: &mut Connection, scope: i64, dream: &str, reason: &str) -> Result<()> {
    for (kind, number, line) in imported_of(&mut *tx, scope, dream).await? {
        let mut line = serde_json::from_str(&line).map_err(|_| Error::Unexpected("a kept line is no line"))?;
        match &mut line {
            Line::Dream(line) if line.dream == dream => line.summary.clear(),
            Line::DreamOp(line) if line.dream == dream => reason.clone_into(&mut line.reason),
            _ => continue,
        }
        let line = serde_json::to_string(&line).map_err(|_| Error::Unexpected("a line is no JSON"))?;
        replace_imported(&mut *tx, scope, (kind, number), &line).await?;
    }
    Ok(())
}
