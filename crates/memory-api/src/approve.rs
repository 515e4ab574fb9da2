//! Approval: a proposal, or whole groups of it, judged again and adopted as a person decided.

use std::collections::BTreeSet;

use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use memex_curation::ledger::Rule;
use memex_proto::reason::Refusal;
use memex_proto::v1::{DreamViolation, ErrorReason};
use uuid::Uuid;

use crate::adopt::{Adoption, adopt, refusal, refused};
use crate::auth::Caller;
use crate::convert::dream_message;
use crate::ending::account_of;
use crate::error::{Error, Result, dreaming_disabled, erased, paused};
use crate::forgotten;
use crate::groups::Groups;
use crate::guards::Guards;
use crate::judge::{self, Judged};
use crate::store::Store;
use crate::store::changesets::staged_ops;
use crate::store::commit::Outcome;
use crate::store::dreams::{self, Decision, end_dream, running_dream, today};
use crate::store::pool::Connection;

/// A proposal that was judged again before its scope was locked.
#[derive(Debug)]
pub struct Prepared {
    /// The scope's sequence before it was judged: the account holds while the scope stands there.
    sequence: i64,
    /// The files that are adopted.
    chosen: Judged,
    /// The others; `None`: all are adopted.
    rest: Option<Judged>,
}

/// The result of an approval.
#[derive(Debug)]
pub struct Approved {
    /// The sequences of the revisions that it made.
    pub sequences: Vec<i64>,
    /// The proposal that holds the rest.
    pub rest: Option<DreamId>,
}

/// Judges a proposal, or the groups of it that have these paths, as memory is now. Without locks.
///
/// # Errors
/// FIELD_INVALID for paths that are no whole groups of it; where Postgres fails.
pub async fn prepare(store: &Store, guards: Guards, dream: DreamId, paths: &BTreeSet<String>) -> Result<Prepared> {
    let sequence = dreams::scope_sequence(store.pool(), dream.scope).await?;
    let ops = staged_ops(store.pool(), dream).await?;
    let chosen = Groups::of(&ops, guards)?.chosen(dream, paths)?;
    let (ops, rest): (Vec<_>, Vec<_>) = ops.into_iter().partition(|op| chosen.contains(&op.path));
    let chosen = judge::account(store, guards, dream, ops).await?;
    let rest = if rest.is_empty() { None } else { Some(judge::account(store, guards, dream, rest).await?) };
    Ok(Prepared { sequence, chosen, rest })
}

/// Adopts what was prepared, in a transaction that holds the scope's lock and has found the proposal waiting.
///
/// # Errors
/// DREAM_OVERTAKEN where files changed since it was prepared; DREAM_STALE, USER_PAUSED, DREAMING_DISABLED, USER_ERASED;
/// QUOTA_EXCEEDED; where Postgres fails.
pub async fn approve(
    tx: &mut Connection,
    guards: Guards,
    dream: DreamId,
    caller: &Caller,
    reason: &str,
    prepared: &Prepared,
) -> Result<Approved> {
    allowed(dreams::proposal_denied(&mut *tx, dream).await?.as_deref())?;
    if dreams::scope_sequence(&mut *tx, dream.scope).await? != prepared.sequence {
        return Err(moved_meanwhile().into());
    }
    let Prepared { chosen, rest, .. } = prepared;
    let shown = dream_message::stored_violations(&dreams::shown_violations(tx, dream).await?);
    forgotten::store(tx, dream.scope, Some(dream.id), &chosen.derived).await?;
    let mut broken = forgotten::violations(tx, dream.scope, &chosen.sites).await?;
    broken.extend(judge::violations(chosen, guards.ledger));
    let broken = approvable(broken, &shown)?;
    if let Some(running) = running_dream(&mut *tx, dream.scope).await? {
        let cause = "a proposal was approved while it ran";
        end_dream(&mut *tx, dream.scope, running, DreamState::Overtaken, cause).await?;
    }
    let rest = match rest {
        None => None,
        Some(rest) => {
            let mut broken = forgotten::violations(tx, dream.scope, &rest.sites).await?;
            broken.extend(judge::violations(rest, guards.ledger));
            Some(dreams::split(tx, dream, &rest.paths(), &account_of(rest, &broken)).await?)
        }
    };
    let decision = Decision { by: &caller.actor, reason, state: DreamState::Applied, cause: "a person approved it" };
    dreams::decide(tx, dream, &decision).await?;
    dreams::account(tx, dream, &account_of(chosen, &broken)).await?;
    let sequences = adopted(tx, dream, caller.token_id, chosen).await?;
    Ok(Approved { sequences, rest: rest.map(|id| DreamId { scope: dream.scope, id }) })
}

async fn adopted(tx: &mut Connection, dream: DreamId, principal: Uuid, judged: &Judged) -> Result<Vec<i64>> {
    if judged.changed.is_empty() {
        return Ok(Vec::new());
    }
    let day = today(&mut *tx).await?;
    match adopt(tx, dream, principal, day, judged).await? {
        Adoption::Adopted(sequences) => Ok(sequences),
        Adoption::Refused(outcome) => Err(not_adopted(&outcome).into()),
    }
}

fn not_adopted(outcome: &Outcome) -> Refusal {
    let stale = || Refusal::new(ErrorReason::DreamStale, format!("nothing was adopted: {}", refusal(outcome)));
    refused(outcome).unwrap_or_else(stale)
}

/// The refusal of a proposal that may not be adopted, by what mx_proposal_denied_1 says.
fn allowed(denied: Option<&str>) -> Result<()> {
    Err(match denied {
        None => return Ok(()),
        Some("erasing") => erased(),
        Some("paused") => paused(),
        Some("off") => dreaming_disabled(),
        Some("moved") => {
            let message = "a file that the proposal touches or cites was changed; nothing was adopted";
            Refusal::new(ErrorReason::DreamStale, message)
        }
        Some(_) => return Err(Error::Unexpected("mx_proposal_denied_1 gave an unknown reason")),
    }
    .into())
}

/// Judges whether a person may adopt a changeset: it breaks no rule but those that the proposal showed. A standing
/// instruction is never lost, and what is forgotten never brought back. Gives the rules that it breaks.
fn approvable(broken: Vec<DreamViolation>, shown: &[DreamViolation]) -> Result<Vec<DreamViolation>, Refusal> {
    if broken.iter().any(|one| one.rule == Rule::StandingInstructionLost.as_str()) {
        let message = "a standing instruction would be lost, which no approval allows; nothing was adopted";
        return Err(Refusal::new(ErrorReason::PolicyRefused, message));
    }
    if broken.iter().any(|one| one.rule == forgotten::RULE) {
        let message = "a person has removed, rejected or reverted this before, and no approval brings it back; nothing was adopted";
        return Err(Refusal::new(ErrorReason::PolicyRefused, message));
    }
    let is_shown = |one: &DreamViolation| {
        shown.iter().any(|known| (&known.rule, &known.path, known.line) == (&one.rule, &one.path, one.line))
    };
    let new: Vec<&str> = broken.iter().filter(|one| !is_shown(one)).map(|one| one.rule.as_str()).collect();
    if new.is_empty() {
        return Ok(broken);
    }
    let message = format!(
        "memory changed elsewhere since it was proposed, and so it now breaks rules that it did not break: {}; nothing was adopted",
        new.join(", ")
    );
    Err(Refusal::new(ErrorReason::DreamStale, message))
}

fn moved_meanwhile() -> Refusal {
    let message = "the user's files changed while the proposal was judged; nothing was adopted: approve it again";
    Refusal::new(ErrorReason::DreamOvertaken, message)
}

/// The refusal of a decision about a dream that waits for nobody.
pub fn not_waiting(state: &str) -> Refusal {
    let reason = if state == DreamState::Stale.as_str() { ErrorReason::DreamStale } else { ErrorReason::WrongState };
    let message = match reason {
        ErrorReason::DreamStale => {
            "a file that the proposal touches or cites was changed, and so it waits no longer".to_owned()
        }
        _ => format!("only a proposed dream can be decided about; this one is {state}"),
    };
    Refusal::new(reason, message).fact("state", state)
}

impl Judged {
    /// The files that its ops name.
    pub fn paths(&self) -> Vec<String> {
        let paths: BTreeSet<&String> = self.ops.iter().map(|op| &op.path).collect();
        paths.into_iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erasure_pause_switch_and_moved_files_keep_a_proposal_from_being_adopted() {
        let refused = |denied| allowed(denied).err().and_then(|error| error.reason());
        assert_eq!(refused(None), None);
        assert_eq!(refused(Some("off")), Some(ErrorReason::DreamingDisabled));
        assert_eq!(refused(Some("paused")), Some(ErrorReason::UserPaused));
        assert_eq!(refused(Some("erasing")), Some(ErrorReason::UserErased));
        assert_eq!(refused(Some("moved")), Some(ErrorReason::DreamStale));
        assert!(allowed(Some("else")).is_err());
    }

    #[test]
    fn a_person_adopts_what_the_proposal_showed_and_never_the_loss_of_a_standing_instruction() {
        let one = |rule: Rule, line| DreamViolation {
            path: "user/a.md".into(),
            line,
            rule: rule.as_str().into(),
            detail: String::new(),
        };
        let judged = |broken: &[DreamViolation], shown: &[DreamViolation]| {
            approvable(broken.to_vec(), shown).map(|broken| broken.len()).map_err(|refusal| refusal.reason)
        };
        let (probable, lost) = (one(Rule::OnlyProbable, 3), one(Rule::StatementLost, 3));
        assert_eq!(judged(&[], &[]), Ok(0));
        assert_eq!(judged(&[probable.clone(), lost.clone()], &[lost.clone(), probable.clone()]), Ok(2));
        assert_eq!(judged(&[lost], std::slice::from_ref(&probable)), Err(ErrorReason::DreamStale));
        assert_eq!(judged(&[one(Rule::OnlyProbable, 4)], &[probable]), Err(ErrorReason::DreamStale));
        let instruction = one(Rule::StandingInstructionLost, 3);
        assert_eq!(
            judged(std::slice::from_ref(&instruction), std::slice::from_ref(&instruction)),
            Err(ErrorReason::PolicyRefused)
        );
        let forgotten = DreamViolation { rule: forgotten::RULE.into(), ..DreamViolation::default() };
        assert_eq!(
            judged(std::slice::from_ref(&forgotten), std::slice::from_ref(&forgotten)),
            Err(ErrorReason::PolicyRefused)
        );
    }

    #[test]
    fn a_stale_proposal_is_told_as_such_and_others_by_their_state() {
        assert_eq!(not_waiting("stale").reason, ErrorReason::DreamStale);
        let applied = not_waiting("applied");
        assert_eq!((applied.reason, applied.facts["state"].as_str()), (ErrorReason::WrongState, "applied"));
    }
}
