//! Where the log row of a call stands, so that an erasure finds it.
//!
//! The row of a call with a token that is bound to a user stands in the scope of that user, whatever the call asked for. The
//! row of any other call stands in the scope that it was about. Where there is no such scope, the row stands under the
//! workspace's shared scope, and an erasure does not look there: such a row keeps no word that came from a user.

use super::Store;
use crate::auth::Caller;
use crate::error::Result;

/// The scope of a log row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LogPlace {
    scope: i64,
    shared: bool,
}

impl LogPlace {
    /// The scope that the call was about, and whose words the row may say.
    pub const fn of(scope: i64) -> Self {
        Self { scope, shared: false }
    }

    /// The shared scope of a workspace: the row stays when a user is erased.
    pub const fn shared(scope: i64) -> Self {
        Self { scope, shared: true }
    }

    /// Its id.
    pub const fn scope(self) -> i64 {
        self.scope
    }

    /// The path that the row may say. A path under `user/` belongs to the user who was asked about, and a bound token may
    /// name any path; the names of the two folders belong to nobody.
    pub fn path<'a>(self, path: &'a str, caller: &Caller) -> &'a str {
        let folder = matches!(path, "user/" | "shared/");
        let of_a_user = caller.bound_user.is_some() || path.starts_with("user/");
        if self.shared && of_a_user && !folder { "" } else { path }
    }

    /// The actor that the row may say: of a bound token the role, because its display name may name the user.
    pub fn actor(self, caller: &Caller) -> &str {
        if self.shared && caller.bound_user.is_some() { caller.role.as_str() } else { &caller.actor }
    }
}

impl Store {
    /// The place of the row of a call about this scope; `None`: about no user, or about one who has no memory.
    ///
    /// # Errors
    /// USER_ERASED where the token's own user was erased.
    pub async fn log_place(&self, scope: Option<i64>, caller: &Caller) -> Result<LogPlace> {
        // A worker is bound to no user and belongs to no workspace: its calls are about the dreams that it holds.
        if let (0, Some(scope)) = (caller.workspace_id, scope) {
            return Ok(LogPlace::of(scope));
        }
        let scope = match &caller.bound_user {
            Some(user) => self.find_scope(caller.workspace_id, Some(user)).await?,
            None => scope,
        };
        let shared = self.shared_scope(caller.workspace_id).await?;
        Ok(scope.filter(|&scope| scope != shared).map_or(LogPlace::shared(shared), LogPlace::of))
    }
}

#[cfg(test)]
mod tests {
    use memex_core::actor::Role;
    use memex_core::user_id::UserId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn under_the_shared_scope_a_row_keeps_no_word_of_a_user() {
        let caller = |user: Option<&str>| Caller {
            token_id: Uuid::nil(),
            workspace_id: 1,
            role: Role::Agent,
            bound_user: user.map(|user| UserId::parse(user).unwrap()),
            actor: "Ada's phone".into(),
            dream: None,
            proposal: None,
        };
        let (bound, unbound) = (caller(Some("ada")), caller(None));
        let (own, shared) = (LogPlace::of(7), LogPlace::shared(1));
        let said = |place: LogPlace, caller: &Caller| {
            let paths =
                ["", "user/", "user/a.md", "shared/", "shared/b.md"].map(|path| place.path(path, caller).to_owned());
            (paths.join(" "), place.actor(caller).to_owned())
        };
        let all = " user/ user/a.md shared/ shared/b.md".to_owned();
        for caller in [&bound, &unbound] {
            assert_eq!(said(own, caller), (all.clone(), "Ada's phone".into()));
        }
        assert_eq!(said(shared, &unbound), (" user/  shared/ shared/b.md".into(), "Ada's phone".into()));
        assert_eq!(said(shared, &bound), (" user/  shared/ ".into(), "agent".into()));
    }
}
