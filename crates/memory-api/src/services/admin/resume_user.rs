//! ResumeUser: lifts a pause.

use memex_proto::v1 as pb;

use crate::auth::Caller;
use crate::convert::timestamp;
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
    request: pb::ResumeUserRequest,
) -> Result<pb::ResumeUserResponse> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let scope = context.known_scope(&caller, &user).await?;
    about.scope(scope);
    let digest = CallDigest::of("ResumeUser").text(user.as_str()).finish();
    let once = Once::new(context.guards, &caller, LogPlace::of(scope), &request.request_id, digest)?;
    let mut tx = context.store.begin_on(scope).await?;
    lock_scope(&mut tx, scope).await?;
    once.run(tx, async |tx| {
        let (changed, due_at) = users::resume(tx, scope).await?;
        Ok(pb::ResumeUserResponse { changed, due_at: due_at.map(timestamp) })
    })
    .await
}
