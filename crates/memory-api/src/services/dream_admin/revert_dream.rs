//! RevertDream: undoes an applied dream.

use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use super::reach::{not_found, reach};
use crate::auth::Caller;
use crate::convert;
use crate::convert::dream_message;
use crate::convert::revision_message::revision;
use crate::error::{Result, erased};
use crate::revert::{Asked, Left, Reverted, revert};
use crate::services::context::{AboutCell, Context, named};
use crate::services::dream::dream_id;
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::changesets::revisions_at;
use crate::store::dreams::{DreamRow, dream_row, lock_scope};
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::RevertDreamRequest,
) -> Result<pb::RevertDreamResponse> {
    let reason = convert::reason(&request.reason)?;
    let id = request_id(&request.request_id)?;
    let dream = match reach(context, &caller, &about, &request.user_id, &request.dream_id).await {
        Err(refused) if is_imported(context, &caller, &request).await? => {
            tracing::debug!(%refused, "the dream to revert was imported");
            return Err(imported().into());
        }
        reached => reached?,
    };
    let asked = Asked { dream, reason, paths: super::approve_dream::paths(&request.paths)? };
    let once = Once::with(context.guards, &caller, LogPlace::of(dream.scope), id, digest(&asked));
    let mut tx = context.store.begin_on(dream.scope).await?;
    let scope = lock_scope(&mut tx, dream.scope).await?;
    let reverted = once
        .run(tx, async |tx| {
            if scope.erasing {
                return Err(erased().into());
            }
            let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
            applied(&row)?;
            let reverted = revert(tx, context.guards, &asked, &caller).await?;
            answer(tx, dream, reverted).await
        })
        .await;
    match reverted {
        // Asked only now: the transaction holds no connection any more.
        Err(refused)
            if refused.reason() == Some(ErrorReason::DreamNotFound)
                && is_imported(context, &caller, &request).await? =>
        {
            Err(imported().into())
        }
        reverted => {
            let answer = reverted?;
            context.meters.decided("reverted");
            Ok(answer)
        }
    }
}

async fn answer(tx: &mut Connection, dream: DreamId, reverted: Reverted) -> Result<pb::RevertDreamResponse> {
    let revisions = revisions_at(&mut *tx, dream.scope, &reverted.sequences).await?;
    let row = dream_row(&mut *tx, dream).await?.ok_or_else(not_found)?;
    let group = |group: Left| pb::RevertGroup {
        reason: group.obstacle.reason(),
        current_version: group.obstacle.current,
        paths: group.paths,
    };
    Ok(pb::RevertDreamResponse {
        dream: Some(dream_message::dream(row)),
        revisions: revisions.into_iter().map(|row| revision(dream.scope, row)).collect(),
        left: reverted.left.into_iter().map(group).collect(),
        revert_id: reverted.id.to_string(),
    })
}

/// Whether the id is of a dream elsewhere, which an archive tells of that a user in the caller's reach came from.
async fn is_imported(context: &Context, caller: &Caller, request: &pb::RevertDreamRequest) -> Result<bool> {
    if dream_id(&request.dream_id).is_err() {
        return Ok(false);
    }
    let only = named(context, caller, &request.user_id)?.or_else(|| caller.bound_user.clone());
    context.store.is_imported_dream(caller.workspace_id, only.as_ref(), &request.dream_id).await
}

fn imported() -> Refusal {
    let message = "this dream happened elsewhere and came with an archive; restore single revisions instead";
    Refusal::new(ErrorReason::WrongState, message).fact("state", "imported")
}

fn applied(row: &DreamRow) -> Result<(), Refusal> {
    if row.state == DreamState::Applied.as_str() {
        return Ok(());
    }
    let message = format!("only an applied dream can be reverted; this one is {}", row.state);
    Err(Refusal::new(ErrorReason::WrongState, message).fact("state", &row.state))
}

fn digest(asked: &Asked) -> [u8; 32] {
    let Asked { dream, reason, paths } = asked;
    let of_dream = CallDigest::of("RevertDream").number(dream.scope).bytes(dream.id.as_bytes()).text(reason);
    paths.iter().fold(of_dream, |digest, path| digest.text(path)).finish()
}
