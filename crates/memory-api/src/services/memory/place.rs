//! Where a call outside a dream lands: whose file, and whether the caller may read or write it.

use memex_core::actor::Role;
use memex_core::path::{MemoryPath, ScopeKind};
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;

use crate::auth::Caller;
use crate::convert;
use crate::error::Result;
use crate::services::context::{AboutCell, Context};
use crate::store::scopes::ScopeKey;

/// One file of one scope.
#[derive(Clone, Debug)]
pub(in crate::services) struct Place {
    /// The workspace, and its user or what it shares.
    pub whose: ScopeKey,
    /// The scope, where there is one yet.
    pub scope: Option<i64>,
    /// The file.
    pub path: MemoryPath,
}

/// The place that a call means, told to `about` as far as it is known.
///
/// # Errors
/// INVALID_PATH; ROLE_REQUIRED for a worker outside a dream; WRONG_USER; FIELD_INVALID where no user is known.
pub(in crate::services) async fn place(
    context: &Context,
    caller: &Caller,
    about: &AboutCell,
    user_id: &str,
    path: &str,
) -> Result<Place> {
    let path = convert::path(path)?;
    about.path(path.as_str());
    let whose = whose(context, caller, user_id, path.scope_kind())?;
    let scope = context.store.find_scope(whose.workspace_id, whose.user.as_ref()).await?;
    if let Some(scope) = scope {
        about.scope(scope);
    }
    Ok(Place { whose, scope, path })
}

/// Whose files of this kind the caller means.
///
/// # Errors
/// ROLE_REQUIRED for a worker outside a dream; WRONG_USER; FIELD_INVALID where no user is known.
pub(in crate::services) fn whose(
    context: &Context,
    caller: &Caller,
    user_id: &str,
    kind: ScopeKind,
) -> Result<ScopeKey> {
    if caller.role == Role::Worker {
        let rule = "a worker reads and writes memory only within a dream that it holds";
        return Err(Refusal::new(ErrorReason::RoleRequired, rule).into());
    }
    // Shared files need no user; but a user who is named must be one that the token reaches.
    let user = match kind {
        ScopeKind::Shared if user_id.is_empty() => None,
        _ => Some(caller.user(user_id, context.guards.scope)?),
    };
    Ok(ScopeKey { workspace_id: caller.workspace_id, user: user.filter(|_| kind == ScopeKind::User) })
}

/// Whether the caller may write there. `imports_log`: the write is an import that makes a new file, which is how an
/// operator brings a dream log along.
///
/// # Errors
/// READ_ONLY_SCOPE, EXCLUDED_PATH.
pub(in crate::services) fn writable(caller: &Caller, path: &MemoryPath, imports_log: bool) -> Result<(), Refusal> {
    let operator = caller.role == Role::Operator;
    if path.scope_kind() == ScopeKind::Shared && !operator {
        return Err(Refusal::new(ErrorReason::ReadOnlyScope, "only an operator writes to shared/"));
    }
    if path.is_dream_log() && !(operator && imports_log) {
        return Err(Refusal::new(ErrorReason::ExcludedPath, "user/dream-log.md is written by memory-api alone"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn refused(role: Role, path: &str, imports_log: bool) -> Option<ErrorReason> {
        let caller = Caller {
            token_id: Uuid::nil(),
            workspace_id: 1,
            role,
            bound_user: None,
            actor: "a".into(),
            dream: None,
            proposal: None,
        };
        writable(&caller, &MemoryPath::parse(path).unwrap(), imports_log).err().map(|refusal| refusal.reason)
    }

    #[test]
    fn only_an_operator_writes_to_shared() {
        for (role, reason) in [
            (Role::Agent, Some(ErrorReason::ReadOnlyScope)),
            (Role::Backend, Some(ErrorReason::ReadOnlyScope)),
            (Role::Operator, None),
        ] {
            assert_eq!(refused(role, "shared/company.md", false), reason, "{role}");
            assert_eq!(refused(role, "user/a.md", false), None, "{role}");
        }
    }

    #[test]
    fn nobody_writes_the_dream_log_but_an_operators_import_that_makes_it() {
        for role in [Role::Agent, Role::Backend, Role::Operator] {
            assert_eq!(refused(role, "user/dream-log.md", false), Some(ErrorReason::ExcludedPath), "{role}");
            let imported = refused(role, "user/dream-log.md", true);
            assert_eq!(imported.is_none(), role == Role::Operator, "{role}");
        }
        assert_eq!(refused(Role::Agent, "user/log.md", false), None);
    }
}
