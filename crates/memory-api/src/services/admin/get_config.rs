//! GetConfig: the workspace's keys with where each value comes from.

use memex_core::actor::Operation;
use memex_core::keys::{KEYS, Key, KeyKind, Level, key};
use memex_proto::v1 as pb;

use crate::auth::Caller;
use crate::convert::timestamp;
use crate::error::{Result, field};
use crate::services::context::Context;
use crate::store::settings::SetKey;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    request: pb::GetConfigRequest,
) -> Result<pb::GetConfigResponse> {
    let keys = known_keys(request.keys.iter().map(String::as_str))?;
    let set = context.store.set_keys_of(caller.workspace_id).await?;
    let scope = context.store.shared_scope(caller.workspace_id).await?;
    context.store.log_ok(scope, Operation::GetConfig, "", &caller).await?;
    Ok(pb::GetConfigResponse { entries: keys.into_iter().map(|key| entry(key, &set)).collect() })
}

/// The keys of those names; all where none is named.
pub(super) fn known_keys<'a>(names: impl Iterator<Item = &'a str>) -> Result<Vec<&'static Key>> {
    let named: Vec<&'static Key> = names
        .map(|name| {
            key(name)
                .ok_or_else(|| field("keys", format!("there is no key {name:?}; `memex config get` lists them")).into())
        })
        .collect::<Result<_>>()?;
    Ok(if named.is_empty() { KEYS.iter().collect() } else { named })
}

/// A key as callers see it.
pub(super) fn entry(key: &Key, set: &[SetKey]) -> pb::ConfigEntry {
    let at = |level: Level| set.iter().find(|row| row.level == level && row.key == key.name);
    let source = at(Level::Workspace).or_else(|| at(Level::Deployment));
    let level = match source.map(|row| row.level) {
        Some(Level::Workspace) => pb::ConfigLevel::Workspace,
        Some(_) => pb::ConfigLevel::Deployment,
        None => pb::ConfigLevel::Default,
    };
    pb::ConfigEntry {
        key: key.name.to_owned(),
        value: key.effective(|level| at(level).map(|row| row.value.as_str())),
        level: level.into(),
        default_value: key.default.to_owned(),
        allowed: allowed(key),
        updated_by: source.map(|row| row.updated_by.clone()).unwrap_or_default(),
        updated_at: source.map(|row| timestamp(row.updated_at)),
    }
}

fn allowed(key: &Key) -> String {
    match key.kind {
        KeyKind::Bool => "true or false".to_owned(),
        KeyKind::Choice(words) => words.join(", "),
        KeyKind::Integer { min, max, unit } => format!("{min} to {max} {unit}"),
        KeyKind::Phrases { most, length } => {
            format!("at most {most} phrases of at most {length} characters, divided by ;")
        }
    }
}
