//! GetUser: one user's state.

use memex_core::actor::Operation;
use memex_proto::v1 as pb;

use super::user::message;
use crate::auth::Caller;
use crate::error::{Result, erased};
use crate::services::context::{AboutCell, Context};
use crate::store::users::user;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::GetUserRequest,
) -> Result<pb::GetUserResponse> {
    let asked = caller.user(&request.user_id, context.guards.scope)?;
    let scope = context.known_scope(&caller, &asked).await?;
    about.scope(scope);
    let row = user(context.store.pool(), scope).await?.ok_or_else(erased)?;
    context.store.log_ok(scope, Operation::GetUser, "", &caller).await?;
    Ok(pb::GetUserResponse { user: Some(message(row)) })
}
