//! The dream of probable copies that follows one which counted some.

use std::collections::HashSet;

use memex_core::ids::DreamId;
use memex_proto::v1 as pb;
use prost::Message as _;

use crate::error::Result;
use crate::services::context::Context;
use crate::store::changesets::StagedOp;
use crate::store::dreams::{self, Finish, Report};
use crate::store::pool::Connection;

/// A pair: the file that a line would leave, and the place of the line that would stay.
type Pair = (String, i64, String, i64, i32);

/// Requests it in the transaction of the ending, where a pair is new.
///
/// # Errors
/// Where Postgres fails.
pub(super) async fn request(tx: &mut Connection, dream: DreamId, report: &Report) -> Result<()> {
    if report.probable_pairs > 0 && has_new(tx, dream, report).await? {
        dreams::follow(tx, dream).await?;
    }
    Ok(())
}

/// The same in a transaction of its own, after a dream that had nothing to adopt.
///
/// # Errors
/// Where Postgres fails.
pub(super) async fn request_after(context: &Context, finish: &Finish) -> Result<()> {
    if finish.report.probable_pairs == 0 {
        return Ok(());
    }
    let mut tx = context.store.begin_on(finish.dream.scope).await?;
    dreams::lock_scope(&mut tx, finish.dream.scope).await?;
    request(&mut tx, finish.dream, &finish.report).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a pair is in no proposal that waits: the files of one that waits stand as they stood, and so do its lines. Where
/// not all pairs are listed, one of them is taken for new.
async fn has_new(tx: &mut Connection, dream: DreamId, report: &Report) -> Result<bool> {
    let waiting: HashSet<Pair> =
        dreams::waiting_near_ops(tx, dream.scope).await?.iter().flat_map(pairs_of_op).collect();
    let all_listed = usize::try_from(report.probable_pairs).is_ok_and(|count| count == report.probable.len());
    Ok(!all_listed || report.probable.iter().filter_map(pair).any(|pair| !waiting.contains(&pair)))
}

fn pairs_of_op(op: &StagedOp) -> Vec<Pair> {
    let treatments = op.treatments.iter().filter_map(|bytes| pb::Treatment::decode(bytes.as_slice()).ok());
    let of = |source: pb::TreatmentSource| {
        Some((op.path.clone(), op.base_version, source.path, source.version, source.lines?.first))
    };
    treatments.flat_map(|treatment| treatment.sources).filter_map(of).collect()
}

fn pair(pair: &pb::ProbablePair) -> Option<Pair> {
    let (dropped, kept) = (pair.dropped.as_ref()?, pair.kept.as_ref()?);
    Some((dropped.path.clone(), dropped.version, kept.path.clone(), kept.version, kept.lines?.first))
}
