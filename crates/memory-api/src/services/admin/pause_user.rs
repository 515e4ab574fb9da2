//! PauseUser: stops dreaming for a user, at once.

use memex_core::actor::Operation;
use memex_core::ids::DreamId;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use prost::Message as _;

use crate::auth::Caller;
use crate::convert;
use crate::error::Result;
use crate::services::context::{AboutCell, Context};
use crate::services::request::{CallDigest, request_id};
use crate::store::access_log::{LogRow, add};
use crate::store::dreams::lock_scope;
use crate::store::log_place::LogPlace;
use crate::store::requests::{RequestKey, remember, remembered};
use crate::store::users;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::PauseUserRequest,
) -> Result<pb::PauseUserResponse> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let reason = convert::reason(&request.reason)?;
    let scope = context.known_scope(&caller, &user).await?;
    about.scope(scope);
    let digest = CallDigest::of("PauseUser").text(user.as_str()).text(&request.reason).finish();
    let key = request_id(&request.request_id)?.map(|id| RequestKey { scope, principal: caller.token_id, id, digest });

    let mut tx = context.store.begin_on(scope).await?;
    // Before looking for an answer, so that a repeat at the same time waits for it.
    lock_scope(&mut tx, scope).await?;
    let row = LogRow {
        place: LogPlace::of(scope),
        operation: Operation::PauseUser,
        path: "",
        reason: ErrorReason::Unspecified,
    };
    add(&mut *tx, row, &caller).await?;
    if let Some(answer) = remembered(&mut tx, context.guards, key.as_ref()).await? {
        tx.commit().await?;
        return Ok(pb::PauseUserResponse::decode(answer.as_slice()).unwrap_or_default());
    }
    let paused = users::pause(&mut tx, scope, &reason).await?;
    let canceled = paused.canceled.map(|id| DreamId { scope, id }.to_string());
    let answer = pb::PauseUserResponse { changed: paused.changed, canceled_dream_id: canceled.unwrap_or_default() };
    remember(&mut tx, key.as_ref(), &answer.encode_to_vec()).await?;
    tx.commit().await?;
    Ok(answer)
}
