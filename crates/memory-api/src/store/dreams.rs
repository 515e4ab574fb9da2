//! Dreams: their rows, their leases and their endings.

mod claim;
mod finish;
mod list;
mod proposals;
mod request;
mod revert;
mod rows;

use memex_core::actor::Operation;
use memex_core::dream::DreamState;
use uuid::Uuid;

use super::files::trace;
use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::store::pool::Connection;

pub use claim::{Assignment, Renewal};
pub use finish::{
    Account, Conclusion, Ending, Finish, Gate, Holder, LossWindow, Report, Seal, finish, gate, loss_window,
    stored_account,
};
pub use list::{DreamFilter, ListedAfter};
pub use proposals::{
    Decision, account, decide, ended_in, follow, lost_statements, note_decision, proposal_denied, scope_sequence,
    shown_violations, split, waiting_near_ops,
};
pub use request::{DreamPolicy, NewDream, dream_policy, hold_switch, insert_dream, open_dream};
pub use revert::{
    RevertOp, insert_revert, mark_undone, reverts_of, running_dream, settle_reverted, today, undone_paths,
};
pub use rows::{DreamRow, dream_row, dream_rules, probable_pairs, watched_dream};

/// The scope as it is under its lock.
#[derive(Clone, Debug)]
pub struct LockedScope {
    /// Its workspace.
    pub workspace_id: i64,
    /// Whether its user is being erased.
    pub erasing: bool,
}

/// What mx_lease_1 says of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// Held.
    Held,
    /// Not, or no longer, the caller's.
    Lost,
    /// Held, but the user's files changed.
    Overtaken,
    /// Held, but the dream's seconds are spent.
    OutOfTime,
    /// Held, and nothing can be staged any more.
    Sealed,
}

impl Lease {
    fn from_code(code: i16) -> Result<Self> {
        Ok(match code {
            0 => Lease::Held,
            1 => Lease::Lost,
            2 => Lease::Overtaken,
            3 => Lease::OutOfTime,
            4 => Lease::Sealed,
            _ => return Err(Error::Unexpected("mx_lease_1 gave an unknown outcome")),
        })
    }
}

/// Locks a scope: the first lock of every transaction that starts, ends, adopts or reverts a dream.
pub async fn lock_scope(tx: &mut Connection, scope: i64) -> Result<LockedScope> {
    let row = sqlx::query!(
        r#"-- dreams.lock_scope
        SELECT workspace_id AS "workspace_id!", erasing AS "erasing!" FROM mx_scope_lock_1($1)"#,
        scope
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Err(super::erasures::gone(tx, scope).await?) };
    Ok(LockedScope { workspace_id: row.workspace_id, erasing: row.erasing })
}

/// Ends the open dream of a scope as `canceled`, under the scope's lock; gives it, where there is one.
pub async fn cancel_open_dream(tx: &mut Connection, scope: i64, cause: &str) -> Result<Option<Uuid>> {
    let dream = sqlx::query_scalar!("-- dreams.cancel_scope\nSELECT mx_cancel_scope_1($1, $2)", scope, cause)
        .fetch_one(tx)
        .await?;
    Ok(dream)
}

/// Ends the open dreams of a workspace (0: of all) as `canceled`; gives how many. Takes the workspace's lock.
pub async fn cancel_open_dreams_of_workspace(tx: &mut Connection, workspace_id: i64, cause: &str) -> Result<usize> {
    let count = sqlx::query_scalar!(
        r#"-- dreams.cancel_workspace
        SELECT mx_cancel_workspace_1($1, $2) AS "count!""#,
        workspace_id,
        cause
    )
    .fetch_one(tx)
    .await?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Ends a dream under its scope's lock and arms the scope again; gives the state it is in afterwards, or nothing where it
/// was not open.
pub async fn end_dream(
    tx: &mut Connection,
    scope: i64,
    dream: Uuid,
    state: DreamState,
    cause: &str,
) -> Result<Option<String>> {
    let state = sqlx::query_scalar!(
        "-- dreams.end\nSELECT mx_end_dream_1($1, $2, $3, $4, false, '{}')",
        scope,
        dream,
        state.as_str(),
        cause
    )
    .fetch_one(tx)
    .await?;
    Ok(state)
}

/// The log row of a call that is about a dream, in the transaction that did it.
pub async fn log_dream_call(
    tx: &mut Connection,
    scope: i64,
    dream: Uuid,
    operation: Operation,
    caller: &Caller,
) -> Result<()> {
    sqlx::query!(
        "-- dreams.log
        INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal, dream_id, trace_id) VALUES ($1, $2, 1, $3, $4, $5, $6)",
        scope,
        operation.code(),
        caller.actor,
        caller.token_id,
        dream,
        trace()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Decides anew when a scope is due, under its lock.
pub async fn rearm(tx: &mut Connection, scope: i64) -> Result<()> {
    sqlx::query!("-- dreams.rearm\nSELECT mx_rearm_1($1)", scope).fetch_one(tx).await?;
    Ok(())
}
