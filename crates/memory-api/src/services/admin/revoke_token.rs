//! RevokeToken: ends a token.

use memex_core::actor::Operation;
use memex_core::ids::{IdRefusal, TokenId};
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use prost::Message as _;

use crate::auth::{Caller, wrong_user};
use crate::error::{Error, Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::request::{CallDigest, request_id};
use crate::store::access_log::{LogRow, add};
use crate::store::dreams::lock_scope;
use crate::store::log_place::LogPlace;
use crate::store::requests::{RequestKey, remember, remembered};
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
    let key = request_id(&request.request_id)?.map(|id| RequestKey { scope, principal: caller.token_id, id, digest });

    let mut tx = context.store.begin_on(scope).await?;
    // Before looking for an answer, so that a repeat at the same time waits for it.
    lock_scope(&mut tx, scope).await?;
    let row = LogRow {
        place: LogPlace::shared(scope),
        operation: Operation::RevokeToken,
        path: "",
        reason: ErrorReason::Unspecified,
    };
    add(&mut *tx, row, &caller).await?;
    if let Some(answer) = remembered(&mut tx, context.guards, key.as_ref()).await? {
        tx.commit().await?;
        return pb::RevokeTokenResponse::decode(answer.as_slice())
            .map_err(|_| Error::Unexpected("a remembered answer cannot be decoded"));
    }
    let changed = revoke_token(&mut tx, caller.workspace_id, token_id).await?.ok_or_else(wrong_user)?;
    let answer = pb::RevokeTokenResponse { changed };
    remember(&mut tx, key.as_ref(), &answer.encode_to_vec()).await?;
    tx.commit().await?;
    context.tokens.forget(token_id);
    Ok(answer)
}
