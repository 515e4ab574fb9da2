//! Which scope belongs to whom.

use std::sync::PoisonError;

use memex_core::path::ScopeKind;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use sqlx::PgExecutor;

use super::Store;
use crate::erasure_key::ErasureKey;
use crate::error::{Error, Result, erased};
use crate::store::pool::Connection;

/// How many scopes are remembered before the memory is emptied: about 100 bytes each.
const REMEMBERED: usize = 100_000;

/// Whose files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScopeKey {
    /// Of which workspace.
    pub workspace_id: i64,
    /// A user's; with `None` those that the workspace shares.
    pub user: Option<UserId>,
}

impl Store {
    /// The scope of a user, or of what a workspace shares with `None`; `None` where there is none yet.
    pub async fn find_scope(&self, workspace_id: i64, user: Option<&UserId>) -> Result<Option<i64>> {
        let key = ScopeKey { workspace_id, user: user.cloned() };
        if let Some(&scope) = self.scopes.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(scope));
        }
        let found = scope_open(self.pool(), self.erasure_key(), workspace_id, user, false).await?;
        if let Some(scope) = found {
            self.remember(key, scope);
        }
        Ok(found)
    }

    /// The same, created where it is missing: a user's first write does.
    pub async fn open_scope(&self, workspace_id: i64, user: Option<&UserId>) -> Result<i64> {
        if let Some(scope) = self.find_scope(workspace_id, user).await? {
            return Ok(scope);
        }
        let opened = scope_open(self.pool(), self.erasure_key(), workspace_id, user, true).await?;
        let scope = opened.ok_or(Error::Unexpected("mx_scope_open_1 opened nothing"))?;
        self.remember(ScopeKey { workspace_id, user: user.cloned() }, scope);
        Ok(scope)
    }

    /// The same in a transaction that may yet be rolled back, so that it is not remembered.
    pub async fn open_scope_in(&self, tx: &mut Connection, workspace_id: i64, user: &UserId) -> Result<i64> {
        let opened = scope_open(tx, self.erasure_key(), workspace_id, Some(user), true).await?;
        opened.ok_or(Error::Unexpected("mx_scope_open_1 opened nothing"))
    }

    /// The workspace's shared scope.
    pub async fn shared_scope(&self, workspace_id: i64) -> Result<i64> {
        self.open_scope(workspace_id, None).await
    }

    /// Forgets a scope that a statement did not find.
    pub fn forget_scope(&self, workspace_id: i64, user: Option<&UserId>) {
        self.scopes
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&ScopeKey { workspace_id, user: user.cloned() });
    }

    /// Forgets a scope whose user was erased.
    pub fn forget_erased_scope(&self, scope: i64) {
        self.scopes.write().unwrap_or_else(PoisonError::into_inner).retain(|_, known| *known != scope);
    }

    fn remember(&self, key: ScopeKey, scope: i64) {
        let mut scopes = self.scopes.write().unwrap_or_else(PoisonError::into_inner);
        if scopes.len() >= REMEMBERED {
            scopes.clear();
        }
        scopes.insert(key, scope);
    }

    /// The workspace and the user of a scope; `None` where there is no such scope. Of one whose user stands erased, the
    /// workspace and no user: within it the id is refused for that, and for anybody who is bound to a user it is another's.
    pub async fn scope_owner(&self, scope_id: i64) -> Result<Option<(i64, ScopeKind, String)>> {
        let row = sqlx::query!(
            r#"-- scopes.owner
            SELECT workspace_id AS "workspace_id!", kind AS "kind!", user_id AS "user_id!" FROM mx_scope WHERE scope_id = $1
            UNION ALL SELECT workspace_id, 1::smallint, '' FROM mx_erasure WHERE scope_id = $1 AND done_at IS NOT NULL AND readmitted_at IS NULL"#,
            scope_id
        )
        .fetch_optional(self.pool())
        .await?;
        Ok(row.map(|row| {
            let kind = if row.kind == 1 { ScopeKind::User } else { ScopeKind::Shared };
            (row.workspace_id, kind, row.user_id)
        }))
    }
}

async fn scope_open(
    executor: impl PgExecutor<'_>,
    erasure_key: Option<&ErasureKey>,
    workspace_id: i64,
    user: Option<&UserId>,
    create: bool,
) -> Result<Option<i64>> {
    let kind: i16 = if user.is_some() { 1 } else { 2 };
    let name = user.map_or("", UserId::as_str);
    let hmac = erasure_key.zip(user).map(|(key, user)| key.user(workspace_id, user).to_vec());
    let row = sqlx::query!(
        r#"-- scopes.open
        SELECT scope_id, outcome AS "outcome!" FROM mx_scope_open_1($1, $2, $3, $4, $5, $6)"#,
        workspace_id,
        kind,
        name,
        create,
        hmac,
        erasure_key.map(|key| key.id().to_vec())
    )
    .fetch_one(executor)
    .await?;
    match row.outcome {
        0 => Ok(row.scope_id),
        1 => Err(erased().into()),
        _ => Err(no_key().into()),
    }
}

/// The refusal of a new user where nobody can tell whether they were erased.
pub(super) fn no_key() -> Refusal {
    let message = "users were erased under an erasure key that this service does not have, so that it takes no new users; \
                   start it with that key: --erasure-key-file";
    Refusal::new(ErrorReason::WrongState, message)
}
