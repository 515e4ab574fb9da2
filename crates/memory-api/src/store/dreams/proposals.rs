//! Proposals that wait for a person, and what a person decides about them. Every change here is made under the scope's lock.

use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use sqlx::PgExecutor;
use uuid::Uuid;

use super::finish::Account;
use crate::error::{Error, Result};
use crate::store::changesets::StagedOp;
use crate::store::pool::Connection;

/// What ends a proposal.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// The actor who decided; empty where nobody did.
    pub by: &'a str,
    /// Why, as that actor said.
    pub reason: &'a str,
    /// The state in which it ends.
    pub state: DreamState,
    /// For people.
    pub cause: &'a str,
}

/// The sequence that a scope is at.
pub async fn scope_sequence(executor: impl PgExecutor<'_>, scope: i64) -> Result<i64> {
    let sequence = sqlx::query_scalar!("-- dreams.sequence\nSELECT sequence FROM mx_scope WHERE scope_id = $1", scope)
        .fetch_optional(executor)
        .await?;
    Ok(sequence.unwrap_or(0))
}

/// Why a proposal may not be adopted now, as mx_proposal_denied_1 says; `None`: it may.
pub async fn proposal_denied(executor: impl PgExecutor<'_>, dream: DreamId) -> Result<Option<String>> {
    let denied =
        sqlx::query_scalar!("-- dreams.proposal_denied\nSELECT mx_proposal_denied_1($1, $2)", dream.scope, dream.id)
            .fetch_one(executor)
            .await?;
    Ok(denied)
}

/// The rules that a dream broke when it was judged, encoded.
pub async fn shown_violations(tx: &mut Connection, dream: DreamId) -> Result<Vec<Vec<u8>>> {
    let violations = sqlx::query_scalar!(
        "-- dreams.violations\nSELECT violations FROM mx_dream WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id
    )
    .fetch_one(tx)
    .await?;
    Ok(violations)
}

/// Ends a proposal that was found waiting.
///
/// # Errors
/// Where it does not wait, or Postgres fails.
pub async fn decide(tx: &mut Connection, dream: DreamId, decision: &Decision<'_>) -> Result<()> {
    let waited = sqlx::query_scalar!(
        r#"-- dreams.decide
        SELECT mx_end_proposal_1($1, $2, $3, $4, $5, $6) AS "waited!""#,
        dream.scope,
        dream.id,
        decision.state.as_str(),
        decision.cause,
        decision.by,
        decision.reason
    )
    .fetch_one(tx)
    .await?;
    if waited { Ok(()) } else { Err(Error::Unexpected("a proposal that was found waiting does not wait")) }
}

/// Notes who ended a dream that was no proposal, and why.
pub async fn note_decision(tx: &mut Connection, dream: DreamId, by: &str, reason: &str) -> Result<()> {
    let at = sqlx::query_scalar!(
        r#"-- dreams.now
        SELECT mx_now() AS "now!""#
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!(
        "-- dreams.note_decision
        UPDATE mx_dream SET decided_by = $3, decided_at = $4, decision_reason = $5 WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id,
        by,
        at,
        reason
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores the account of what was adopted of a proposal.
pub async fn account(tx: &mut Connection, dream: DreamId, account: &Account) -> Result<()> {
    sqlx::query!(
        "-- dreams.approved_account
        UPDATE mx_dream SET ledger = $3, violations = $4, lost_statements = $5, statements_before = $6
         WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id,
        account.ledger,
        &account.violations,
        account.lost_statements,
        account.scope_statements
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Makes a proposal of its own of these files of a waiting one; gives its id.
pub async fn split(tx: &mut Connection, dream: DreamId, paths: &[String], account: &Account) -> Result<Uuid> {
    let (files, versions) = account.places();
    let rest = sqlx::query_scalar!(
        r#"-- dreams.split
        SELECT mx_split_proposal_1($1, $2, $3, $4, $5, $6, $7, $8, $9) AS "rest!""#,
        dream.scope,
        dream.id,
        paths,
        account.ledger,
        &account.violations,
        account.lost_statements,
        account.scope_statements,
        &files,
        &versions
    )
    .fetch_one(tx)
    .await?;
    Ok(rest)
}

/// Requests the dream of probable copies that follows one which counted some, where `dream_near` wants it.
pub async fn follow(tx: &mut Connection, dream: DreamId) -> Result<Option<Uuid>> {
    let follower = sqlx::query_scalar!("-- dreams.follow\nSELECT mx_follow_1($1, $2)", dream.scope, dream.id)
        .fetch_one(tx)
        .await?;
    Ok(follower)
}

/// What a dream loses.
#[derive(Clone, Copy, Debug)]
pub struct Lost {
    /// Statements that no longer stand word for word.
    pub lost: i32,
    /// Statements of the scope at its snapshot; 0 where it loses none.
    pub scope_statements: u32,
}

/// What a judged dream loses.
pub async fn lost_statements(executor: impl PgExecutor<'_>, dream: DreamId) -> Result<Lost> {
    let row = sqlx::query!(
        "-- dreams.lost\nSELECT lost_statements, statements_before FROM mx_dream WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id
    )
    .fetch_one(executor)
    .await?;
    Ok(Lost { lost: row.lost_statements, scope_statements: u32::try_from(row.statements_before).unwrap_or(0) })
}

/// The ops of a scope's proposals of probable copies that wait for a person, without their texts.
pub async fn waiting_near_ops(tx: &mut Connection, scope: i64) -> Result<Vec<StagedOp>> {
    let ops = sqlx::query_as!(
        StagedOp,
        "-- dreams.waiting_near_ops
        SELECT o.number, o.operation, o.path, o.base_file, o.base_version, o.expected_version, NULL AS text, o.inserted_bytes, o.source, o.reason,
               o.treatments, o.adopted_sequence, o.redacted
          FROM mx_dream d JOIN mx_dream_op o ON o.scope_id = d.scope_id AND o.dream_id = d.dream_id
         WHERE d.scope_id = $1 AND d.state = 'proposed' AND d.near <> 'off' ORDER BY o.dream_id, o.number",
        scope
    )
    .fetch_all(tx)
    .await?;
    Ok(ops)
}

/// The trace and the span of the call that ended a dream, where it was traced.
pub async fn ended_in(executor: impl PgExecutor<'_>, dream: DreamId) -> Result<Option<([u8; 16], [u8; 8])>> {
    let row = sqlx::query!(
        "-- dreams.ended_in\nSELECT trace_id, span_id FROM mx_dream WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id
    )
    .fetch_optional(executor)
    .await?;
    let ids = row.and_then(|row| row.trace_id.zip(row.span_id));
    Ok(ids.and_then(|(trace, span)| Some((trace.try_into().ok()?, span.try_into().ok()?))))
}
