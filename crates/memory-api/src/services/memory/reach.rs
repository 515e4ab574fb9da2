//! Which texts a search or a recall looks at: the user's and the shared ones, or of a caller without a user the shared.

use memex_core::actor::{Operation, Role};
use memex_core::limits::MAX_QUERY_BYTES;
use memex_core::path::{PathPrefix, ScopeKind};
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;

use super::as_proposed::AsProposed;
use super::place::whose;
use super::ranking::{Ranking, RankingPlace};
use crate::auth::Caller;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::store::log_place::LogPlace;
use crate::store::scopes::ScopeKey;
use crate::store::search::HeadText;

/// The first path above every `user/…`, and so above all that there are.
const ABOVE_ALL: &str = "user0";

/// What a caller asks in.
pub(super) struct Reach {
    log: LogPlace,
    scopes: Vec<i64>,
    prefix: PathPrefix,
    proposed: AsProposed,
}

impl Reach {
    /// # Errors
    /// ROLE_REQUIRED for a worker; WRONG_USER; FIELD_INVALID where paths of a user are asked for and none is known.
    pub(super) async fn of(
        context: &Context,
        caller: &Caller,
        about: &AboutCell,
        user_id: &str,
        prefix: PathPrefix,
    ) -> Result<Self> {
        if caller.dream.is_some() || caller.role == Role::Worker {
            let rule = "a worker reads memory only within a dream that it holds, by path";
            return Err(Refusal::new(ErrorReason::RoleRequired, rule).into());
        }
        about.path(prefix.as_str());
        let shared = context.store.shared_scope(caller.workspace_id).await?;
        let kind = prefix.scope_kind();
        let nobody = user_id.is_empty() && caller.bound_user.is_none() && kind.is_none();
        let kind_asked = if nobody { ScopeKind::Shared } else { kind.unwrap_or(ScopeKind::User) };
        let ScopeKey { workspace_id, user } = whose(context, caller, user_id, kind_asked)?;
        let own = match kind_asked {
            ScopeKind::Shared => None,
            ScopeKind::User => context.store.find_scope(workspace_id, user.as_ref()).await?,
        };
        own.into_iter().for_each(|scope| about.scope(scope));
        let log = context.store.log_place(own, caller).await?;
        let with_shared = kind != Some(ScopeKind::User);
        let scopes = own.into_iter().chain(with_shared.then_some(shared)).collect();
        let proposed = AsProposed::of(context, caller, own).await?;
        Ok(Self { log, scopes, prefix, proposed })
    }

    /// Waits for a place to read and rank in, in turn with other scopes.
    pub(super) async fn place(&self, ranking: &Ranking) -> Result<RankingPlace> {
        ranking.place(self.log.scope()).await
    }

    /// The texts, by path; `operation` is what the log row says was done.
    pub(super) async fn texts(
        &self,
        context: &Context,
        caller: &Caller,
        operation: Operation,
    ) -> Result<Vec<HeadText>> {
        let below = self.prefix.upper_bound().unwrap_or_else(|| ABOVE_ALL.to_owned());
        let range = (self.prefix.as_str(), below.as_str());
        let heads = context.store.head_texts(&self.scopes, range, self.log, operation, caller).await?;
        Ok(self.proposed.heads(heads, range))
    }
}

/// Judges a query's bytes, of which there must be `least`.
///
/// # Errors
/// FIELD_INVALID.
pub(super) fn query(text: &str, least: usize) -> Result<(), Refusal> {
    if !(least..=MAX_QUERY_BYTES).contains(&text.len()) || text.contains('\0') {
        return Err(field("query", format!("must be {least} to {MAX_QUERY_BYTES} bytes without NUL")));
    }
    Ok(())
}
