//! EraseUser: begins an erasure, which goes on by itself.

use memex_core::actor::Operation;
use memex_core::ids::TokenId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::{ErasureState, ErrorReason};
use prost::Message as _;

use crate::auth::Caller;
use crate::convert::timestamp;
use crate::erasure_key::ErasureKey;
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context, user_not_found};
use crate::services::request::{CallDigest, request_id};
use crate::store::access_log::{LogRow, add};
use crate::store::erasures::{Begun, ErasureRow, begin, lock_user, newest};
use crate::store::log_place::LogPlace;
use crate::store::requests::{RequestKey, remember, remembered};

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
    let request_key = id.map(|id| RequestKey { scope, principal: caller.token_id, id, digest });

    let mut tx = context.store.begin().await?;
    // Before looking for an answer, so that a repeat at the same time waits for it.
    lock_user(&mut tx, &hmac).await?;
    let row = LogRow {
        place: LogPlace::shared(scope),
        operation: Operation::Erase,
        path: "",
        reason: ErrorReason::Unspecified,
    };
    add(&mut *tx, row, &caller).await?;
    if let Some(answer) = remembered(&mut tx, context.guards, request_key.as_ref()).await? {
        tx.commit().await?;
        return pb::EraseUserResponse::decode(answer.as_slice())
            .map_err(|_| Error::Unexpected("a remembered answer cannot be decoded"));
    }
    let tokens = match begin(&mut tx, caller.workspace_id, &user, key, caller.token_id).await? {
        Begun::Standing { tokens } => tokens,
        Begun::NoUser => return Err(user_not_found().into()),
        Begun::OtherKey => return Err(other_key().into()),
    };
    let erasure = newest(&mut *tx, caller.workspace_id, &user, key).await?;
    let erasure = erasure.ok_or(Error::Unexpected("an erasure that was begun has no tombstone"))?;
    let answer = pb::EraseUserResponse { erasure: Some(status(&erasure)) };
    remember(&mut tx, request_key.as_ref(), &answer.encode_to_vec()).await?;
    tx.commit().await?;
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
