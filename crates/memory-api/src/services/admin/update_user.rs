//! UpdateUser: a user's own keys; `readmit.rs` has the readmission of one who was erased.

use memex_core::keys::{Key, Level, key};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use super::readmit::readmit;
use super::user::message;
use crate::auth::Caller;
use crate::error::{Result, erased};
use crate::services::context::{AboutCell, Context};
use crate::services::once::Once;
use crate::services::request::{CallDigest, request_id};
use crate::store::dreams::lock_scope;
use crate::store::log_place::LogPlace;
use crate::store::settings::{SetKey, set_keys_in_force};
use crate::store::users::{set_user_key, user};

/// A key of the user and its value; `None` for a reset.
type Change = (&'static Key, Option<String>);

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::UpdateUserRequest,
) -> Result<pb::UpdateUserResponse> {
    let asked = caller.user(&request.user_id, context.guards.scope)?;
    if request.readmit {
        return readmit(context, &caller, &asked, &request).await;
    }
    let changes = changes(&request)?;
    let id = request_id(&request.request_id)?;
    let scope = context.known_scope(&caller, &asked).await?;
    about.scope(scope);
    let digest = digest(asked.as_str(), &changes);
    let once = Once::with(context.guards, &caller, LogPlace::of(scope), id, digest);
    let mut tx = context.store.begin_on(scope).await?;
    if lock_scope(&mut tx, scope).await?.erasing {
        return Err(erased().into());
    }
    once.run(tx, async |tx| {
        // The workspace may say otherwise by the time of a repeat.
        narrow(&changes, &set_keys_in_force(tx, caller.workspace_id).await?)?;
        let mut changed = false;
        for (key, value) in &changes {
            changed |= set_user_key(tx, scope, key.name, value.as_deref(), &caller.actor).await?;
        }
        let state = user(&mut *tx, scope).await?.ok_or_else(erased)?;
        Ok(pb::UpdateUserResponse { user: Some(message(state)), changed })
    })
    .await
}

/// The changes in a stable order, or every mistake in them at once.
fn changes(request: &pb::UpdateUserRequest) -> Result<Vec<Change>, Refusal> {
    let mut changes: Vec<Change> = Vec::new();
    let mut mistakes: Vec<(String, String)> = Vec::new();
    for (name, value) in &request.values {
        match user_key(name).and_then(|key| Ok((key, key.check(value).map_err(|refusal| refusal.to_string())?))) {
            Ok((key, value)) => changes.push((key, Some(value))),
            Err(rule) => mistakes.push((format!("values[{name}]"), rule)),
        }
    }
    for name in &request.reset_keys {
        match user_key(name) {
            Ok(_) if request.values.contains_key(name) => {
                mistakes.push((format!("reset_keys[{name}]"), "is set and reset in one call".to_owned()));
            }
            Ok(key) => changes.push((key, None)),
            Err(rule) => mistakes.push((format!("reset_keys[{name}]"), rule)),
        }
    }
    if changes.is_empty() && mistakes.is_empty() {
        mistakes.push(("values".to_owned(), "name at least one key".to_owned()));
    }
    refuse(mistakes)?;
    changes.sort_by_key(|(key, _)| key.name);
    changes.dedup_by_key(|(key, _)| key.name);
    Ok(changes)
}

/// One refusal that names every mistake.
fn refuse(mut mistakes: Vec<(String, String)>) -> Result<(), Refusal> {
    if mistakes.is_empty() {
        return Ok(());
    }
    mistakes.sort();
    let text: Vec<String> = mistakes.iter().map(|(name, rule)| format!("{name}: {rule}")).collect();
    let refusal = Refusal::new(ErrorReason::FieldInvalid, text.join("; "));
    Err(mistakes.into_iter().fold(refusal, |refusal, (name, rule)| refusal.violation(name, rule)))
}

fn user_key(name: &str) -> Result<&'static Key, String> {
    key(name).filter(|key| key.is_set_at(Level::User)).ok_or_else(|| {
        let keys = memex_core::keys::KEYS.iter().filter(|key| key.is_set_at(Level::User));
        format!("is no key of a user; those are {}", keys.map(|key| key.name).collect::<Vec<_>>().join(", "))
    })
}

/// A user's key may only narrow what the workspace says: a value that would count for nothing is refused.
fn narrow(changes: &[Change], workspace: &[SetKey]) -> Result<(), Refusal> {
    let at = |key: &Key, level| {
        workspace.iter().find(|row| row.level == level && row.key == key.name).map(|row| row.value.as_str())
    };
    let mut mistakes = Vec::new();
    for (key, value) in changes {
        let Some(value) = value.as_deref() else { continue };
        let above = at(key, Level::Workspace).or_else(|| at(key, Level::Deployment)).unwrap_or(key.default);
        let in_force = key.effective(|level| match level {
            Level::Workspace => Some(above),
            Level::User => Some(value),
            _ => None,
        });
        if in_force != value {
            let rule = format!("may only narrow what the workspace says, which is {above}");
            mistakes.push((format!("values[{}]", key.name), rule));
        }
    }
    refuse(mistakes)
}

fn digest(user: &str, changes: &[Change]) -> [u8; 32] {
    let begin = CallDigest::of("UpdateUser").text(user);
    changes
        .iter()
        .fold(begin, |digest, (key, value)| digest.text(key.name).optional(value.as_deref().map(str::as_bytes)))
        .finish()
}
