//! CancelDream: ends a dream that is requested, running or proposed.

use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use super::reach::{not_found, reach};
use crate::auth::Caller;
use crate::convert;
use crate::convert::dream_message;
use crate::error::{Result, erased};
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::dreams::{Decision, decide, dream_row, end_dream, lock_scope, note_decision};
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;

/// Why a dream that a person ends has ended.
const CAUSE: &str = "a person canceled it";

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::CancelDreamRequest,
) -> Result<pb::CancelDreamResponse> {
    let reason = convert::reason(&request.reason)?;
    let id = request_id(&request.request_id)?;
    let dream = reach(context, &caller, &about, &request.user_id, &request.dream_id).await?;
    let digest = CallDigest::of("CancelDream").number(dream.scope).bytes(dream.id.as_bytes()).text(&reason).finish();
    let once = Once::with(context.guards, &caller, LogPlace::of(dream.scope), id, digest);
    let mut tx = context.store.begin_on(dream.scope).await?;
    let scope = lock_scope(&mut tx, dream.scope).await?;
    let answer = once
        .run(tx, async |tx| {
            if scope.erasing {
                return Err(erased().into());
            }
            let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
            cancel(tx, dream, &row.state, &caller.actor, &reason).await?;
            let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
            Ok(pb::CancelDreamResponse { dream: Some(dream_message::dream(row)) })
        })
        .await?;
    context.meters.decided("canceled");
    Ok(answer)
}

async fn cancel(tx: &mut Connection, dream: DreamId, state: &str, by: &str, reason: &str) -> Result<()> {
    match DreamState::parse(state) {
        Some(DreamState::Requested | DreamState::Running) => {
            end_dream(tx, dream.scope, dream.id, DreamState::Canceled, CAUSE).await?;
            note_decision(tx, dream, by, reason).await
        }
        Some(DreamState::Proposed) => {
            let decision = Decision { by, reason, state: DreamState::Canceled, cause: CAUSE };
            decide(tx, dream, &decision).await
        }
        _ => {
            let message =
                format!("only a dream that is requested, running or proposed can be canceled; this one is {state}");
            Err(Refusal::new(ErrorReason::WrongState, message).fact("state", state).into())
        }
    }
}
