//! FinishDream: seals the changeset, judges it and ends the dream.

mod follow;
mod probable;

use memex_core::actor::Operation;
use memex_core::dream::DreamState;
use memex_core::limits;
use memex_core::path::{MemoryPath, ScopeKind};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::{ErrorReason, FinishOutcome};
use memex_runtime::failpoints::{self, Point};
use prost::Message as _;

use super::dream_id;
use crate::auth::{Caller, DreamContext};
use crate::convert::dream_message;
use crate::ending::{Decided, Settled, settle};
use crate::error::{Error, Result, field, lease_lost};
use crate::judge::{self, Judged};
use crate::services::context::Context;
use crate::services::request::CallDigest;
use crate::store::changesets::staged_ops;
use crate::store::dreams::{self, Conclusion, Ending, Finish, Gate, Holder, Report, Seal};
use crate::store::log_place::LogPlace;

/// The most model tokens that a dream can have used: far beyond any key, and far below what a sum over runs can hold.
const MAX_MODEL_TOKENS: i64 = 1_000_000_000_000;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    request: pb::FinishDreamRequest,
) -> Result<pb::FinishDreamResponse> {
    let outcome = validate(&request)?;
    let mut finish = finish_of(caller, request)?;
    let given_up = match outcome {
        FinishOutcome::Failed => Some((DreamState::Failed, "the worker said that it failed")),
        FinishOutcome::Released => Some((DreamState::Released, "handed back by its worker")),
        _ => None,
    };
    if given_up.is_some() {
        finish.report.probable.clear();
        finish.report.probable_pairs = 0;
    }
    probable::keep_standing(&context.store, &mut finish).await?;
    if let Some((state, cause)) = given_up {
        return conclude(context, &finish, state, cause).await;
    }
    match context.store.seal(&finish).await? {
        Seal::Sealed(ops) if ops > 0 => {
            let ops = staged_ops(context.store.pool(), finish.dream).await?;
            let judged = judge::account(&context.store, context.guards, finish.dream, ops).await?;
            end(context, &finish, &judged).await
        }
        // What the seal refused or had answered, the gate refuses or answers again.
        _ => conclude(context, &finish, DreamState::Noop, "nothing was worth changing").await,
    }
}

fn validate(request: &pb::FinishDreamRequest) -> Result<FinishOutcome, Refusal> {
    if request.summary.len() > limits::MAX_SUMMARY_BYTES || request.summary.contains('\0') {
        return Err(field("summary", format!("at most {} bytes, without NUL", limits::MAX_SUMMARY_BYTES)));
    }
    if !(0..=MAX_MODEL_TOKENS).contains(&request.model_tokens) {
        return Err(field("model_tokens", format!("must be 0 to {MAX_MODEL_TOKENS}")));
    }
    if request.left.len() > limits::MAX_LEFT_PATHS {
        return Err(field("left", format!("at most {} paths", limits::MAX_LEFT_PATHS)));
    }
    let seen = |path: &String| {
        MemoryPath::parse(path).is_ok_and(|path| path.scope_kind() == ScopeKind::User && !path.is_excluded())
    };
    if !request.left.iter().all(seen) {
        return Err(field("left", "may only list files under user/ that dreams can see"));
    }
    probable::validate(&request.probable_pairs, request.probable_count)?;
    match request.outcome() {
        FinishOutcome::Unspecified => Err(field("outcome", "must be complete, more, failed or released")),
        outcome => Ok(outcome),
    }
}

fn finish_of(caller: Caller, request: pb::FinishDreamRequest) -> Result<Finish, Refusal> {
    // Decoded and encoded again: the same content has the same bytes, whatever the client's library made of it.
    let digest =
        CallDigest::of("FinishDream").bytes(caller.token_id.as_bytes()).bytes(&request.encode_to_vec()).finish();
    Ok(Finish {
        dream: dream_id(&request.dream_id)?,
        by: Holder { caller, fence: request.fence, digest },
        report: Report {
            more: request.outcome() == FinishOutcome::More,
            left: request.left,
            summary: request.summary,
            model_tokens: request.model_tokens,
            probable: request.probable_pairs,
            probable_pairs: request.probable_count,
        },
    })
}

/// Ends a dream that has nothing to adopt.
async fn conclude(
    context: &Context,
    finish: &Finish,
    state: DreamState,
    cause: &str,
) -> Result<pb::FinishDreamResponse> {
    match context.store.conclude(finish, state, cause).await? {
        Conclusion::Answered(state, cause) => answered(context, finish, state, cause).await,
        Conclusion::Ended(state, cause) => {
            if state == DreamState::Noop {
                follow::request_after(context, finish).await?;
            }
            Ok(answer(state, cause, None, vec![]))
        }
        Conclusion::Lost(ending) => Err(lost(context, finish, ending).await?),
    }
}

/// Decides about a judged changeset, in one transaction.
async fn end(context: &Context, finish: &Finish, judged: &Judged) -> Result<pb::FinishDreamResponse> {
    let mut tx = context.store.begin_on(finish.dream.scope).await?;
    let settled = match dreams::gate(&mut tx, finish).await? {
        Gate::Open => settle(&mut tx, context.guards, finish.dream, finish.by.caller.token_id, judged).await?,
        Gate::Ends(state, cause) => {
            dreams::finish(&mut tx, finish, &Ending::bare(state, &cause)).await?;
            tx.commit().await?;
            return Ok(answer(state, cause, None, vec![]));
        }
        Gate::Answered(state, cause) => {
            tx.rollback().await?;
            return answered(context, finish, state, cause).await;
        }
        Gate::Lost(ending) => {
            tx.rollback().await?;
            return Err(lost(context, finish, ending).await?);
        }
    };
    let Decided { ending, ledger, violations } = match settled {
        Settled::Ends(decided) => decided,
        Settled::NotAdopted(cause) => {
            tx.rollback().await?;
            let cause = format!("its changeset could not be adopted: {cause}");
            return conclude(context, finish, DreamState::Failed, &cause).await;
        }
    };
    context.meters.judged(&violations);
    dreams::finish(&mut tx, finish, &ending).await?;
    follow::request(&mut tx, context.guards, finish.dream, &finish.report).await?;
    failpoints::pass(Point::BeforeAdoption).await;
    tx.commit().await?;
    failpoints::pass(Point::AfterAdoption).await;
    Ok(answer(ending.state, ending.cause, Some(ledger), violations))
}

/// The stored answer of a FinishDream that was answered before.
async fn answered(
    context: &Context,
    finish: &Finish,
    state: DreamState,
    cause: String,
) -> Result<pb::FinishDreamResponse> {
    context.store.log_ok(finish.dream.scope, Operation::Finish, "", &within(finish).0).await?;
    let (ledger, violations) = dreams::stored_account(&context.store, finish.dream).await?;
    Ok(answer(state, cause, dream_message::stored_ledger(ledger), dream_message::stored_violations(&violations)))
}

fn answer(
    state: DreamState,
    cause: String,
    ledger: Option<pb::DreamLedger>,
    violations: Vec<pb::DreamViolation>,
) -> pb::FinishDreamResponse {
    pb::FinishDreamResponse { state: dream_message::state(state).into(), ledger, violations, cause }
}

/// The refusal of a worker that no longer holds the dream, logged where there is such a dream.
async fn lost(context: &Context, finish: &Finish, ending: Option<DreamState>) -> Result<Error> {
    let refusal = lease_lost();
    if ending.is_none() {
        return Ok(refusal.into());
    }
    let (caller, dream) = within(finish);
    let place = LogPlace::of(finish.dream.scope);
    context.store.log_refusal(place, Operation::Finish, "", ErrorReason::LeaseLost, &caller).await?;
    // What became of it is told to the worker that held it under this fence, and to no other.
    let held = context.store.dream_ending(dream, &caller).await?;
    Ok(Error::logged(held.into_iter().fold(refusal, |refusal, ending| refusal.fact("ending", ending))))
}

/// FinishDream carries no dream metadata, and its row is a row of the dream all the same.
fn within(finish: &Finish) -> (Caller, DreamContext) {
    let dream = DreamContext { id: finish.dream, fence: finish.by.fence };
    (Caller { dream: Some(dream), ..finish.by.caller.clone() }, dream)
}

#[cfg(test)]
mod tests {
    use memex_core::actor::Role;
    use memex_core::ids::DreamId;
    use uuid::Uuid;

    use super::*;

    fn request() -> pb::FinishDreamRequest {
        pb::FinishDreamRequest {
            dream_id: DreamId { scope: 7, id: Uuid::nil() }.to_string(),
            fence: 1,
            outcome: FinishOutcome::Complete.into(),
            summary: "looked at 3 files".into(),
            ..Default::default()
        }
    }

    fn worker(token: u128) -> Caller {
        Caller {
            token_id: Uuid::from_u128(token),
            workspace_id: 0,
            role: Role::Worker,
            bound_user: None,
            actor: "worker".into(),
            dream: None,
            proposal: None,
        }
    }

    #[test]
    fn the_digest_is_that_of_the_content_and_of_the_worker() {
        let digest = |token, change: fn(&mut pb::FinishDreamRequest)| {
            let mut request = request();
            change(&mut request);
            finish_of(worker(token), request).unwrap().by.digest
        };
        assert_eq!(digest(1, |_| {}), digest(1, |_| {}));
        let others: [[u8; 32]; 5] = [
            digest(2, |_| {}),
            digest(1, |r| r.fence = 2),
            digest(1, |r| r.outcome = FinishOutcome::More.into()),
            digest(1, |r| r.summary.clear()),
            digest(1, |r| r.left = vec!["user/a.md".into()]),
        ];
        assert!(others.iter().all(|other| *other != digest(1, |_| {})));
    }

    #[test]
    fn a_finish_is_bounded_and_leaves_only_files_that_a_dream_sees() {
        assert!(validate(&request()).is_ok());
        let broken: [fn(&mut pb::FinishDreamRequest); 7] = [
            |r| r.outcome = 0,
            |r| r.summary = "a".repeat(1_001),
            |r| r.summary = "\0".into(),
            |r| r.model_tokens = -1,
            |r| r.left = vec!["user/a.md".into(); 2_001],
            |r| r.left = vec!["user/log.md".into()],
            |r| r.left = vec!["shared/a.md".into()],
        ];
        for break_it in broken {
            let mut request = request();
            break_it(&mut request);
            assert_eq!(validate(&request).unwrap_err().reason, ErrorReason::FieldInvalid);
        }
    }
}
