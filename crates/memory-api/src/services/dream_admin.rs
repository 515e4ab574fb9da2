//! DreamAdminService: dreams as operators and backends start, see and undo them. One file an RPC.

mod approve_dream;
mod cancel_dream;
mod get_changeset;
mod get_dream;
mod get_status;
mod list_dreams;
mod reach;
mod reject_dream;
mod revert_dream;
mod start_dream;
mod unpark_user;
mod watch_dream;

use memex_core::actor::Operation;
use memex_proto::v1 as pb;
use memex_proto::v1::dream_admin_service_server::DreamAdminService;
use tonic::{Request, Response, Status};

use super::context::Context;

/// The service.
#[derive(Clone)]
pub struct DreamAdmin {
    context: Context,
}

impl DreamAdmin {
    /// Over what every service shares.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

#[tonic::async_trait]
impl DreamAdminService for DreamAdmin {
    async fn start_dream(
        &self,
        request: Request<pb::StartDreamRequest>,
    ) -> Result<Response<pb::StartDreamResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| start_dream::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::StartDream, handle).await
    }

    async fn get_dream(&self, request: Request<pb::GetDreamRequest>) -> Result<Response<pb::GetDreamResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| get_dream::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::GetDream, handle).await
    }

    async fn list_dreams(
        &self,
        request: Request<pb::ListDreamsRequest>,
    ) -> Result<Response<pb::ListDreamsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| list_dreams::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::ListDreams, handle).await
    }

    async fn get_changeset(
        &self,
        request: Request<pb::GetChangesetRequest>,
    ) -> Result<Response<pb::GetChangesetResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| get_changeset::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::GetChangeset, handle).await
    }

    async fn approve_dream(
        &self,
        request: Request<pb::ApproveDreamRequest>,
    ) -> Result<Response<pb::ApproveDreamResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| approve_dream::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::ApproveDream, handle).await
    }

    async fn reject_dream(
        &self,
        request: Request<pb::RejectDreamRequest>,
    ) -> Result<Response<pb::RejectDreamResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| reject_dream::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::RejectDream, handle).await
    }

    async fn cancel_dream(
        &self,
        request: Request<pb::CancelDreamRequest>,
    ) -> Result<Response<pb::CancelDreamResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| cancel_dream::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::CancelDream, handle).await
    }

    async fn revert_dream(
        &self,
        request: Request<pb::RevertDreamRequest>,
    ) -> Result<Response<pb::RevertDreamResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| revert_dream::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::RevertDream, handle).await
    }

    async fn unpark_user(
        &self,
        request: Request<pb::UnparkUserRequest>,
    ) -> Result<Response<pb::UnparkUserResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| unpark_user::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::UnparkUser, handle).await
    }

    type WatchDreamStream = watch_dream::Events;

    async fn watch_dream(
        &self,
        request: Request<pb::WatchDreamRequest>,
    ) -> Result<Response<Self::WatchDreamStream>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| watch_dream::handle(&self.context, caller, about, metadata.clone(), request);
        self.context.answer(&metadata, Operation::WatchDream, handle).await
    }

    async fn get_status(
        &self,
        request: Request<pb::GetStatusRequest>,
    ) -> Result<Response<pb::GetStatusResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| get_status::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::GetStatus, handle).await
    }
}
