//! ListAccessLog: who did what, newest first.

use chrono::{DateTime, Utc};
use memex_core::actor::Operation;
use memex_core::ids::{DreamId, IdRefusal, TokenId};
use memex_core::limits;
use memex_core::path::MemoryPath;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use crate::auth::{Caller, wrong_user};
use crate::convert::{time, time_of_micros, timestamp};
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::page::{Listing, expired, page_size};
use crate::services::request::CallDigest;
use crate::store::access_list::{LogEntry, LogFilter, LogOf};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::ListAccessLogRequest,
) -> Result<pb::ListAccessLogResponse> {
    let dream = dream(&request.dream_id)?;
    let of = of(context, &caller, &request.user_id, dream).await?;
    if let LogOf::Scope(scope) | LogOf::Dream(scope, _) = of {
        about.scope(scope);
    }
    let mut filter = filter(of, &request)?;
    let size = page_size(request.page_size)?;
    let listing = listing(&filter);
    filter.before = before(&listing, &request.page_token)?;
    let limit = i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1);
    let mut rows = context.store.list_log(&filter, limit).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    let next_page_token = rows.last().filter(|_| more).map(|row| listing.token(&last(row))).unwrap_or_default();
    let scope = match of {
        LogOf::Scope(scope) | LogOf::Dream(scope, _) => scope,
        LogOf::Workspace(workspace) => context.store.shared_scope(workspace).await?,
    };
    context.store.log_ok(scope, Operation::ListAccessLog, filter.path.as_deref().unwrap_or(""), &caller).await?;
    Ok(pb::ListAccessLogResponse { entries: rows.into_iter().map(entry).collect(), next_page_token })
}

/// Whose rows: the user's, the dream's, or the whole workspace's.
async fn of(context: &Context, caller: &Caller, user: &str, dream: Option<DreamId>) -> Result<LogOf> {
    let scope = if caller.bound_user.is_some() || !user.is_empty() {
        let user = caller.user(user, context.guards.scope)?;
        Some(context.known_scope(caller, &user).await?)
    } else {
        None
    };
    let Some(dream) = dream else { return Ok(scope.map_or(LogOf::Workspace(caller.workspace_id), LogOf::Scope)) };
    let owner = context.store.scope_owner(dream.scope).await?;
    let own = owner.is_some_and(|(workspace, ..)| workspace == caller.workspace_id);
    if context.guards.scope && (!own || scope.is_some_and(|scope| scope != dream.scope)) {
        return Err(wrong_user().into());
    }
    Ok(LogOf::Dream(dream.scope, dream.id))
}

fn dream(text: &str) -> Result<Option<DreamId>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|refusal: IdRefusal| field("dream_id", refusal.to_string()))
}

fn filter(of: LogOf, request: &pb::ListAccessLogRequest) -> Result<LogFilter> {
    let path = match request.path.as_str() {
        "" => None,
        path => {
            let path = MemoryPath::parse(path).map_err(|refusal| {
                Refusal::new(ErrorReason::InvalidPath, refusal.to_string()).violation("path", refusal.to_string())
            })?;
            Some(path.as_str().to_owned())
        }
    };
    if request.actor.len() > limits::MAX_ACTOR_BYTES || request.actor.chars().any(char::is_control) {
        return Err(field("actor", format!("at most {} bytes of plain text", limits::MAX_ACTOR_BYTES)).into());
    }
    let at = |name, value: Option<&prost_types::Timestamp>| {
        value.map(|value| time(value).ok_or_else(|| field(name, "is no time"))).transpose()
    };
    Ok(LogFilter {
        of,
        path,
        actor: Some(request.actor.clone()).filter(|actor| !actor.is_empty()),
        from: at("from_time", request.from_time.as_ref())?,
        to: at("to_time", request.to_time.as_ref())?,
        before: None,
    })
}

/// Which listing a page token belongs to: everything that was asked for but the page.
fn listing(filter: &LogFilter) -> Listing {
    let (kind, of, dream) = match filter.of {
        LogOf::Scope(scope) => ("scope", scope, None),
        LogOf::Dream(scope, dream) => ("dream", scope, Some(dream)),
        LogOf::Workspace(workspace) => ("workspace", workspace, None),
    };
    let text = |text: &'_ Option<String>| text.clone().map(String::into_bytes);
    let micros = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_micros().to_be_bytes().to_vec());
    let rest = [
        dream.map(|id| id.as_bytes().to_vec()),
        text(&filter.path),
        text(&filter.actor),
        micros(filter.from),
        micros(filter.to),
    ];
    let digest = CallDigest::of("ListAccessLog").text(kind).number(of);
    Listing::of(rest.iter().fold(digest, |digest, field| digest.optional(field.as_deref())))
}

fn last(row: &LogEntry) -> Vec<u8> {
    [row.at.timestamp_micros().to_be_bytes(), row.entry_id.to_be_bytes()].concat()
}

/// The row below which the page begins.
fn before(listing: &Listing, page_token: &str) -> Result<Option<(DateTime<Utc>, i64)>, Refusal> {
    let Some(last) = listing.last(page_token)? else { return Ok(None) };
    let read = || {
        let (at, id) = last.split_first_chunk::<8>()?;
        Some((time_of_micros(i64::from_be_bytes(*at))?, i64::from_be_bytes(id.try_into().ok()?)))
    };
    read().map(Some).ok_or_else(expired)
}

fn entry(row: LogEntry) -> pb::AccessLogEntry {
    let operation = Operation::from_code(row.operation).map_or("unknown", Operation::as_str);
    pb::AccessLogEntry {
        at: Some(timestamp(row.at)),
        user_id: row.user_id,
        operation: operation.to_owned(),
        path: row.path,
        file_version: row.file_version,
        outcome: i32::from(row.outcome),
        reason: i32::from(row.reason),
        actor: row.actor,
        token_id: TokenId(row.principal).to_string(),
        dream_id: row.dream_id.map(|id| DreamId { scope: row.scope_id, id }.to_string()).unwrap_or_default(),
        trace_id: row.trace_id.as_deref().map(hex::encode).unwrap_or_default(),
        suppressed: row.suppressed,
    }
}
