//! GetRevision: one revision with its text.

use memex_core::ids::{IdRefusal, RevisionId};
use memex_core::path::ScopeKind;
use memex_proto::v1 as pb;

use crate::auth::{Caller, wrong_user};
use crate::convert::revision_message::{no_revision, redacted, revision};
use crate::error::{Error, Result, field};
use crate::services::context::{AboutCell, Context, named, theirs};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::GetRevisionRequest,
) -> Result<pb::GetRevisionResponse> {
    let (id, _) = reached(context, &caller, &request.user_id, &request.revision_id).await?;
    about.scope(id.scope);
    let log = context.store.log_place(Some(id.scope), &caller).await?;
    let (row, content) = context
        .store
        .get_revision(id.scope, id.sequence, log, &caller)
        .await?
        .ok_or_else(|| Error::logged(no_revision()))?;
    if row.redacted {
        return Err(Error::logged(redacted()));
    }
    Ok(pb::GetRevisionResponse { revision: Some(revision(id.scope, row)), content })
}

/// A revision's id and whose it is, where the caller reaches it. Where a user is named, it must be theirs or shared.
///
/// # Errors
/// FIELD_INVALID; WRONG_USER, the same whether the revision exists or not; USER_ERASED.
pub(in crate::services) async fn reached(
    context: &Context,
    caller: &Caller,
    user_id: &str,
    text: &str,
) -> Result<(RevisionId, Owner)> {
    let user = named(context, caller, user_id)?;
    let id: RevisionId = text.parse().map_err(|refusal: IdRefusal| field("revision_id", refusal.to_string()))?;
    let owner = context.store.scope_owner(id.scope).await?.ok_or_else(wrong_user)?;
    if context.guards.scope && !reaches(caller, owner.0, owner.1, &owner.2) {
        return Err(wrong_user().into());
    }
    if owner.1 == ScopeKind::User {
        theirs(context, caller, user.as_ref(), id.scope).await?;
    }
    Ok((id, owner))
}

/// The workspace, the kind and the user of a scope.
type Owner = (i64, ScopeKind, String);

/// Whether a scope lies within what the token reaches: its workspace, and there its own user where it is bound to one.
fn reaches(caller: &Caller, workspace: i64, kind: ScopeKind, user: &str) -> bool {
    let own = caller.bound_user.as_ref().is_none_or(|bound| bound.as_str() == user);
    caller.workspace_id == workspace && (kind == ScopeKind::Shared || own)
}

#[cfg(test)]
mod tests {
    use memex_core::actor::Role;
    use memex_core::user_id::UserId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_token_reaches_its_workspace_and_there_its_own_user() {
        let caller = |bound: Option<&str>| Caller {
            token_id: Uuid::nil(),
            workspace_id: 1,
            role: Role::Agent,
            bound_user: bound.map(|user| UserId::parse(user).unwrap()),
            actor: "a".into(),
            dream: None,
            proposal: None,
        };
        assert!(reaches(&caller(Some("ada")), 1, ScopeKind::User, "ada"));
        assert!(reaches(&caller(Some("ada")), 1, ScopeKind::Shared, ""));
        assert!(!reaches(&caller(Some("ada")), 1, ScopeKind::User, "bob"));
        assert!(reaches(&caller(None), 1, ScopeKind::User, "bob"));
        assert!(!reaches(&caller(None), 2, ScopeKind::User, "bob"));
        assert!(!reaches(&caller(Some("ada")), 2, ScopeKind::Shared, ""));
    }
}
