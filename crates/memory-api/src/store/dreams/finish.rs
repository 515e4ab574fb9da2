//! How a dream ends: seal, gate, ending.

use std::collections::BTreeMap;

use memex_core::actor::Operation;
use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use memex_proto::v1::ProbablePair;

use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::files::{span, trace};
use crate::store::pool::Connection;

/// A FinishDream: which dream ends, who ends it, and what is said of it.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The dream.
    pub dream: DreamId,
    /// Who ends it.
    pub by: Holder,
    /// What is said of it.
    pub report: Report,
}

/// The worker that ends a dream, with what shows that it holds it.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The worker.
    pub caller: Caller,
    /// The fence under which it claimed the dream.
    pub fence: i64,
    /// SHA-256 over the decoded request and the token: what a repeat is known by.
    pub digest: [u8; 32],
}

/// A worker's report of a dream that ends. The dream's row keeps it.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether the worker says that work is left.
    pub more: bool,
    /// What is left.
    pub left: Vec<String>,
    /// For people.
    pub summary: String,
    /// Model tokens used.
    pub model_tokens: i64,
    /// The probable pairs that are listed.
    pub probable: Vec<ProbablePair>,
    /// How many probable pairs there are.
    pub probable_pairs: i32,
}

/// What became of sealing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seal {
    /// Sealed by this FinishDream, with so many ops.
    Sealed(i32),
    /// This FinishDream was answered before.
    Answered,
    /// It cannot be sealed; the gate says why.
    Refused,
}

/// What the gate says of a dream that is to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may end as asked.
    Open,
    /// It is no longer this worker's: its state, where there is such a dream.
    Lost(Option<DreamState>),
    /// This FinishDream was answered before, with this state and cause.
    Answered(DreamState, String),
    /// It must end in this state, for this cause.
    Ends(DreamState, String),
}

/// What became of a dream that has nothing to adopt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conclusion {
    /// It ended in this state for this cause.
    Ended(DreamState, String),
    /// This FinishDream was answered before, with this state and cause.
    Answered(DreamState, String),
    /// It is no longer this worker's.
    Lost(Option<DreamState>),
}

/// An ending and what is kept of it.
#[derive(Clone, Debug)]
pub struct Ending {
    /// How it ends.
    pub state: DreamState,
    /// For people.
    pub cause: String,
    /// The account of its statements.
    pub account: Account,
}

/// What is kept of a judged changeset.
#[derive(Clone, Debug, Default)]
pub struct Account {
    /// The encoded DreamLedger.
    pub ledger: Option<Vec<u8>>,
    /// Encoded DreamViolations.
    pub violations: Vec<Vec<u8>>,
    /// Statements that no longer stand word for word.
    pub lost_statements: i32,
    /// Statements of the whole scope, where any was lost; else 0.
    pub scope_statements: i32,
    /// The files that it touches or cites, each with the version of the snapshot.
    pub files: BTreeMap<String, i64>,
}

impl Account {
    /// The files and their versions.
    pub(super) fn places(&self) -> (Vec<String>, Vec<i64>) {
        self.files.clone().into_iter().unzip()
    }
}

impl Report {
    fn stored_pairs(&self) -> Vec<Vec<u8>> {
        self.probable.iter().map(prost::Message::encode_to_vec).collect()
    }
}

impl Ending {
    /// One without an account: nothing was judged, or what was judged no longer counts.
    pub fn bare(state: DreamState, cause: &str) -> Self {
        Self { state, cause: cause.to_owned(), account: Account::default() }
    }
}

/// What the decision reads under the scope's lock.
#[derive(Clone, Debug)]
pub struct LossWindow {
    /// Whether `dream_guard` refuses what breaks a rule; else a person decides.
    pub refuses: bool,
    /// Whether `dream_near` adopts probable copies.
    pub adopts_probable: bool,
    /// `dream_max_loss_percent`.
    pub max_percent: i64,
    /// Statements lost by applied dreams of the last thirty days that were not reverted.
    pub lost: i64,
    /// The scope's statements at the first of them that lost any; `None`: none did.
    pub statements_at_first: Option<i64>,
}

impl Store {
    /// Seals a changeset.
    pub async fn seal(&self, finish: &Finish) -> Result<Seal> {
        let row = sqlx::query!(
            r#"-- dreams.seal
            SELECT outcome AS "outcome!", ops AS "ops!" FROM mx_seal_1($1, $2, $3, $4, $5)"#,
            finish.dream.scope,
            finish.dream.id,
            finish.by.fence,
            finish.by.caller.token_id,
            finish.by.digest.as_slice()
        )
        .fetch_one(self.pool())
        .await?;
        Ok(match row.outcome {
            0 => Seal::Sealed(row.ops),
            5 => Seal::Answered,
            _ => Seal::Refused,
        })
    }

    /// Ends a dream that has nothing to adopt, in one round trip.
    pub async fn conclude(&self, finish: &Finish, state: DreamState, cause: &str) -> Result<Conclusion> {
        let row = sqlx::query!(
            r#"-- dreams.conclude
            SELECT outcome AS "outcome!", ending, cause FROM mx_conclude_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"#,
            finish.dream.scope,
            finish.dream.id,
            finish.by.fence,
            finish.by.caller.token_id,
            finish.by.digest.as_slice(),
            state.as_str(),
            cause,
            finish.report.more,
            &finish.report.left,
            finish.report.summary,
            finish.report.model_tokens,
            &finish.report.stored_pairs(),
            finish.report.probable_pairs,
            Operation::Finish.code(),
            finish.by.caller.actor,
            trace(),
            span()
        )
        .fetch_one(self.pool())
        .await?;
        match (row.outcome, state_of(row.ending)?) {
            (1, ending) => Ok(Conclusion::Lost(ending)),
            (5, Some(ending)) => Ok(Conclusion::Answered(ending, row.cause.unwrap_or_default())),
            (_, Some(ending)) => Ok(Conclusion::Ended(ending, row.cause.unwrap_or_default())),
            (_, None) => Err(Error::Unexpected("mx_conclude_1 gave no ending")),
        }
    }
}

/// Locks scope, dream state and dream, and says whether the dream may end as asked.
pub async fn gate(tx: &mut Connection, finish: &Finish) -> Result<Gate> {
    let row = sqlx::query!(
        r#"-- dreams.gate
        SELECT outcome AS "outcome!", ending, cause FROM mx_gate_1($1, $2, $3, $4, $5)"#,
        finish.dream.scope,
        finish.dream.id,
        finish.by.fence,
        finish.by.caller.token_id,
        finish.by.digest.as_slice()
    )
    .fetch_one(tx)
    .await?;
    let cause = row.cause.unwrap_or_default();
    match (row.outcome, state_of(row.ending)?) {
        (0, _) => Ok(Gate::Open),
        (1, ending) => Ok(Gate::Lost(ending)),
        (5, Some(ending)) => Ok(Gate::Answered(ending, cause)),
        (6, Some(ending)) => Ok(Gate::Ends(ending, cause)),
        _ => Err(Error::Unexpected("mx_gate_1 gave an unknown outcome")),
    }
}

/// Stores an ending, in the transaction of its gate.
pub async fn finish(tx: &mut Connection, finish: &Finish, ending: &Ending) -> Result<()> {
    let account = &ending.account;
    let (paths, versions) = account.places();
    sqlx::query!(
        "-- dreams.finish
        SELECT mx_finish_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        finish.dream.scope,
        finish.dream.id,
        finish.by.caller.token_id,
        finish.by.digest.as_slice(),
        ending.state.as_str(),
        ending.cause,
        finish.report.more,
        &finish.report.left,
        finish.report.summary,
        finish.report.model_tokens,
        account.ledger,
        &account.violations,
        account.lost_statements,
        account.scope_statements,
        &finish.report.stored_pairs(),
        finish.report.probable_pairs,
        &paths,
        &versions,
        Operation::Finish.code(),
        finish.by.caller.actor,
        trace(),
        span()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Reads the guard and the loss of the last thirty days, under the scope's lock.
pub async fn loss_window(tx: &mut Connection, dream: DreamId) -> Result<LossWindow> {
    let row = sqlx::query!(
        r#"-- dreams.loss_window
        SELECT mx_user_setting_1(d.workspace_id, d.scope_id, 'dream_guard') AS "guard!", mx_setting_1(d.workspace_id, 'dream_near') AS "near!", mx_setting_1(d.workspace_id, 'dream_max_loss_percent')::bigint AS "max_percent!",
               coalesce((SELECT sum(a.lost_statements) FROM mx_dream a
                 WHERE a.scope_id = d.scope_id AND a.state = 'applied' AND coalesce(a.decided_at, a.ended_at) > mx_now() - interval '30 days'), 0) AS "lost!",
               (SELECT a.statements_before FROM mx_dream a
                 WHERE a.scope_id = d.scope_id AND a.state = 'applied' AND coalesce(a.decided_at, a.ended_at) > mx_now() - interval '30 days' AND a.statements_before > 0
                 ORDER BY coalesce(a.decided_at, a.ended_at) LIMIT 1)::bigint AS statements_at_first
          FROM mx_dream d WHERE d.scope_id = $1 AND d.dream_id = $2"#,
        dream.scope,
        dream.id
    )
    .fetch_one(tx)
    .await?;
    Ok(LossWindow {
        refuses: row.guard == "refuse",
        adopts_probable: row.near == "adopt",
        max_percent: row.max_percent,
        lost: row.lost,
        statements_at_first: row.statements_at_first,
    })
}

/// What a repeat of an answered FinishDream is told beside its ending: the encoded ledger and violations.
pub async fn stored_account(store: &Store, dream: DreamId) -> Result<(Option<Vec<u8>>, Vec<Vec<u8>>)> {
    let row = sqlx::query!(
        "-- dreams.account\nSELECT ledger, violations FROM mx_dream WHERE scope_id = $1 AND dream_id = $2",
        dream.scope,
        dream.id
    )
    .fetch_one(store.pool())
    .await?;
    Ok((row.ledger, row.violations))
}

fn state_of(word: Option<String>) -> Result<Option<DreamState>> {
    let parse = |word: String| DreamState::parse(&word).ok_or(Error::Unexpected("a dream is in an unknown state"));
    word.map(parse).transpose()
}
