//! PauseUser: stops dreaming for a user, at once.

use memex_core::ids::DreamId;
use memex_proto::v1 as pb;

use crate::auth::Caller;
use crate::convert;
use crate::error::Result;
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::CallDigest;
use crate::store::dreams::lock_scope;
use crate::store::log_place::LogPlace;
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
    let once = Once::new(context.guards, &caller, LogPlace::of(scope), &request.request_id, digest)?;
    let mut tx = context.store.begin_on(scope).await?;
    lock_scope(&mut tx, scope).await?;
    once.run(tx, async |tx| {
        let paused = users::pause(tx, scope, &reason).await?;
        let canceled = paused.canceled.map(|id| DreamId { scope, id }.to_string());
        Ok(pb::PauseUserResponse { changed: paused.changed, canceled_dream_id: canceled.unwrap_or_default() })
    })
    .await
}
