//! WatchChanges: every change once, in order within a scope.

mod cursor;
mod feed;

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::BoxStream;
use memex_core::actor::{Operation, Role};
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataMap;

use crate::auth::{Caller, wrong_user};
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::store::watch::{Reach, Window};
use cursor::{Cursor, Cursors, expired};
use feed::{Feed, Whose};

/// The stream of a watch.
pub(super) type Changes = BoxStream<'static, Result<pb::WatchChangesResponse, Status>>;

/// How long a watch should wait for a database that is made ready.
const RESTORED_RETRY: Duration = Duration::from_secs(1);

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    metadata: MetadataMap,
    request: pb::WatchChangesRequest,
) -> Result<Changes> {
    let whose = whose(context, &caller, &request)?;
    let user = match &whose {
        Whose::User(user) => Some(user),
        Whose::Workspace => None,
    };
    let shared = context.store.shared_scope(caller.workspace_id).await?;
    let (scope, reach) = reached(context, &caller, user).await?;
    about.scope(scope.unwrap_or(shared));
    let cursors = Cursors::of(caller.workspace_id, user.map(|user| user.as_str()));
    let begun = cursors.read(&request.cursor)?;
    let cursor = match (begun, reach.epoch) {
        (Some(cursor), _) => going_on(cursor, &whose, scope, reach)?,
        (None, Some(epoch)) => Cursor { epoch, at: first(&whose, scope, reach, request.from_beginning) },
        (None, None) => return Err(restored().into()),
    };
    context.store.log_ok(scope.unwrap_or(shared), Operation::Watch, "", &caller).await?;
    let mut feed = Feed {
        context: context.clone(),
        metadata,
        workspace_id: caller.workspace_id,
        whose,
        cursors,
        cursor,
        waiting: VecDeque::new(),
        ended: false,
        caught_up: false,
        sent_at: Instant::now(),
    };
    if begun.is_none() {
        feed.waiting.push_back(feed.event(None));
    }
    Ok(feed.stream())
}

/// The scope of the user who is watched, where there is one, and how far may be read.
async fn reached(context: &Context, caller: &Caller, user: Option<&UserId>) -> Result<(Option<i64>, Reach)> {
    let scope = match user {
        Some(_) => context.store.find_scope(caller.workspace_id, user).await?,
        None => None,
    };
    let mut reach = context.store.watch_reach(scope).await?;
    if reach.epoch.is_none() {
        context.store.epoch_begins().await;
        reach = context.store.watch_reach(scope).await?;
    }
    if scope.is_none() || reach.scope.is_some() {
        return Ok((scope, reach));
    }
    // What this process remembers is from before they were erased: they may have another since, and a watch of that one
    // begins where it is now.
    context.store.forget_scope(caller.workspace_id, user);
    let scope = context.store.find_scope(caller.workspace_id, user).await?;
    let reach = context.store.watch_reach(scope).await?;
    Ok((scope.filter(|_| reach.scope.is_some()), reach))
}

/// The refusal of a watch before the life of the database has begun that it would be of.
fn restored() -> Refusal {
    let message = "the database was restored, or another took over, and is made ready for watches; try again soon";
    Refusal::new(ErrorReason::DatabaseUnavailable, message).retry_after(RESTORED_RETRY)
}

/// The cursor, where it is of this life of the database and of the scope that the user has.
fn going_on(cursor: Cursor, whose: &Whose, scope: Option<i64>, reach: Reach) -> Result<Cursor, Refusal> {
    // Another scope of the same user: the one that was watched was erased.
    let another = matches!(whose, Whose::User(_)) && cursor.at.scope != 0 && Some(cursor.at.scope) != scope;
    if another || !cursor.is_within(reach) { Err(expired()) } else { Ok(cursor) }
}

/// Where a watch without a cursor begins. That of a workspace begins with the transactions that are open now.
fn first(whose: &Whose, scope: Option<i64>, reach: Reach, from_beginning: bool) -> Window {
    let now = match whose {
        Whose::User(_) => {
            let sequence = reach.scope.map_or(0, |(sequence, _)| sequence);
            Window { from: 0, to: 0, scope: scope.unwrap_or(0), sequence }
        }
        Whose::Workspace => Window::unread(reach.horizon, reach.horizon),
    };
    if from_beginning { Window { from: 0, to: 0, sequence: 0, ..now } } else { now }
}

/// Whose changes the caller may watch.
fn whose(context: &Context, caller: &Caller, request: &pb::WatchChangesRequest) -> Result<Whose> {
    if !request.all_users {
        return Ok(Whose::User(caller.user(&request.user_id, context.guards.scope)?));
    }
    if caller.role == Role::Agent {
        let rule = "an agent watches one user; all_users is for a backend, operator or auditor";
        return Err(Refusal::new(ErrorReason::RoleRequired, rule).into());
    }
    if caller.bound_user.is_some() && context.guards.scope {
        return Err(wrong_user().into());
    }
    if !request.user_id.is_empty() {
        return Err(field("user_id", "must be empty with all_users").into());
    }
    Ok(Whose::Workspace)
}
