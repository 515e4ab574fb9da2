//! The script's revisions, differences and watches.

use std::collections::VecDeque;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use memex_proto::v1::history_service_server::HistoryService;
use memex_proto::v1::*;
use tonic::{Request, Response, Status};

use super::{Script, answered};

/// What is answered about history, and what was asked.
#[derive(Default)]
pub struct HistoryLines {
    /// What ListRevisions gives, one a page; GetRevision gives the first.
    pub revisions: Vec<Revision>,
    /// What DiffRevisions gives.
    pub diff: DiffRevisionsResponse,
    /// What BlameFile gives.
    pub blame: BlameFileResponse,
    /// What the next RestoreRevision calls are answered; then each is done.
    pub restore_answers: VecDeque<Status>,
    /// The restores that came.
    pub restores: Vec<RestoreRevisionRequest>,
    /// One watch after the other: what each sends before it ends; with none left, a watch stays open.
    pub watches: VecDeque<Vec<Result<WatchChangesResponse, Status>>>,
    /// The watches that came.
    pub watched: Vec<WatchChangesRequest>,
}

#[tonic::async_trait]
impl HistoryService for Script {
    type WatchChangesStream = BoxStream<'static, Result<WatchChangesResponse, Status>>;

    async fn list_revisions(
        &self,
        asked: Request<ListRevisionsRequest>,
    ) -> Result<Response<ListRevisionsResponse>, Status> {
        let at: usize = asked.into_inner().page_token.parse().unwrap_or(0);
        let all = &self.lines().history.revisions;
        let next_page_token = if at + 1 < all.len() { (at + 1).to_string() } else { String::new() };
        let revisions = all.get(at).cloned().into_iter().collect();
        Ok(Response::new(ListRevisionsResponse { revisions, next_page_token }))
    }

    async fn get_revision(&self, _: Request<GetRevisionRequest>) -> Result<Response<GetRevisionResponse>, Status> {
        let revision = self.lines().history.revisions.first().cloned();
        Ok(Response::new(GetRevisionResponse { revision, content: "its text\n".to_owned() }))
    }

    async fn diff_revisions(
        &self,
        _: Request<DiffRevisionsRequest>,
    ) -> Result<Response<DiffRevisionsResponse>, Status> {
        Ok(Response::new(self.lines().history.diff.clone()))
    }

    async fn blame_file(&self, _: Request<BlameFileRequest>) -> Result<Response<BlameFileResponse>, Status> {
        Ok(Response::new(self.lines().history.blame.clone()))
    }

    async fn restore_revision(
        &self,
        asked: Request<RestoreRevisionRequest>,
    ) -> Result<Response<RestoreRevisionResponse>, Status> {
        let scripted = self.scripted(|lines| {
            lines.history.restores.push(asked.into_inner());
            lines.history.restore_answers.pop_front()
        });
        let file = Some(File { path: "user/a.md".to_owned(), version: 9, ..File::default() });
        answered(scripted, RestoreRevisionResponse { file, changed: true, revision_id: "rev_9".to_owned() }).await
    }

    async fn watch_changes(
        &self,
        asked: Request<WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let mut lines = self.lines();
        lines.history.watched.push(asked.into_inner());
        Ok(Response::new(match lines.history.watches.pop_front() {
            Some(events) => stream::iter(events).boxed(),
            None => stream::pending().boxed(),
        }))
    }
}
