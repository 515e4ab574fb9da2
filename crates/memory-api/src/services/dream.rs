//! DreamService: what a worker calls. One file an RPC.

mod claim_dreams;
mod finish_dream;
mod renew_lease;

use memex_core::actor::Operation;
use memex_core::ids::DreamId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::dream_service_server::DreamService;
use tonic::{Request, Response, Status};

use super::context::Context;
use crate::error::field;

/// The service.
#[derive(Clone)]
pub struct Dreams {
    context: Context,
}

impl Dreams {
    /// Over what every service shares.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

#[tonic::async_trait]
impl DreamService for Dreams {
    async fn claim_dreams(
        &self,
        request: Request<pb::ClaimDreamsRequest>,
    ) -> Result<Response<pb::ClaimDreamsResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, _| claim_dreams::handle(&self.context, caller, request);
        self.context.answer(&metadata, Operation::Claim, handle).await
    }

    async fn renew_lease(
        &self,
        request: Request<pb::RenewLeaseRequest>,
    ) -> Result<Response<pb::RenewLeaseResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, _| renew_lease::handle(&self.context, caller, request);
        self.context.answer(&metadata, Operation::Renew, handle).await
    }

    async fn finish_dream(
        &self,
        request: Request<pb::FinishDreamRequest>,
    ) -> Result<Response<pb::FinishDreamResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, _| finish_dream::handle(&self.context, caller, request);
        self.context.answer(&metadata, Operation::Finish, handle).await
    }
}

/// A dream's id as the wire has it.
pub(super) fn dream_id(text: &str) -> Result<DreamId, Refusal> {
    text.parse().map_err(|_| field("dream_id", "must be a dream's id, drm_…"))
}
