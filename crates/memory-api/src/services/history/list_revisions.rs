//! ListRevisions: a user's or the shared revisions, newest first.

use memex_core::actor::Operation;
use memex_core::ids::{DreamId, IdRefusal};
use memex_core::path::{MemoryPath, ScopeKind};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;

use crate::auth::{Caller, wrong_user};
use crate::convert;
use crate::convert::revision_message::revision;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::page::{Listing, expired, page_size};
use crate::services::request::CallDigest;
use crate::store::revisions::RevisionFilter;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::ListRevisionsRequest,
) -> Result<pb::ListRevisionsResponse> {
    let path = path(&request.path)?;
    about.path(path.as_ref().map_or("", MemoryPath::as_str));
    let shared = path.as_ref().is_some_and(|path| path.scope_kind() == ScopeKind::Shared);
    let user = if shared && request.user_id.is_empty() {
        None
    } else {
        Some(caller.user(&request.user_id, context.guards.scope)?)
    };
    let user = user.filter(|_| !shared);
    let size = page_size(request.page_size)?;
    let found = context.store.find_scope(caller.workspace_id, user.as_ref()).await?;
    if let Some(scope) = found {
        about.scope(scope);
    }
    let dream = dream(&request.dream_id)?;
    if dream.is_some_and(|dream| Some(dream.scope) != found) && context.guards.scope {
        return Err(wrong_user().into());
    }
    let scope = match found {
        Some(scope) => scope,
        // The user has no history yet: the shared scope's row says that the call was made.
        None if !request.page_token.is_empty() => return Err(expired().into()),
        None => {
            let scope = context.store.shared_scope(caller.workspace_id).await?;
            let path = path.as_ref().map_or("", MemoryPath::as_str);
            context.store.log_ok(scope, Operation::ListRevisions, path, &caller).await?;
            return Ok(pb::ListRevisionsResponse::default());
        }
    };
    let listing =
        Listing::of(CallDigest::of("ListRevisions").number(scope).text(&request.path).text(&request.dream_id));
    let filter = RevisionFilter {
        path: path.map(|path| path.as_str().to_owned()),
        dream: dream.map(|dream| dream.id),
        below: below(&listing, &request.page_token)?,
        limit: i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1),
    };
    let log = context.store.log_place(found, &caller).await?;
    let mut rows = context.store.list_revisions(scope, &filter, log, &caller).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    let next_page_token =
        rows.last().filter(|_| more).map(|row| listing.token(&row.sequence.to_be_bytes())).unwrap_or_default();
    Ok(pb::ListRevisionsResponse {
        revisions: rows.into_iter().map(|row| revision(scope, row)).collect(),
        next_page_token,
    })
}

fn path(text: &str) -> Result<Option<MemoryPath>, Refusal> {
    if text.is_empty() { Ok(None) } else { convert::path(text).map(Some) }
}

fn dream(text: &str) -> Result<Option<DreamId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|refusal: IdRefusal| field("dream_id", refusal.to_string()))
}

/// The sequence below which the page begins.
fn below(listing: &Listing, token: &str) -> Result<i64, Refusal> {
    match listing.last(token)? {
        None => Ok(i64::MAX),
        Some(last) => Ok(i64::from_be_bytes(last.try_into().map_err(|_| expired())?)),
    }
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::ErrorReason;

    use super::*;

    #[test]
    fn a_page_begins_below_the_last_sequence_of_the_page_before() {
        let listing = Listing::of(CallDigest::of("ListRevisions").number(1));
        assert_eq!(below(&listing, "").unwrap(), i64::MAX);
        assert_eq!(below(&listing, &listing.token(&7_i64.to_be_bytes())).unwrap(), 7);
        assert_eq!(below(&listing, &listing.token(b"x")).unwrap_err().reason, ErrorReason::CursorExpired);
    }

    #[test]
    fn filters_are_paths_and_dream_ids_or_absent() {
        assert!(path("").unwrap().is_none() && dream("").unwrap().is_none());
        assert_eq!(path("users/a").unwrap_err().reason, ErrorReason::InvalidPath);
        assert_eq!(dream("drm_x").unwrap_err().reason, ErrorReason::FieldInvalid);
    }
}
