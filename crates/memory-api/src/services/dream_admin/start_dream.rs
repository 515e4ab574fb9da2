//! StartDream: asks for a dream now.

use chrono::{Datelike as _, NaiveDate};
use memex_core::budget::BudgetLimits;
use memex_core::dream::Mode;
use memex_core::ids::DreamId;
use memex_core::keys::{self, Key, Level};
use memex_core::limits;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::{Curator, DreamMode, DreamNear};
use memex_runtime::trace::traceparent_of_current;
use prost::Message as _;

use super::reach::not_found;
use crate::auth::Caller;
use crate::convert::dream_message;
use crate::error::{Error, Result, dreaming_disabled, erased, field, paused};
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::dreams::{
    DreamPolicy, LockedScope, NewDream, dream_policy, dream_row, hold_switch, insert_dream, lock_scope, open_dream,
};
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;

/// What a request asks for, judged for its form.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted {
    mode: Option<Mode>,
    limits: BudgetLimits,
    as_of: Option<NaiveDate>,
    instructions: String,
    near: bool,
}

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::StartDreamRequest,
) -> Result<pb::StartDreamResponse> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let wanted = wanted(&request)?;
    let id = request_id(&request.request_id)?;
    let scope = context.known_scope(&caller, &user).await?;
    about.scope(scope);
    let once = Once::with(context.guards, &caller, LogPlace::of(scope), id, digest(&user, &request));
    let mut tx = context.store.begin_on(scope).await?;
    hold_switch(&mut tx, caller.workspace_id).await?;
    let locked = lock_scope(&mut tx, scope).await?;
    once.run(tx, async |tx| {
        let policy = dream_policy(tx, scope).await?;
        allowed(policy.denied.as_deref())?;
        let (dream, created) = match open_dream(tx, scope).await? {
            Some(open) => (open, false),
            None => (insert_dream(tx, &new_dream(scope, &locked, &caller, wanted, &policy)).await?, true),
        };
        answer(tx, DreamId { scope, id: dream }, created).await
    })
    .await
}

async fn answer(tx: &mut Connection, dream: DreamId, created: bool) -> Result<pb::StartDreamResponse> {
    let row = dream_row(tx, dream).await?.ok_or_else(not_found)?;
    Ok(pb::StartDreamResponse { dream: Some(dream_message::dream(row)), created })
}

/// The refusal of a dream that no person may start, by what mx_may_dream_1 says.
fn allowed(denied: Option<&str>) -> Result<()> {
    let refusal = match denied {
        None => return Ok(()),
        Some("erasing") => erased(),
        Some("paused") => paused(),
        Some("off") => dreaming_disabled(),
        Some(_) => return Err(Error::Unexpected("mx_may_dream_1 gave an unknown reason")),
    };
    Err(refusal.into())
}

fn new_dream(scope: i64, locked: &LockedScope, caller: &Caller, wanted: Wanted, policy: &DreamPolicy) -> NewDream {
    NewDream {
        scope,
        workspace_id: locked.workspace_id,
        mode: mode_in_force(&policy.mode, wanted.mode),
        curator: policy.curator.clone(),
        near: wanted.near,
        requested_by: caller.actor.clone(),
        instructions: wanted.instructions,
        as_of: wanted.as_of,
        trace_parent: traceparent_of_current().unwrap_or_default(),
        budget: policy.budget.narrowed_by(&wanted.limits),
    }
}

/// The more careful of the workspace's mode and the one asked for.
fn mode_in_force(workspace: &str, asked: Option<Mode>) -> String {
    keys::DREAM_MODE.effective(|level| match level {
        Level::Workspace => Some(workspace),
        Level::Dream => asked.map(Mode::as_str),
        _ => None,
    })
}

fn wanted(request: &pb::StartDreamRequest) -> Result<Wanted, Refusal> {
    let mode = match DreamMode::try_from(request.mode) {
        Ok(DreamMode::Unspecified) => None,
        Ok(DreamMode::Apply) => Some(Mode::Apply),
        Ok(DreamMode::Review) => Some(Mode::Review),
        Ok(DreamMode::DryRun) => Some(Mode::DryRun),
        Err(_) => return Err(field("mode", "is a mode that this version does not know")),
    };
    match Curator::try_from(request.curator) {
        Ok(Curator::Unspecified | Curator::Builtin) => {}
        Ok(Curator::Llm) => return Err(field("curator", "this build has the builtin curator alone")),
        Err(_) => return Err(field("curator", "is a curator that this version does not know")),
    }
    let most = limits::MAX_INSTRUCTIONS_CHARACTERS;
    if request.instructions.chars().nth(most).is_some() || request.instructions.contains('\0') {
        return Err(field("instructions", format!("at most {most} characters, without NUL")));
    }
    Ok(Wanted {
        mode,
        limits: request.budget.as_ref().map(budget).transpose()?.unwrap_or_default(),
        as_of: as_of(&request.as_of)?,
        instructions: request.instructions.clone(),
        near: near(request.near)?,
    })
}

fn near(asked: i32) -> Result<bool, Refusal> {
    match DreamNear::try_from(asked) {
        Ok(DreamNear::Unspecified) => Ok(false),
        Ok(DreamNear::Review) => Ok(true),
        Ok(DreamNear::Adopt) => Err(field("near", "must be review: memory-api alone asks for a dream that adopts")),
        Err(_) => Err(field("near", "is nothing that this version knows how to look for")),
    }
}

fn as_of(text: &str) -> Result<Option<NaiveDate>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d")
        .ok()
        .filter(|day| day.to_string() == text && (1..=9_999).contains(&day.year()));
    day.map(Some).ok_or_else(|| field("as_of", "must be a day, YYYY-MM-DD"))
}

/// The limits of a request: 0 asks for none, anything else is in the range of its key.
fn budget(asked: &pb::DreamBudget) -> Result<BudgetLimits, Refusal> {
    let small = |name, key, value: i32| Ok(limit(name, key, value.into())?.and_then(|value| u32::try_from(value).ok()));
    Ok(BudgetLimits {
        max_ops: small("budget.max_ops", keys::DREAM_MAX_WRITES, asked.max_ops)?,
        max_files: small("budget.max_files", keys::DREAM_MAX_FILES, asked.max_files)?,
        max_bytes: limit("budget.max_bytes", keys::DREAM_MAX_BYTES, asked.max_bytes)?,
        max_read_bytes: limit("budget.max_read_bytes", keys::DREAM_MAX_READ_BYTES, asked.max_read_bytes)?,
        max_seconds: small("budget.max_seconds", keys::DREAM_MAX_SECONDS, asked.max_seconds)?,
    })
}

fn limit(name: &'static str, key: Key, value: i64) -> Result<Option<u64>, Refusal> {
    if value == 0 {
        return Ok(None);
    }
    key.check(&value.to_string()).map_err(|refusal| field(name, refusal.to_string()))?;
    Ok(u64::try_from(value).ok())
}

fn digest(user: &UserId, request: &pb::StartDreamRequest) -> [u8; 32] {
    let fields =
        pb::StartDreamRequest { user_id: user.as_str().to_owned(), request_id: String::new(), ..request.clone() };
    CallDigest::of("StartDream").bytes(&fields.encode_to_vec()).finish()
}

#[cfg(test)]
mod tests {
    use memex_core::budget::Budget;
    use memex_proto::v1::ErrorReason;

    use super::*;

    fn request() -> pb::StartDreamRequest {
        pb::StartDreamRequest { user_id: "ada".into(), ..Default::default() }
    }

    #[test]
    fn a_dream_may_only_be_more_careful_than_its_workspace() {
        let mode = |workspace, asked| mode_in_force(workspace, asked);
        assert_eq!(mode("apply", None), "apply");
        assert_eq!(mode("apply", Some(Mode::DryRun)), "dry_run");
        assert_eq!(mode("review", Some(Mode::Apply)), "review");
        assert_eq!(mode("dry_run", Some(Mode::Review)), "dry_run");
    }

    #[test]
    fn a_budget_only_narrows_and_0_leaves_the_workspaces() {
        let asked =
            pb::DreamBudget { max_ops: 3, max_files: 0, max_bytes: 4_194_304, max_read_bytes: 65_536, max_seconds: 0 };
        let budget = Budget::DEFAULT.narrowed_by(&budget(&asked).unwrap());
        let expected = Budget { max_ops: 3, max_read_bytes: 65_536, ..Budget::DEFAULT };
        assert_eq!(budget, expected);
    }

    #[test]
    fn what_is_out_of_range_or_not_built_is_refused() {
        let broken: [fn(&mut pb::StartDreamRequest); 10] = [
            |r| r.near = 3,
            |r| r.budget = Some(pb::DreamBudget { max_ops: 201, ..Default::default() }),
            |r| r.budget = Some(pb::DreamBudget { max_files: -1, ..Default::default() }),
            |r| r.budget = Some(pb::DreamBudget { max_bytes: 1_023, ..Default::default() }),
            |r| r.curator = Curator::Llm.into(),
            |r| r.mode = 4,
            |r| r.instructions = "é".repeat(4_097),
            |r| r.as_of = "2026-2-3".into(),
            |r| r.as_of = "2026-02-30".into(),
            |r| r.as_of = "0000-01-01".into(),
        ];
        for break_it in broken {
            let mut request = request();
            break_it(&mut request);
            assert_eq!(wanted(&request).unwrap_err().reason, ErrorReason::FieldInvalid, "{request:?}");
        }
        let day = wanted(&pb::StartDreamRequest { as_of: "2026-11-23".into(), ..request() }).unwrap().as_of;
        assert_eq!(day, NaiveDate::from_ymd_opt(2026, 11, 23));
    }

    #[test]
    fn erasure_pause_and_switch_are_never_skipped() {
        let refused = |denied| allowed(denied).err().and_then(|error| error.reason());
        assert_eq!(refused(None), None);
        assert_eq!(refused(Some("off")), Some(ErrorReason::DreamingDisabled));
        assert_eq!(refused(Some("paused")), Some(ErrorReason::UserPaused));
        assert_eq!(refused(Some("erasing")), Some(ErrorReason::UserErased));
        assert!(allowed(Some("else")).is_err());
    }

    #[test]
    fn a_repeat_is_the_same_content_for_the_same_user_whatever_its_id() {
        let ada = UserId::parse("ada").unwrap();
        let repeat = pb::StartDreamRequest { request_id: "x".into(), user_id: String::new(), ..request() };
        assert_eq!(digest(&ada, &request()), digest(&ada, &repeat));
        assert_ne!(
            digest(&ada, &request()),
            digest(&ada, &pb::StartDreamRequest { as_of: "2026-01-01".into(), ..request() })
        );
    }
}
