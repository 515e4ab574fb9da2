//! UpdateUser with `readmit`: an id that was erased may be written again, as that of somebody without memory.

use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use super::erase_user::erasure_key;
use crate::auth::Caller;
use crate::error::{Result, field};
use crate::services::context::Context;
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::erasures::{self, lock_user, newest};
use crate::store::log_place::LogPlace;

/// Lifts the block. The tombstone stays, as a record of both.
///
/// # Errors
/// FIELD_INVALID where keys are given too; WRONG_STATE where the user does not stand erased, or is still being erased.
pub(super) async fn readmit(
    context: &Context,
    caller: &Caller,
    user: &UserId,
    request: &pb::UpdateUserRequest,
) -> Result<pb::UpdateUserResponse> {
    if !request.values.is_empty() || !request.reset_keys.is_empty() {
        return Err(field("readmit", "nothing else may be given with it: the user has no memory yet").into());
    }
    let id = request_id(&request.request_id)?;
    let key = erasure_key(context)?;
    let hmac = key.user(caller.workspace_id, user);
    let scope = context.store.shared_scope(caller.workspace_id).await?;
    let digest = CallDigest::of("UpdateUser").text("readmit").bytes(&hmac).finish();
    let once = Once::with(context.guards, caller, LogPlace::shared(scope), id, digest);
    let mut tx = context.store.begin().await?;
    lock_user(&mut tx, &hmac).await?;
    once.run(tx, async |tx| {
        let erasure = newest(&mut *tx, caller.workspace_id, user, key).await?.ok_or_else(not_erased)?;
        if !erasures::readmit(tx, erasure.erasure_id, caller.token_id).await? {
            return Err(if erasure.done_at.is_none() { still_erasing() } else { not_erased() }.into());
        }
        Ok(pb::UpdateUserResponse { user: None, changed: true })
    })
    .await
}

fn not_erased() -> Refusal {
    Refusal::new(ErrorReason::WrongState, "readmit: this user does not stand erased, so there is nothing to lift")
}

fn still_erasing() -> Refusal {
    Refusal::new(ErrorReason::WrongState, "readmit: this user is still being erased; GetErasure tells when it is done")
}
