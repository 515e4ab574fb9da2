//! UpdateConfig: sets workspace keys, all or nothing.

use memex_core::keys::{Key, Level, Narrowing, key};
use memex_proto::v1 as pb;

use super::get_config::entry;
use crate::auth::Caller;
use crate::error::{Result, field};
use crate::services::context::Context;
use crate::services::once::Once;
use crate::services::request::CallDigest;
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;
use crate::store::settings::{lock_workspace, set_keys_in, set_keys_in_force};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    request: pb::UpdateConfigRequest,
) -> Result<pb::UpdateConfigResponse> {
    let store = &context.store;
    let scope = store.shared_scope(caller.workspace_id).await?;
    let changes = changes(&request)?;
    let place = LogPlace::shared(scope);
    let once = Once::new(context.guards, &caller, place, &request.request_id, digest(&changes))?;
    let mut tx = store.begin().await?;
    lock_workspace(&mut tx, caller.workspace_id).await?;
    let answer = once.run(tx, async |tx| set(tx, &caller, &changes).await).await?;
    // What a changed key means for who is due is worked off now; where this fails, the sweep does it.
    if let Err(error) = store.rearm_changed().await {
        tracing::warn!(%error, "users could not be armed again after a key changed; the next sweep does it");
    }
    Ok(answer)
}

/// Sets the keys. Whether they narrow is judged here: the deployment may say otherwise by the time of a repeat.
async fn set(
    tx: &mut Connection,
    caller: &Caller,
    changes: &[(&'static Key, Option<String>)],
) -> Result<pb::UpdateConfigResponse> {
    let deployment = set_keys_in_force(tx, 0).await?;
    for (key, value) in changes {
        narrows(key, value.as_deref(), |level| {
            deployment.iter().find(|row| row.level == level && row.key == key.name).map(|row| row.value.as_str())
        })?;
    }
    let values: Vec<(&str, Option<String>)> = changes.iter().map(|(key, value)| (key.name, value.clone())).collect();
    let canceled = set_keys_in(tx, caller.workspace_id, &values, &caller.actor).await?;
    let set = set_keys_in_force(tx, caller.workspace_id).await?;
    Ok(pb::UpdateConfigResponse {
        entries: changes.iter().map(|(key, _)| entry(key, &set)).collect(),
        canceled_dreams: i32::try_from(canceled).unwrap_or(i32::MAX),
    })
}

/// The changes in a stable order, each checked: a value, or `None` for a reset.
fn changes(request: &pb::UpdateConfigRequest) -> Result<Vec<(&'static Key, Option<String>)>> {
    let mut changes = Vec::new();
    for (name, value) in &request.values {
        let key = workspace_key(name)?;
        let value = key.check(value).map_err(|refusal| field(&format!("values[{name}]"), refusal.to_string()))?;
        if key.name == "dream_curator" && value == "llm" {
            return Err(
                field("values[dream_curator]", "the llm curator is not part of this build; only builtin is").into()
            );
        }
        changes.push((key, Some(value)));
    }
    for name in &request.reset_keys {
        if request.values.contains_key(name) {
            return Err(field("reset_keys", format!("{name} is set and reset in one call")).into());
        }
        changes.push((workspace_key(name)?, None));
    }
    if changes.is_empty() {
        return Err(field("values", "name at least one key").into());
    }
    changes.sort_by_key(|(key, _)| key.name);
    Ok(changes)
}

fn workspace_key(name: &str) -> Result<&'static Key> {
    let known =
        key(name).ok_or_else(|| field("values", format!("there is no key {name:?}; `memex config get` lists them")))?;
    if known.is_set_at(Level::Workspace) {
        Ok(known)
    } else {
        Err(field("values", format!("{name} is the deployment's: `memory-api config set {name} …` sets it")).into())
    }
}

/// A workspace may only narrow what the deployment says.
fn narrows<'v>(key: &Key, value: Option<&'v str>, deployment: impl Fn(Level) -> Option<&'v str>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    let at = |level| if level == Level::Workspace { Some(value) } else { deployment(level) };
    if key.narrow == Narrowing::Smallest && key.is_set_at(Level::Deployment) && key.effective(at) != value {
        return Err(
            field(&format!("values[{}]", key.name), "a workspace may only narrow what the deployment allows").into()
        );
    }
    Ok(())
}

fn digest(changes: &[(&'static Key, Option<String>)]) -> [u8; 32] {
    let begin = CallDigest::of("UpdateConfig");
    changes
        .iter()
        .fold(begin, |digest, (key, value)| digest.text(key.name).optional(value.as_deref().map(str::as_bytes)))
        .finish()
}
