//! EraseUser: begins an erasure, which goes on by itself.

use memex_core::ids::TokenId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::{ErasureState, ErrorReason};

use crate::auth::Caller;
use crate::convert::timestamp;
use crate::erasure_key::ErasureKey;
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context, user_not_found};
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::erasures::{Begun, ErasureRow, begin, lock_user, newest};
use crate::store::log_place::LogPlace;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    _about: AboutCell,
    request: pb::EraseUserRequest,
) -> Result<pb::EraseUserResponse> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let id = request_id(&request.request_id)?;
    let key = erasure_key(context)?;
    let hmac = key.user(caller.workspace_id, &user);
    // Under the shared scope, where nothing may name the user.
    let scope = context.store.shared_scope(caller.workspace_id).await?;
    let digest = CallDigest::of("EraseUser").bytes(&hmac).finish();
    let once = Once::with(context.guards, &caller, LogPlace::shared(scope), id, digest);
    let mut tx = context.store.begin().await?;
    lock_user(&mut tx, &hmac).await?;
    let mut tokens = Vec::new();
    let answer = once
        .run(tx, async |tx| {
            tokens = match begin(tx, caller.workspace_id, &user, key, caller.token_id).await? {
                Begun::Standing { tokens } => tokens,
                Begun::NoUser => return Err(user_not_found().into()),
                Begun::OtherKey => return Err(other_key().into()),
            };
            let erasure = newest(&mut *tx, caller.workspace_id, &user, key).await?;
            let erasure = erasure.ok_or(Error::Unexpected("an erasure that was begun has no tombstone"))?;
            Ok(pb::EraseUserResponse { erasure: Some(status(&erasure)) })
        })
        .await?;
    context.store.forget_scope(caller.workspace_id, Some(&user));
    tokens.into_iter().for_each(|token| context.tokens.forget(token));
    context.store.go_on_erasing();
    Ok(answer)
}

/// The deployment's key.
///
/// # Errors
/// WRONG_STATE where the service was started without one.
pub(super) fn erasure_key(context: &Context) -> Result<&ErasureKey, Refusal> {
    context.store.erasure_key().ok_or_else(|| {
        let message = "this service has no erasure key: `memory-api bootstrap --erasure-key-file` makes one, and \
                       `memory-api serve --erasure-key-file` takes it";
        Refusal::new(ErrorReason::WrongState, message)
    })
}

/// The refusal of a key under which no tombstone could be found again.
fn other_key() -> Refusal {
    let message =
        "the erasure key of this service is not the one under which users were erased before; give it that one";
    Refusal::new(ErrorReason::WrongState, message)
}

/// The message of an erasure.
pub(super) fn status(row: &ErasureRow) -> pb::ErasureStatus {
    let state = if row.done_at.is_some() { ErasureState::Done } else { ErasureState::Running };
    pb::ErasureStatus {
        state: state.into(),
        requested_at: Some(timestamp(row.requested_at)),
        done_at: row.done_at.map(timestamp),
        deleted_rows: row.deleted_rows,
        token_id: TokenId(row.token_id).to_string(),
    }
}
