//! HistoryService: revisions. One file an RPC.

mod blame_file;
mod diff_revisions;
pub(super) mod get_revision;
mod list_revisions;
mod restore_revision;
mod watch_changes;

use memex_core::actor::Operation;
use memex_proto::v1 as pb;
use memex_proto::v1::history_service_server::HistoryService;
use tonic::{Request, Response, Status};

use super::context::Context;

/// The service.
#[derive(Clone)]
pub struct History {
    context: Context,
}

impl History {
    /// Over what every service shares.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

#[tonic::async_trait]
impl HistoryService for History {
    async fn list_revisions(
        &self,
        request: Request<pb::ListRevisionsRequest>,
    ) -> Result<Response<pb::ListRevisionsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| list_revisions::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::ListRevisions, handle).await
    }

    async fn get_revision(
        &self,
        request: Request<pb::GetRevisionRequest>,
    ) -> Result<Response<pb::GetRevisionResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| get_revision::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::GetRevision, handle).await
    }

    async fn diff_revisions(
        &self,
        request: Request<pb::DiffRevisionsRequest>,
    ) -> Result<Response<pb::DiffRevisionsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| diff_revisions::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Diff, handle).await
    }

    async fn blame_file(
        &self,
        request: Request<pb::BlameFileRequest>,
    ) -> Result<Response<pb::BlameFileResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| blame_file::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Blame, handle).await
    }

    async fn restore_revision(
        &self,
        request: Request<pb::RestoreRevisionRequest>,
    ) -> Result<Response<pb::RestoreRevisionResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| restore_revision::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Restore, handle).await
    }

    type WatchChangesStream = watch_changes::Changes;

    async fn watch_changes(
        &self,
        request: Request<pb::WatchChangesRequest>,
    ) -> Result<Response<Self::WatchChangesStream>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| watch_changes::handle(&self.context, caller, about, metadata.clone(), request);
        self.context.answer(&metadata, Operation::Watch, handle).await
    }
}
