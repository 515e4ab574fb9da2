//! ListTokens: never their values.

use chrono::{DateTime, Utc};
use memex_core::actor::{Operation, Role};
use memex_core::ids::TokenId;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use uuid::Uuid;

use crate::auth::Caller;
use crate::convert::{time_of_micros, timestamp};
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::page::{Listing, expired, page_size};
use crate::services::request::CallDigest;
use crate::store::tokens::{ListedToken, TokenFilter};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    _about: AboutCell,
    request: pb::ListTokensRequest,
) -> Result<pb::ListTokensResponse> {
    if !request.user_id.is_empty() {
        let user = UserId::parse(&request.user_id).map_err(|refusal| field("user_id", refusal.to_string()))?;
        // A user without memory has tokens all the same; one who was erased has nothing.
        context.store.find_scope(caller.workspace_id, Some(&user)).await?;
    }
    let size = page_size(request.page_size)?;
    let listing = listing(caller.workspace_id, &request);
    let filter = TokenFilter {
        user: Some(request.user_id.as_str()).filter(|user| !user.is_empty()),
        ended: request.include_ended,
        before: before(&listing, &request.page_token)?,
        limit: i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1),
    };
    let mut rows = context.store.list_tokens(caller.workspace_id, &filter).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    let next_page_token = rows.last().filter(|_| more).map(|row| listing.token(&last(row))).unwrap_or_default();
    let scope = context.store.shared_scope(caller.workspace_id).await?;
    context.store.log_ok(scope, Operation::ListTokens, "", &caller).await?;
    Ok(pb::ListTokensResponse { tokens: rows.into_iter().map(token).collect(), next_page_token })
}

fn listing(workspace_id: i64, request: &pb::ListTokensRequest) -> Listing {
    let digest = CallDigest::of("ListTokens").number(workspace_id).text(&request.user_id);
    Listing::of(digest.number(request.include_ended.into()))
}

fn last(row: &ListedToken) -> Vec<u8> {
    [row.created_at.timestamp_micros().to_be_bytes().as_slice(), row.token_id.as_bytes()].concat()
}

/// The token below which the page begins.
fn before(listing: &Listing, page_token: &str) -> Result<Option<(DateTime<Utc>, Uuid)>, Refusal> {
    let Some(last) = listing.last(page_token)? else { return Ok(None) };
    let read = || {
        let (at, id) = last.split_first_chunk::<8>()?;
        Some((time_of_micros(i64::from_be_bytes(*at))?, Uuid::from_slice(id).ok()?))
    };
    read().map(Some).ok_or_else(expired)
}

fn token(row: ListedToken) -> pb::Token {
    pb::Token {
        token_id: TokenId(row.token_id).to_string(),
        role: Role::from_code(row.role).map_or(pb::Role::Unspecified, role).into(),
        user_id: row.user_id.unwrap_or_default(),
        actor: row.actor,
        created_at: Some(timestamp(row.created_at)),
        created_by: row.created_by,
        expires_at: row.expires_at.map(timestamp),
        revoked_at: row.revoked_at.map(timestamp),
        proposal_id: row.proposal.unwrap_or_default(),
    }
}

fn role(role: Role) -> pb::Role {
    match role {
        Role::Agent => pb::Role::Agent,
        Role::Backend => pb::Role::Backend,
        Role::Worker => pb::Role::Worker,
        Role::Operator => pb::Role::Operator,
        Role::Auditor => pb::Role::Auditor,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_token_holds_for_its_own_workspace_and_filter_alone() {
        let request = pb::ListTokensRequest { user_id: "ada".into(), ..Default::default() };
        let position = [7_i64.to_be_bytes().as_slice(), Uuid::from_u128(9).as_bytes()].concat();
        let page_token = listing(1, &request).token(&position);
        let found = before(&listing(1, &request), &page_token).unwrap().unwrap();
        assert_eq!((found.0.timestamp_micros(), found.1), (7, Uuid::from_u128(9)));
        let ended = pb::ListTokensRequest { include_ended: true, ..request.clone() };
        assert!(before(&listing(2, &request), &page_token).is_err());
        assert!(before(&listing(1, &ended), &page_token).is_err());
        assert!(before(&listing(1, &request), &listing(1, &request).token(b"short")).is_err());
    }
}
