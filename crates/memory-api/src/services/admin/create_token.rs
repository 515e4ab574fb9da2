//! CreateToken: a new bearer token, shown once.

use chrono::{DateTime, Utc};
use memex_core::actor::{Role, display_name};
use memex_core::dream::DreamState;
use memex_core::ids::{DreamId, TokenId};
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use crate::approve::not_waiting;
use crate::auth::{Caller, hash_of, new_token, wrong_user};
use crate::convert::time;
use crate::error::{Error, Result, field};
use crate::services::context::Context;
use crate::services::once::Once;
use crate::services::request::CallDigest;
use crate::store::dreams::{dream_row, lock_scope};
use crate::store::erasures::{lock_user, refuse_erased};
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;
use crate::store::tokens::{NewToken, put_token};

/// A request that is well formed and that the caller may make.
struct Wanted {
    role: Role,
    user: Option<UserId>,
    /// The proposal through which alone it reads.
    proposal: Option<DreamId>,
    actor: String,
    expires_at: Option<DateTime<Utc>>,
}

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    request: pb::CreateTokenRequest,
) -> Result<pb::CreateTokenResponse> {
    let wanted = wanted(&caller, &request, context.tokens.now())?;
    waits(context, &caller, &wanted).await?;
    let scope = context.store.shared_scope(caller.workspace_id).await?;
    let place = LogPlace::shared(scope);
    let once = Once::new(context.guards, &caller, place, &request.request_id, digest(&wanted))?;
    let mut tx = context.store.begin_on(scope).await?;
    lock_scope(&mut tx, scope).await?;
    if let (Some(user), Some(key)) = (&wanted.user, context.store.erasure_key()) {
        // An erasure revokes the tokens that it sees, and one that is being made could be missed.
        lock_user(&mut tx, &key.user(caller.workspace_id, user)).await?;
    }
    let answer = once.run_again(tx, async |tx, before| created(context, tx, &caller, &wanted, before).await).await?;
    // A repeat gave the token another secret.
    context.tokens.forget(token_id(&answer)?);
    Ok(answer)
}

/// Judges the proposal that a token is made for: it is the user's, and it waits.
async fn waits(context: &Context, caller: &Caller, wanted: &Wanted) -> Result<()> {
    let Some(dream) = wanted.proposal else { return Ok(()) };
    let scope = context.store.find_scope(caller.workspace_id, wanted.user.as_ref()).await?;
    if scope != Some(dream.scope) {
        return Err(wrong_user().into());
    }
    let row = dream_row(context.store.pool(), dream).await?.ok_or_else(wrong_user)?;
    if row.state == DreamState::Proposed.as_str() { Ok(()) } else { Err(not_waiting(&row.state).into()) }
}

/// Makes the token, or gives the one of the first call another secret, since nobody knows the first.
async fn created(
    context: &Context,
    tx: &mut Connection,
    caller: &Caller,
    wanted: &Wanted,
    before: Option<pb::CreateTokenResponse>,
) -> Result<pb::CreateTokenResponse> {
    let secret = new_token();
    let token_id = before.map_or_else(|| Ok(Uuid::now_v7()), |before| token_id(&before))?;
    let token = NewToken {
        token_id,
        hash: hash_of(&secret),
        workspace_id: caller.workspace_id,
        role: wanted.role.code(),
        user_id: wanted.user.as_ref().map(UserId::as_str),
        proposal: wanted.proposal.map(|dream| dream.to_string()),
        actor: &wanted.actor,
        expires_at: wanted.expires_at,
        created_by: &caller.actor,
    };
    if !put_token(tx, &token).await? {
        return Err(revoked().into());
    }
    if let Some(user) = &wanted.user {
        refuse_erased(tx, caller.workspace_id, user, context.store.erasure_key()).await?;
    }
    Ok(pb::CreateTokenResponse { token_id: TokenId(token_id).to_string(), token: secret })
}

fn token_id(answer: &pb::CreateTokenResponse) -> Result<Uuid> {
    let TokenId(id) = answer.token_id.parse().map_err(|_| Error::Unexpected("a remembered token id is malformed"))?;
    Ok(id)
}

fn revoked() -> Refusal {
    Refusal::new(
        ErrorReason::WrongState,
        "the token of this request was revoked; make another with a new request_id, or none",
    )
}

fn wanted(caller: &Caller, request: &pb::CreateTokenRequest, now: DateTime<Utc>) -> Result<Wanted> {
    let role = match request.role() {
        pb::Role::Agent => Role::Agent,
        pb::Role::Backend => Role::Backend,
        pb::Role::Operator => Role::Operator,
        pb::Role::Auditor => Role::Auditor,
        pb::Role::Worker => {
            return Err(
                field("role", "a worker's token belongs to the deployment: `memory-api bootstrap` makes it").into()
            );
        }
        pb::Role::Unspecified => return Err(field("role", "must be agent, backend, operator or auditor").into()),
    };
    if caller.role == Role::Backend && role != Role::Agent {
        return Err(Refusal::new(
            ErrorReason::RoleRequired,
            "a backend makes agent tokens bound to a user, and no others",
        )
        .into());
    }
    let user = match request.user_id.as_str() {
        "" if role == Role::Agent => return Err(field("user_id", "is required for an agent's token").into()),
        "" => None,
        user => Some(UserId::parse(user).map_err(|refusal| field("user_id", refusal.to_string()))?),
    };
    if let (Some(bound), Some(user)) = (&caller.bound_user, &user)
        && bound != user
    {
        return Err(wrong_user().into());
    }
    if user.is_some() && !matches!(role, Role::Agent | Role::Backend) {
        return Err(field("user_id", "only agent and backend tokens are bound to a user").into());
    }
    let actor = match request.actor.as_str() {
        "" => role.as_str().to_owned(),
        actor => display_name(actor).map_err(|refusal| field("actor", refusal.to_string()))?,
    };
    let expires_at = request.expires_at.as_ref().map(|at| expiry(at, now)).transpose()?;
    let proposal = match request.proposal_id.as_str() {
        "" => None,
        _ if role != Role::Agent => return Err(field("proposal_id", "is for an agent's token").into()),
        id => Some(id.parse().map_err(|_| field("proposal_id", "must be a dream's id, drm_…"))?),
    };
    Ok(Wanted { role, user, proposal, actor, expires_at })
}

/// A time at which a token ends, which is still to come.
fn expiry(at: &prost_types::Timestamp, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let at = time(at).ok_or_else(|| field("expires_at", "is no time"))?;
    if at > now { Ok(at) } else { Err(field("expires_at", "must be later than now")) }
}

fn digest(wanted: &Wanted) -> [u8; 32] {
    CallDigest::of("CreateToken")
        .text(wanted.role.as_str())
        .optional(wanted.user.as_ref().map(|user| user.as_str().as_bytes()))
        .text(&wanted.actor)
        .optional(wanted.proposal.map(|dream| dream.to_string()).as_deref().map(str::as_bytes))
        .number(wanted.expires_at.map_or(i64::MAX, |at| at.timestamp_micros()))
        .finish()
}
