//! GetStatus: how dreaming stands in the caller's workspace.

use memex_core::actor::Operation;
use memex_core::dream::DreamState;
use memex_proto::v1 as pb;

use crate::auth::{Caller, wrong_user};
use crate::convert::dream_message::state;
use crate::convert::timestamp;
use crate::error::Result;
use crate::services::context::{AboutCell, Context};
use crate::store::status::EndingCount;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    _: pb::GetStatusRequest,
) -> Result<pb::GetStatusResponse> {
    if caller.bound_user.is_some() && context.guards.scope {
        return Err(wrong_user().into());
    }
    let shared = context.store.shared_scope(caller.workspace_id).await?;
    about.scope(shared);
    let status = context.store.status(caller.workspace_id).await?;
    let endings = context.store.endings_of_a_day(caller.workspace_id).await?;
    context.store.log_ok(shared, Operation::GetStatus, "", &caller).await?;
    Ok(pb::GetStatusResponse {
        deployment_enabled: status.deployment_enabled,
        workspace_enabled: status.workspace_enabled,
        due: status.due,
        oldest_due_at: status.oldest_due_at.map(timestamp),
        requested: status.requested,
        running: status.running,
        waiting: status.waiting,
        parked: status.parked,
        paused: status.paused,
        endings: endings.into_iter().map(ending).collect(),
        at: Some(timestamp(status.at)),
    })
}

fn ending(count: EndingCount) -> pb::EndingCount {
    let ended = DreamState::parse(&count.state).map_or(pb::DreamState::Unspecified, state);
    pb::EndingCount { state: ended.into(), cause: count.cause, dreams: count.dreams }
}
