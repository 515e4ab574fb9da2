//! ExportUser: a user's whole memory as the lines of an archive.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use memex_core::actor::Operation;
use memex_proto::v1 as pb;
use tokio::sync::mpsc;
use tonic::Status;

use crate::archive::{HeaderLine, Line, Parts};
use crate::auth::Caller;
use crate::error::erased;
use crate::error::{Error, Result, stalled};
use crate::services::context::{AboutCell, Context};
use crate::store::archive::Snapshot;

/// The stream of an export.
pub(super) type Archive = BoxStream<'static, Result<pb::ExportUserResponse, Status>>;

/// Parts that wait for a caller who reads slowly.
const WAITING_PARTS: usize = 4;

/// How long a caller may leave a part waiting: below the time after which Postgres ends an idle transaction.
const SLOWEST: Duration = Duration::from_secs(20);

/// How long an export may take: the snapshot keeps Postgres from cleaning up meanwhile.
const LONGEST: Duration = Duration::from_secs(900);

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::ExportUserRequest,
) -> Result<Archive> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let scope = context.known_scope(&caller, &user).await?;
    about.scope(scope);
    let (snapshot, header) = context.store.snapshot(scope).await?.ok_or_else(erased)?;
    // Committed before the first part leaves, and no part of what is exported.
    context.store.log_ok(scope, Operation::Export, "", &caller).await?;
    let (to, from) = mpsc::channel(WAITING_PARTS);
    tokio::spawn(async move {
        let written = Export { snapshot, to: to.clone() }.write(&header);
        let result = tokio::time::timeout(LONGEST, written).await;
        let result = result.unwrap_or_else(|_| Err(stalled("the export was not done", LONGEST).into()));
        if let Err(error) = result {
            // Nobody hears it where the caller has gone.
            let _ = to.try_send(Err(error.into()));
        }
    });
    let parts = futures::stream::unfold(from, |mut from| async { from.recv().await.map(|part| (part, from)) });
    Ok(parts.boxed())
}

/// An export under way.
struct Export {
    snapshot: Snapshot,
    to: mpsc::Sender<Result<pb::ExportUserResponse, Status>>,
}

impl Export {
    async fn write(mut self, header: &HeaderLine) -> Result<()> {
        let mut parts = Parts::begin(header)?;
        self.memory(&mut parts).await?;
        self.dreams(&mut parts).await?;
        self.access(&mut parts).await?;
        parts.end()?;
        self.send_full(&mut parts).await?;
        self.send(parts.rest()).await
    }

    async fn memory(&mut self, parts: &mut Parts) -> Result<()> {
        let mut path = String::new();
        loop {
            let page = self.snapshot.files(&path).await?;
            let Some(last) = page.last() else { break };
            path.clone_from(&last.path);
            for line in page {
                self.line(parts, &Line::File(line)).await?;
            }
        }
        let mut sequence = 0;
        loop {
            let page = self.snapshot.revisions(sequence).await?;
            let Some(last) = page.last() else { return Ok(()) };
            sequence = last.sequence;
            for line in page {
                self.line(parts, &Line::Revision(Box::new(line))).await?;
            }
        }
    }

    async fn dreams(&mut self, parts: &mut Parts) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.snapshot.dreams(after).await?;
            let Some((place, _)) = page.last() else { break };
            after = Some(*place);
            for (_, line) in page {
                self.line(parts, &Line::Dream(Box::new(line))).await?;
            }
        }
        self.kept(parts, 1).await?;
        let mut after = None;
        loop {
            let page = self.snapshot.ops(after).await?;
            let Some((place, _)) = page.last() else { break };
            after = Some(*place);
            for (_, line) in page {
                self.line(parts, &Line::DreamOp(Box::new(line))).await?;
            }
        }
        self.kept(parts, 2).await
    }

    async fn access(&mut self, parts: &mut Parts) -> Result<()> {
        let mut after = None;
        loop {
            let page = self.snapshot.access(after).await?;
            let Some((place, _)) = page.last() else { break };
            after = Some(*place);
            for (_, line) in page {
                self.line(parts, &Line::Access(Box::new(line))).await?;
            }
        }
        self.kept(parts, 3).await
    }

    /// What an archive brought along goes on as it came.
    async fn kept(&mut self, parts: &mut Parts, kind: i16) -> Result<()> {
        let mut number = 0;
        loop {
            let page = self.snapshot.kept(kind, number).await?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            number = *last;
            for (_, line) in page {
                let line = serde_json::from_str(&line).map_err(|_| Error::Unexpected("a kept line is no line"))?;
                self.line(parts, &line).await?;
            }
        }
    }

    async fn line(&mut self, parts: &mut Parts, line: &Line) -> Result<()> {
        parts.add(line)?;
        self.send_full(parts).await
    }

    async fn send_full(&mut self, parts: &mut Parts) -> Result<()> {
        while let Some(part) = parts.full() {
            self.send(part).await?;
        }
        Ok(())
    }

    async fn send(&mut self, part: Vec<u8>) -> Result<()> {
        let sent = self.to.send_timeout(Ok(pb::ExportUserResponse { part }), SLOWEST).await;
        sent.map_err(|_| stalled("no part was taken", SLOWEST).into())
    }
}
