//! ResumeUser: lifts a pause.

use memex_core::actor::Operation;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use prost::Message as _;

use crate::auth::Caller;
use crate::convert::timestamp;
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
    request: pb::ResumeUserRequest,
) -> Result<pb::ResumeUserResponse> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let scope = context.known_scope(&caller, &user).await?;
    about.scope(scope);
    let digest = CallDigest::of("ResumeUser").text(user.as_str()).finish();
    let key = request_id(&request.request_id)?.map(|id| RequestKey { scope, principal: caller.token_id, id, digest });

    let mut tx = context.store.begin_on(scope).await?;
    // Before looking for an answer, so that a repeat at the same time waits for it.
    lock_scope(&mut tx, scope).await?;
    let row = LogRow {
        place: LogPlace::of(scope),
        operation: Operation::ResumeUser,
        path: "",
        reason: ErrorReason::Unspecified,
    };
    add(&mut *tx, row, &caller).await?;
    if let Some(answer) = remembered(&mut tx, context.guards, key.as_ref()).await? {
        tx.commit().await?;
        return Ok(pb::ResumeUserResponse::decode(answer.as_slice()).unwrap_or_default());
    }
    let (changed, due_at) = users::resume(&mut tx, scope).await?;
    let answer = pb::ResumeUserResponse { changed, due_at: due_at.map(timestamp) };
    remember(&mut tx, key.as_ref(), &answer.encode_to_vec()).await?;
    tx.commit().await?;
    Ok(answer)
}
