//! WatchDream: what a dream does, until it has ended. Its row is asked for again and again, because the dream's calls may
//! reach any replica.

use std::collections::VecDeque;
use std::time::Duration;

use futures::stream::BoxStream;
use memex_core::actor::Operation;
use memex_core::ids::DreamId;
use memex_proto::v1 as pb;
use memex_proto::v1::DreamEvent;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::get_changeset::staged;
use super::reach::{not_found, reach};
use crate::auth::Caller;
use crate::convert::dream_message;
use crate::error::Result;
use crate::services::context::{AboutCell, Context};
use crate::store::changesets::staged_after;
use crate::store::dreams::watched_dream;

/// The stream of a watch.
pub(super) type Events = BoxStream<'static, Result<pb::WatchDreamResponse, Status>>;

/// How often Postgres is asked.
const POLL: Duration = Duration::from_millis(300);

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    metadata: MetadataMap,
    request: pb::WatchDreamRequest,
) -> Result<Events> {
    let dream = reach(context, &caller, &about, "", &request.dream_id).await?;
    context.store.show_dream(dream, Operation::WatchDream, &caller).await?.ok_or_else(not_found)?;
    let watch =
        Watch { context: context.clone(), metadata, dream, seen: None, ops: 0, waiting: VecDeque::new(), ended: false };
    Ok(watch.stream())
}

/// What was seen of the dream at the last look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    state: pb::DreamState,
    attempts: i32,
    sealed: bool,
    read_bytes: i64,
    refused_ops: i32,
}

/// A watch: what it has told, and what waits to be told.
struct Watch {
    context: Context,
    /// Who watches: asked for again at each look, so that a revoked token ends the watch.
    metadata: MetadataMap,
    dream: DreamId,
    seen: Option<Seen>,
    /// The number of the last op that was told.
    ops: i32,
    waiting: VecDeque<pb::WatchDreamResponse>,
    ended: bool,
}

impl Watch {
    /// Ends with the dream, with the service, with the token, and when nobody listens.
    fn stream(self) -> Events {
        Box::pin(futures::stream::unfold(Some(self), |watch| async {
            let mut watch = watch?;
            match watch.next().await {
                Ok(Some(event)) => Some((Ok(event), Some(watch))),
                Ok(None) => None,
                Err(error) => Some((Err(Status::from(watch.context.store.overloaded_or_away(error))), None)),
            }
        }))
    }

    async fn next(&mut self) -> Result<Option<pb::WatchDreamResponse>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            if self.ended || self.context.shutdown.is_triggered() {
                return Ok(None);
            }
            if self.seen.is_some() {
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    () = self.context.shutdown.triggered() => return Ok(None),
                }
            }
            self.context.tokens.caller(&self.metadata).await?;
            self.look().await?;
        }
    }

    /// Reads the dream as it is now, and notes what happened since the last look, in the order in which dreams do it.
    async fn look(&mut self) -> Result<()> {
        let (row, sealed) = watched_dream(self.context.store.pool(), self.dream).await?.ok_or_else(not_found)?;
        let dream = dream_message::dream(row);
        let usage = dream.usage.unwrap_or_default();
        let now = Seen {
            state: dream.state(),
            attempts: dream.attempts,
            sealed,
            read_bytes: usage.read_bytes,
            refused_ops: usage.refused_ops,
        };
        let before = self.seen.replace(now);
        let again = before.is_some_and(|before| before.attempts != now.attempts);
        if again {
            self.ops = 0;
        }
        let started = before.is_some_and(|before| before.state != now.state) && now.state == pb::DreamState::Running;
        if before.is_none() || started {
            self.tell(DreamEvent::State, &dream, None);
        }
        if before.is_some_and(|before| now.read_bytes > before.read_bytes) {
            self.tell(DreamEvent::Read, &dream, None);
        }
        for op in staged_after(self.context.store.pool(), self.dream, self.ops).await? {
            self.ops = op.number;
            self.tell(DreamEvent::Staged, &dream, Some(staged(op)));
        }
        if before.is_some_and(|before| now.refused_ops > before.refused_ops) {
            self.tell(DreamEvent::Refused, &dream, None);
        }
        if before.is_some_and(|before| now.sealed && !before.sealed) {
            self.tell(DreamEvent::Judging, &dream, None);
        }
        self.ended = !matches!(now.state, pb::DreamState::Requested | pb::DreamState::Running);
        if before.is_some_and(|before| before.state != now.state) && !started {
            self.tell(DreamEvent::State, &dream, None);
        }
        Ok(())
    }

    fn tell(&mut self, event: DreamEvent, dream: &pb::Dream, op: Option<pb::StagedOp>) {
        self.waiting.push_back(pb::WatchDreamResponse { event: event.into(), dream: Some(dream.clone()), op });
    }
}
