//! RejectDream: a person says no to a proposal.

use memex_core::dream::DreamState;
use memex_proto::v1 as pb;

use super::reach::{not_found, reach};
use crate::approve::not_waiting;
use crate::auth::Caller;
use crate::convert;
use crate::convert::dream_message;
use crate::error::{Result, erased};
use crate::forgotten::remember_pairs;
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::dreams::{Decision, decide, dream_row, lock_scope};
use crate::store::log_place::LogPlace;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::RejectDreamRequest,
) -> Result<pb::RejectDreamResponse> {
    let reason = convert::reason(&request.reason)?;
    let id = request_id(&request.request_id)?;
    let dream = reach(context, &caller, &about, &request.user_id, &request.dream_id).await?;
    let digest = CallDigest::of("RejectDream").number(dream.scope).bytes(dream.id.as_bytes()).text(&reason).finish();
    let once = Once::with(context.guards, &caller, LogPlace::of(dream.scope), id, digest);
    let mut tx = context.store.begin_on(dream.scope).await?;
    let scope = lock_scope(&mut tx, dream.scope).await?;
    let answer = once
        .run(tx, async |tx| {
            if scope.erasing {
                return Err(erased().into());
            }
            let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
            if row.state != DreamState::Proposed.as_str() {
                return Err(not_waiting(&row.state).into());
            }
            let cause = "a person rejected it";
            let decision = Decision { by: &caller.actor, reason: &reason, state: DreamState::Rejected, cause };
            decide(tx, dream, &decision).await?;
            remember_pairs(tx, context.guards, dream, None, dream.id).await?;
            let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
            Ok(pb::RejectDreamResponse { dream: Some(dream_message::dream(row)) })
        })
        .await?;
    context.meters.decided("rejected");
    Ok(answer)
}
