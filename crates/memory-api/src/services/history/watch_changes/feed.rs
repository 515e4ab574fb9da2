//! The events of one watch, page by page, and the stream that they become.

use std::collections::VecDeque;
use std::time::Duration;

use memex_core::ids::MemoryId;
use memex_core::user_id::UserId;
use memex_proto::v1 as pb;
use memex_proto::v1::watch_changes_response::Event;
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataMap;

use super::Changes;
use super::cursor::{Cursor, Cursors, expired};
use crate::convert::revision_message::revision;
use crate::error::Result;
use crate::services::context::Context;
use crate::store::watch::{Reach, Watched, Window};

/// Events that are read at once and wait for a slow caller; the next page is read when they are gone.
const PAGE: i64 = 500;

/// How often Postgres is asked while nothing happens.
const POLL: Duration = Duration::from_millis(500);

/// After how long without an event the cursor is sent alone.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Whose changes are watched.
#[derive(Clone, Debug)]
pub(super) enum Whose {
    /// A user's.
    User(UserId),
    /// Those of all users of the workspace, and what they share.
    Workspace,
}

/// A watch: where it is, and what was read and not sent yet.
pub(super) struct Feed {
    pub context: Context,
    /// Who watches: asked for again at each look, so that a revoked token ends the watch.
    pub metadata: MetadataMap,
    pub workspace_id: i64,
    pub whose: Whose,
    pub cursors: Cursors,
    pub cursor: Cursor,
    pub waiting: VecDeque<pb::WatchChangesResponse>,
    /// Whether the last event was read.
    pub ended: bool,
    /// Whether the last look found nothing: the next one comes after a while.
    pub caught_up: bool,
    pub sent_at: Instant,
}

impl Feed {
    /// The stream of the watch: ends with the service, with the token, after an erasure, and when nobody listens.
    pub fn stream(self) -> Changes {
        Box::pin(futures::stream::unfold(Some(self), |feed| async {
            let mut feed = feed?;
            match feed.next().await {
                Ok(Some(event)) => Some((Ok(event), Some(feed))),
                Ok(None) => None,
                Err(error) => Some((Err(Status::from(feed.context.store.overloaded_or_away(error))), None)),
            }
        }))
    }

    async fn next(&mut self) -> Result<Option<pb::WatchChangesResponse>> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                self.sent_at = Instant::now();
                return Ok(Some(event));
            }
            if self.ended || self.context.shutdown.is_triggered() {
                return Ok(None);
            }
            if self.caught_up {
                tokio::select! {
                    () = tokio::time::sleep(POLL) => {}
                    () = self.context.shutdown.triggered() => return Ok(None),
                }
            }
            self.context.tokens.caller(&self.metadata).await?;
            let before = self.cursor;
            self.look().await?;
            self.caught_up = self.waiting.is_empty();
            // A cursor that moved is told at once: whoever goes on from an old one reads everybody's changes since then again.
            if self.caught_up && (self.cursor != before || self.sent_at.elapsed() >= HEARTBEAT) {
                self.waiting.push_back(self.event(None));
            }
        }
    }

    /// Reads the next page, if there is one.
    async fn look(&mut self) -> Result<()> {
        match self.whose.clone() {
            Whose::User(user) => self.look_at_user(&user).await,
            Whose::Workspace => self.look_at_workspace().await,
        }
    }

    async fn look_at_user(&mut self, user: &UserId) -> Result<()> {
        let known = Some(self.cursor.at.scope).filter(|&scope| scope != 0);
        let found = match known {
            Some(scope) => Some(scope),
            None => self.context.store.find_scope(self.workspace_id, Some(user)).await?,
        };
        let Some(scope) = found else { return Ok(()) };
        let reach = self.reach(Some(scope)).await?;
        match reach.scope {
            Some((last, false)) => {
                self.cursor.at.scope = scope;
                if last <= self.cursor.at.sequence {
                    return Ok(());
                }
            }
            None if known.is_none() => {
                self.context.store.forget_scope(self.workspace_id, Some(user));
                return Ok(());
            }
            Some((_, true)) | None => {
                self.cursor.at.scope = scope;
                let event = Event::Erasure(erasure(scope, user.as_str().to_owned()));
                self.waiting.push_back(self.event(Some(event)));
                self.ended = true;
                return Ok(());
            }
        }
        for row in self.context.store.watch_scope(scope, self.cursor.at.sequence, PAGE).await? {
            let user_id = user.as_str().to_owned();
            self.push(Watched { scope, sequence: row.sequence, user_id, row: Some(row) });
        }
        Ok(())
    }

    /// Windows of settled transactions, one after the other: each is read to its end before the next begins. The one that
    /// a cursor was in may have nothing left; then the next is read too, since a watch that is cut short may never read it else.
    async fn look_at_workspace(&mut self) -> Result<()> {
        let horizon = self.reach(None).await?.horizon;
        while self.waiting.is_empty() && self.enter_window(horizon) {
            self.read_window().await?;
        }
        Ok(())
    }

    /// Enters the window that the cursor is in, else the one from its end to the horizon; false where there is none to read.
    fn enter_window(&mut self, horizon: i64) -> bool {
        let at = &mut self.cursor.at;
        if at.from == at.to {
            *at = Window::unread(at.from, horizon.max(at.to));
        }
        at.from != at.to
    }

    /// Reads a page of the window. The last event of the last page has the cursor behind the window.
    async fn read_window(&mut self) -> Result<()> {
        let page = self.context.store.watch_window(self.workspace_id, self.cursor.at, PAGE).await?;
        let is_last = i64::try_from(page.len()).is_ok_and(|rows| rows < PAGE);
        for watched in page {
            self.push(watched);
        }
        if is_last {
            let end = self.cursor.at.to;
            self.cursor.at = Window::unread(end, end);
            let cursor = self.cursors.text(self.cursor);
            if let Some(last) = self.waiting.back_mut() {
                last.cursor = cursor;
            }
        }
        Ok(())
    }

    /// How far may be read, in the life of the database that the cursor is of.
    async fn reach(&self, scope: Option<i64>) -> Result<Reach> {
        let reach = self.context.store.watch_reach(scope).await?;
        if self.cursor.is_within(reach) { Ok(reach) } else { Err(expired().into()) }
    }

    fn push(&mut self, watched: Watched) {
        let Watched { scope, sequence, user_id, row } = watched;
        (self.cursor.at.scope, self.cursor.at.sequence) = (scope, sequence);
        let event = match row {
            Some(row) => Event::Change(pb::ChangedFile {
                user_id,
                revision: Some(revision(scope, row)),
                memory_id: MemoryId(scope).to_string(),
            }),
            None => Event::Erasure(erasure(scope, user_id)),
        };
        self.waiting.push_back(self.event(Some(event)));
    }

    /// An event with the cursor as it is now; `None`: the cursor alone.
    pub fn event(&self, event: Option<Event>) -> pb::WatchChangesResponse {
        pb::WatchChangesResponse { cursor: self.cursors.text(self.cursor), event }
    }
}

fn erasure(scope: i64, user_id: String) -> pb::Erasure {
    pb::Erasure { user_id, memory_id: MemoryId(scope).to_string() }
}
