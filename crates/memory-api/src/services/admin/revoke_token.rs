//! RevokeToken: ends a token.

use memex_core::ids::{IdRefusal, TokenId};
use memex_proto::v1 as pb;

use crate::auth::{Caller, wrong_user};
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::CallDigest;
use crate::store::dreams::lock_scope;
use crate::store::log_place::LogPlace;
use crate::store::tokens::revoke_token;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    _about: AboutCell,
    request: pb::RevokeTokenRequest,
) -> Result<pb::RevokeTokenResponse> {
    let TokenId(token_id) =
        request.token_id.parse().map_err(|refusal: IdRefusal| field("token_id", refusal.to_string()))?;
    let scope = context.store.shared_scope(caller.workspace_id).await?;
    let digest = CallDigest::of("RevokeToken").bytes(token_id.as_bytes()).finish();
    let once = Once::new(context.guards, &caller, LogPlace::shared(scope), &request.request_id, digest)?;
    let mut tx = context.store.begin_on(scope).await?;
    lock_scope(&mut tx, scope).await?;
    let answer = once
        .run(tx, async |tx| {
            let changed = revoke_token(tx, caller.workspace_id, token_id).await?.ok_or_else(wrong_user)?;
            Ok(pb::RevokeTokenResponse { changed })
        })
        .await?;
    context.tokens.forget(token_id);
    Ok(answer)
}
