//! The access log: rows of calls that no other statement logs.

use memex_core::actor::{AccessOutcome, Operation};
use memex_proto::v1::ErrorReason;
use memex_runtime::trace::current_trace;
use sqlx::PgExecutor;

use super::Store;
use super::log_place::LogPlace;
use crate::auth::Caller;
use crate::error::Result;

/// One row to add.
#[derive(Clone, Copy, Debug)]
pub struct LogRow<'a> {
    /// The scope that it stands in.
    pub place: LogPlace,
    /// The call.
    pub operation: Operation,
    /// Its canonical path, or empty.
    pub path: &'a str,
    /// `Unspecified`: it was done; else it was refused, or failed, for this.
    pub reason: ErrorReason,
}

/// Adds a row, in the caller's transaction where it has one. A dream that a worker invented writes nothing anywhere.
pub async fn add(executor: impl PgExecutor<'_>, row: LogRow<'_>, caller: &Caller) -> Result<()> {
    add_for_many(executor, row, 0, caller).await
}

/// The same for a refusal that stands for `suppressed` further ones.
pub async fn add_for_many(
    executor: impl PgExecutor<'_>,
    row: LogRow<'_>,
    suppressed: i32,
    caller: &Caller,
) -> Result<()> {
    let trace = current_trace().map(|ids| ids.trace_id.to_vec());
    sqlx::query!(
        "-- access_log.add
        INSERT INTO mx_access_log (scope_id, operation, path, outcome, reason, actor, principal, dream_id, trace_id, suppressed)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10
         WHERE $8::uuid IS NULL OR EXISTS (SELECT FROM mx_dream WHERE scope_id = $1 AND dream_id = $8)",
        row.place.scope(),
        row.operation.code(),
        row.place.path(row.path, caller),
        outcome(row.reason).code(),
        i16::try_from(row.reason as i32).unwrap_or(0),
        row.place.actor(caller),
        caller.token_id,
        caller.dream.map(|dream| dream.id.id),
        trace,
        suppressed
    )
    .execute(executor)
    .await?;
    Ok(())
}

/// What became of a call that ended so. It failed where it ended for a reason that lies neither in it nor in a rule.
fn outcome(reason: ErrorReason) -> AccessOutcome {
    match reason {
        ErrorReason::Unspecified => AccessOutcome::Ok,
        ErrorReason::DatabaseUnavailable
        | ErrorReason::DeadlineExceeded
        | ErrorReason::Overloaded
        | ErrorReason::Internal => AccessOutcome::Failed,
        _ => AccessOutcome::Refused,
    }
}

impl Store {
    /// The row of a call about a scope that was done and touches no file.
    pub async fn log_ok(&self, scope: i64, operation: Operation, path: &str, caller: &Caller) -> Result<()> {
        let place = self.log_place(Some(scope), caller).await?;
        add(self.pool(), LogRow { place, operation, path, reason: ErrorReason::Unspecified }, caller).await
    }
}
