//! HistoryService: revisions. One file an RPC.

mod get_revision;
mod list_revisions;
pub(super) mod revision;

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
}
