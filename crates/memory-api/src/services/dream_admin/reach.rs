//! Whether a dream's id is within the caller's reach.

use memex_core::ids::DreamId;
use memex_core::path::ScopeKind;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;

use crate::auth::{Caller, wrong_user};
use crate::error::Result;
use crate::services::context::{AboutCell, Context, named, theirs};
use crate::services::dream::dream_id;

/// The dream that an id names, told to `about` where its scope is the caller's. Where a user is named, it must be theirs.
///
/// # Errors
/// FIELD_INVALID; USER_ERASED; WRONG_USER, with the same bytes, for every id of another user or workspace and for every id of none.
pub(super) async fn reach(
    context: &Context,
    caller: &Caller,
    about: &AboutCell,
    user_id: &str,
    text: &str,
) -> Result<DreamId> {
    let user = named(context, caller, user_id)?;
    let dream = dream_id(text)?;
    let owner = context.store.scope_owner(dream.scope).await?;
    let within = owner.as_ref().is_some_and(|(workspace_id, kind, user)| {
        *workspace_id == caller.workspace_id
            && *kind == ScopeKind::User
            && caller.bound_user.as_ref().is_none_or(|bound| bound.as_str() == user)
    });
    if within {
        theirs(context, caller, user.as_ref(), dream.scope).await?;
        about.scope(dream.scope);
    } else if context.guards.scope || owner.is_none() {
        return Err(wrong_user().into());
    }
    Ok(dream)
}

/// The refusal of an id in the caller's reach that names no dream.
pub(super) fn not_found() -> Refusal {
    Refusal::new(ErrorReason::DreamNotFound, "there is no such dream")
}
