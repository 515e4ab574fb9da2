//! ExportUser: a user's whole memory as the lines of an archive.

use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::BoxStream;
use memex_core::actor::Operation;
use memex_proto::v1 as pb;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::metadata::MetadataMap;

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

/// How long a caller may leave a part waiting.
const SLOWEST: Duration = Duration::from_secs(20);

/// How long an export may take: the snapshot keeps Postgres from cleaning up meanwhile. Its transaction may be idle for
/// as long: a page has many parts, and each may wait.
const LONGEST: Duration = Duration::from_secs(900);

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    metadata: MetadataMap,
    request: pb::ExportUserRequest,
) -> Result<Archive> {
    let user = caller.user(&request.user_id, context.guards.scope)?;
    let scope = context.known_scope(&caller, &user).await?;
    about.scope(scope);
    let (snapshot, header) = context.store.snapshot(scope, LONGEST).await?.ok_or_else(erased)?;
    // Committed before the first part leaves, and no part of what is exported.
    context.store.log_ok(scope, Operation::Export, "", &caller).await?;
    let (to, from) = mpsc::channel(WAITING_PARTS);
    let export = Export { context: context.clone(), metadata, scope, snapshot, to };
    let store = context.store.clone();
    let writing = tokio::spawn(async move {
        let written = export.write(&header);
        let result = tokio::time::timeout(LONGEST, written).await;
        let result = result.unwrap_or_else(|_| Err(stalled("the export was not done", LONGEST).into()));
        result.map_err(|error| store.overloaded_or_away(error))
    });
    Ok(archive(from, writing))
}

/// The parts, and then how the writing ended: a channel that is full keeps no error from a caller, who would take what
/// they have for the whole.
fn archive(parts: mpsc::Receiver<Vec<u8>>, writing: JoinHandle<Result<()>>) -> Archive {
    let parts = futures::stream::unfold(Some((parts, writing)), |going| async {
        let (mut parts, writing) = going?;
        if let Some(part) = parts.recv().await {
            return Some((Ok(pb::ExportUserResponse { part }), Some((parts, writing))));
        }
        let ended = writing.await.unwrap_or(Err(Error::Unexpected("writing an archive panicked")));
        ended.err().map(|error| (Err(error.into()), None))
    });
    parts.boxed()
}

/// An export under way.
struct Export {
    context: Context,
    /// Who exports: asked for again before each page, so that a revoked token ends the export.
    metadata: MetadataMap,
    scope: i64,
    snapshot: Snapshot,
    to: mpsc::Sender<Vec<u8>>,
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

    /// Whether the export may go on, which its snapshot cannot tell.
    ///
    /// # Errors
    /// The token's refusal, and USER_ERASED.
    async fn goes_on(&self) -> Result<()> {
        self.context.tokens.caller(&self.metadata).await?;
        match self.context.store.watch_reach(Some(self.scope)).await?.scope {
            Some((_, false)) => Ok(()),
            Some((_, true)) | None => Err(erased().into()),
        }
    }

    async fn memory(&mut self, parts: &mut Parts) -> Result<()> {
        let mut path = String::new();
        loop {
            self.goes_on().await?;
            let page = self.snapshot.files(&path).await?;
            let Some(last) = page.last() else { break };
            path.clone_from(&last.path);
            for line in page {
                self.line(parts, &Line::File(line)).await?;
            }
        }
        let mut sequence = 0;
        loop {
            self.goes_on().await?;
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
            self.goes_on().await?;
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
            self.goes_on().await?;
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
            self.goes_on().await?;
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
            self.goes_on().await?;
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
        let sent = self.to.send_timeout(part, SLOWEST).await;
        sent.map_err(|_| stalled("no part was taken", SLOWEST).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_export_that_fails_while_its_caller_is_slow_never_ends_as_a_whole_one() {
        let (to, from) = mpsc::channel(WAITING_PARTS);
        for _ in 0..WAITING_PARTS {
            to.try_send(b"part".to_vec()).unwrap();
        }
        let writing = tokio::spawn(async move {
            drop(to);
            Err(stalled("no part was taken", SLOWEST).into())
        });
        let mut read: Vec<_> = archive(from, writing).collect().await;
        let last = read.pop().unwrap();
        assert_eq!(last.unwrap_err().code(), tonic::Code::DeadlineExceeded);
        assert!(read.len() == WAITING_PARTS && read.iter().all(Result::is_ok));
    }

    #[tokio::test]
    async fn an_export_whose_writing_panics_never_ends_as_a_whole_one() {
        let (_, from) = mpsc::channel(WAITING_PARTS);
        let read: Vec<_> = archive(from, tokio::spawn(async { panic!("a defect") })).collect().await;
        assert!(read.len() == 1 && read[0].is_err());
    }
}
