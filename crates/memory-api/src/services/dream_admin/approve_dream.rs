//! ApproveDream: adopts a proposal, or whole files of it, as a person decided.

use std::collections::BTreeSet;

use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use memex_core::limits::MAX_LEFT_PATHS;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_runtime::trace::add_link;
use tracing::Span;
use uuid::Uuid;

use super::reach::{not_found, reach};
use crate::approve::{Approved, approve, not_waiting, prepare};
use crate::auth::Caller;
use crate::convert;
use crate::convert::dream_message;
use crate::convert::revision_message::revision;
use crate::error::{Error, Result, erased, field};
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::changesets::revisions_at;
use crate::store::dreams::{dream_row, ended_in, lock_scope};
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;

/// How often a proposal is judged again where files change while it is judged.
const TRIES: usize = 3;

/// What a call asks for.
struct Asked {
    dream: DreamId,
    paths: BTreeSet<String>,
    reason: String,
    id: Option<Uuid>,
}

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::ApproveDreamRequest,
) -> Result<pb::ApproveDreamResponse> {
    let asked = Asked {
        reason: convert::reason(&request.reason)?,
        paths: paths(&request.paths)?,
        id: request_id(&request.request_id)?,
        dream: reach(context, &caller, &about, &request.user_id, &request.dream_id).await?,
    };
    if let Some((trace_id, span_id)) = ended_in(context.store.pool(), asked.dream).await? {
        add_link(&Span::current(), trace_id, span_id);
    }
    for _ in 1..TRIES {
        match once(context, &caller, &asked).await {
            Err(refused) if refused.reason() == Some(ErrorReason::DreamOvertaken) => {}
            answered => return counted(context, answered),
        }
    }
    counted(context, once(context, &caller, &asked).await)
}

fn counted(context: &Context, answered: Result<pb::ApproveDreamResponse>) -> Result<pb::ApproveDreamResponse> {
    let answer = answered?;
    context.meters.decided(if answer.rest.is_some() { "approved_in_part" } else { "approved" });
    Ok(answer)
}

/// The paths that a call names.
///
/// # Errors
/// FIELD_INVALID, INVALID_PATH.
pub(super) fn paths(asked: &[String]) -> Result<BTreeSet<String>> {
    if asked.len() > MAX_LEFT_PATHS {
        return Err(field("paths", format!("at most {MAX_LEFT_PATHS} paths")).into());
    }
    let canonical = |path: &String| Ok(convert::path(path)?.as_str().to_owned());
    asked.iter().map(canonical).collect()
}

/// Judges the proposal without locks, then decides under the scope's lock. A proposal that does not wait is not judged: the
/// frame knows whether the call is a repeat.
async fn once(context: &Context, caller: &Caller, asked: &Asked) -> Result<pb::ApproveDreamResponse> {
    let dream = asked.dream;
    let row = dream_row(context.store.pool(), dream).await?.ok_or_else(not_found)?;
    let prepared = match row.state == DreamState::Proposed.as_str() {
        true => Some(prepare(&context.store, context.guards, dream, &asked.paths).await?),
        false => None,
    };
    let once = Once::with(context.guards, caller, LogPlace::of(dream.scope), asked.id, digest(asked));
    let mut tx = context.store.begin_on(dream.scope).await?;
    let scope = lock_scope(&mut tx, dream.scope).await?;
    once.run(tx, async |tx| {
        if scope.erasing {
            return Err(erased().into());
        }
        let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
        if row.state != DreamState::Proposed.as_str() {
            return Err(not_waiting(&row.state).into());
        }
        let prepared = prepared.as_ref().ok_or(Error::Unexpected("a dream became a proposal again"))?;
        let approved = approve(tx, context.guards, dream, caller, &asked.reason, prepared).await?;
        answer(tx, dream, approved).await
    })
    .await
}

async fn answer(tx: &mut Connection, dream: DreamId, approved: Approved) -> Result<pb::ApproveDreamResponse> {
    let revisions = revisions_at(tx, dream.scope, &approved.sequences).await?;
    let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
    let rest = match approved.rest {
        Some(rest) => Some(dream_row(&mut *tx, rest).await?.ok_or_else(not_found)?),
        None => None,
    };
    Ok(pb::ApproveDreamResponse {
        dream: Some(dream_message::dream(row)),
        revisions: revisions.into_iter().map(|row| revision(dream.scope, row)).collect(),
        rest: rest.map(dream_message::dream),
    })
}

fn digest(asked: &Asked) -> [u8; 32] {
    let of_dream =
        CallDigest::of("ApproveDream").number(asked.dream.scope).bytes(asked.dream.id.as_bytes()).text(&asked.reason);
    asked.paths.iter().fold(of_dream, |digest, path| digest.text(path)).finish()
}
