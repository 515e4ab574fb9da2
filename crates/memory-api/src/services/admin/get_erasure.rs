//! GetErasure: how far an erasure is.

use memex_core::actor::Operation;
use memex_proto::v1 as pb;

use super::erase_user::{erasure_key, status};
use crate::auth::Caller;
use crate::error::Result;
use crate::services::context::{AboutCell, Context, user_not_found};
use crate::store::erasures::newest;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    _about: AboutCell,
    request: pb::GetErasureRequest,
) -> Result<pb::GetErasureResponse> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let key = erasure_key(context)?;
    let erasure = newest(context.store.pool(), caller.workspace_id, &user, key).await?.ok_or_else(user_not_found)?;
    let shared = context.store.shared_scope(caller.workspace_id).await?;
    context.store.log_ok(shared, Operation::GetErasure, "", &caller).await?;
    Ok(pb::GetErasureResponse { erasure: Some(status(&erasure)) })
}
