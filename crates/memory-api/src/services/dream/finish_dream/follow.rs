//! The dream of probable copies that follows one which counted some.

use std::collections::{BTreeSet, HashSet};

use memex_core::ids::DreamId;
use memex_proto::v1 as pb;
use prost::Message as _;

use crate::error::Result;
use crate::forgotten::{self, Digest, of_probable};
use crate::guards::Guards;
use crate::services::context::Context;
use crate::store::changesets::StagedOp;
use crate::store::dreams::{self, Finish, Report};
use crate::store::forgotten::{key_in_use, known};
use crate::store::pool::Connection;

/// A pair: the file that a line would leave, and the place of the line that would stay.
type Pair = (String, i64, String, i64, i32);

/// Requests it in the transaction of the ending, where a pair is new.
///
/// # Errors
/// Where Postgres fails.
pub(super) async fn request(tx: &mut Connection, guards: Guards, dream: DreamId, report: &Report) -> Result<()> {
    if report.probable_pairs > 0 && has_new(tx, guards, dream, report).await? {
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
    request(&mut tx, context.guards, finish.dream, &finish.report).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether a pair is in no proposal that waits, and is not forgotten: the files of a proposal that waits stand as they
/// stood, and so do its lines. Where not all pairs are listed, one of them is taken for new.
async fn has_new(tx: &mut Connection, guards: Guards, dream: DreamId, report: &Report) -> Result<bool> {
    let waiting: HashSet<Pair> =
        dreams::waiting_near_ops(tx, dream.scope).await?.iter().flat_map(pairs_of_op).collect();
    if usize::try_from(report.probable_pairs).is_ok_and(|count| count != report.probable.len()) {
        return Ok(true);
    }
    let waits = |one: &&pb::ProbablePair| pair(one).is_none_or(|pair| waiting.contains(&pair));
    let new: Vec<pb::ProbablePair> = report.probable.iter().filter(|one| !waits(one)).cloned().collect();
    if new.is_empty() || !guards.forgotten {
        return Ok(!new.is_empty());
    }
    all_forgotten(tx, dream.scope, new).await.map(|all| !all)
}

async fn all_forgotten(tx: &mut Connection, scope: i64, pairs: Vec<pb::ProbablePair>) -> Result<bool> {
    let Some(key) = key_in_use(tx, scope).await? else { return Ok(false) };
    let places = pairs.iter().flat_map(|pair| [&pair.dropped, &pair.kept]).flatten();
    let places: BTreeSet<(String, i64)> = places.map(|at| (at.path.clone(), at.version)).collect();
    let texts = forgotten::texts(tx, scope, &Vec::from_iter(places)).await?;
    let digests = move || pairs.iter().filter_map(|pair| of_probable(&key, pair, &texts)).collect::<Vec<Digest>>();
    let digests = forgotten::blocking(digests).await?;
    let known = known(tx, scope, &digests).await?;
    Ok(digests.iter().all(|digest| known.contains(digest)))
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
