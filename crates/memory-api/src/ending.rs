//! Decides about a judged changeset under the scope's lock, and adopts it if the decision says so. The caller has checked
//! before that it may end the dream: a worker shows its lease (`dreams::gate`).

use memex_core::budget::Budget;
use memex_core::dream::{DreamState, Mode};
use memex_core::ids::DreamId;
use memex_proto::v1 as pb;
use prost::Message as _;
use uuid::Uuid;

use crate::adopt::{Adoption, adopt, refusal};
use crate::convert::dream_message;
use crate::error::{Error, Result};
use crate::forgotten;
use crate::guards::Guards;
use crate::judge::{Case, Judged, Verdict, decide};
use crate::store::dreams::{self, Account, DreamRow, Ending};
use crate::store::pool::Connection;

/// The result of [`settle`].
#[derive(Debug)]
pub enum Settled {
    /// The dream ends so. What was adopted stands in the transaction.
    Ends(Decided),
    /// The write path refused an op: the transaction must be rolled back. Why, for people.
    NotAdopted(&'static str),
}

/// An ending with its account, as it is stored and as it is answered.
#[derive(Debug)]
pub struct Decided {
    /// The ending that is stored.
    pub ending: Ending,
    /// The sums of the account.
    pub ledger: pb::DreamLedger,
    /// Every rule that the changeset breaks.
    pub violations: Vec<pb::DreamViolation>,
}

/// Decides about a judged changeset, and adopts it where the decision is `applied`. The caller's transaction has locked
/// scope, dream state and dream, and has found that the dream may end. `principal` is the token of whoever ends it: every
/// adopted revision keeps it.
///
/// # Errors
/// Where Postgres fails.
pub async fn settle(
    tx: &mut Connection,
    guards: Guards,
    dream: DreamId,
    principal: Uuid,
    judged: &Judged,
) -> Result<Settled> {
    let row = row(tx, dream).await?;
    let verdict = verdict(tx, guards, &row, dream, judged).await?;
    if verdict.state == DreamState::Applied {
        let as_of = row.as_of.ok_or(Error::Unexpected("a claimed dream has no day"))?;
        if let Adoption::Refused(cause) = adopt(tx, dream, principal, as_of, judged).await? {
            return Ok(Settled::NotAdopted(refusal(&cause)));
        }
    }
    let account = account_of(judged, &verdict.violations);
    let ending = Ending { state: verdict.state, cause: verdict.cause, account };
    let ledger = dream_message::ledger(&judged.ledger);
    Ok(Settled::Ends(Decided { ending, ledger, violations: verdict.violations }))
}

/// The account that is stored of a judged changeset that breaks these rules.
pub fn account_of(judged: &Judged, broken: &[pb::DreamViolation]) -> Account {
    Account {
        ledger: Some(dream_message::ledger(&judged.ledger).encode_to_vec()),
        violations: broken.iter().map(prost::Message::encode_to_vec).collect(),
        lost_statements: i32::try_from(judged.ledger.lost_word_for_word).unwrap_or(i32::MAX),
        scope_statements: i32::try_from(judged.scope_statements).unwrap_or(i32::MAX),
        files: judged.files.clone(),
    }
}

async fn row(tx: &mut Connection, dream: DreamId) -> Result<DreamRow> {
    dreams::dream_row(tx, dream).await?.ok_or(Error::Unexpected("a dream behind its gate does not exist"))
}

async fn verdict(
    tx: &mut Connection,
    guards: Guards,
    row: &DreamRow,
    dream: DreamId,
    judged: &Judged,
) -> Result<Verdict> {
    forgotten::store(tx, dream.scope, Some(dream.id), &judged.derived).await?;
    let forgotten = forgotten::violations(tx, dream.scope, &judged.sites).await?;
    let window = dreams::loss_window(tx, dream).await?;
    let budget = Budget {
        max_ops: u32::try_from(row.max_ops).unwrap_or(0),
        max_files: u32::try_from(row.max_files).unwrap_or(0),
        max_bytes: u64::try_from(row.max_bytes).unwrap_or(0),
        max_read_bytes: u64::try_from(row.max_read_bytes).unwrap_or(0),
        max_seconds: u32::try_from(row.max_seconds).unwrap_or(0),
    };
    let mode = Mode::parse(&row.mode).ok_or(Error::Unexpected("a dream has an unknown mode"))?;
    let adopts_probable = row.near == "adopt" && window.adopts_probable;
    Ok(decide(&Case { mode, budget, window, judged, ledger: guards.ledger, forgotten, adopts_probable }))
}
