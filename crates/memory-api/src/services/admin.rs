//! AdminService: settings, pauses, the access log and tokens. One file an RPC.

mod create_token;
mod erase_user;
mod export_user;
mod get_config;
mod get_erasure;
mod get_user;
mod import_user;
mod list_access_log;
mod list_tokens;
mod list_users;
mod pause_user;
mod readmit;
mod redact_revision;
mod resume_user;
mod revoke_token;
mod update_config;
mod update_user;
mod user;

use memex_core::actor::Operation;
use memex_proto::v1 as pb;
use memex_proto::v1::admin_service_server::AdminService;
use tonic::{Request, Response, Status, Streaming};

use super::context::Context;

pub use import_user::LONGEST as LONGEST_IMPORT;

/// The service.
#[derive(Clone)]
pub struct Admin {
    context: Context,
}

impl Admin {
    /// Over what every service shares.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

#[tonic::async_trait]
impl AdminService for Admin {
    async fn get_config(
        &self,
        request: Request<pb::GetConfigRequest>,
    ) -> Result<Response<pb::GetConfigResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, _| get_config::handle(&self.context, caller, request);
        self.context.answer(&metadata, Operation::GetConfig, handle).await
    }

    async fn update_config(
        &self,
        request: Request<pb::UpdateConfigRequest>,
    ) -> Result<Response<pb::UpdateConfigResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, _| update_config::handle(&self.context, caller, request);
        self.context.answer(&metadata, Operation::UpdateConfig, handle).await
    }

    async fn pause_user(
        &self,
        request: Request<pb::PauseUserRequest>,
    ) -> Result<Response<pb::PauseUserResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| pause_user::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::PauseUser, handle).await
    }

    async fn resume_user(
        &self,
        request: Request<pb::ResumeUserRequest>,
    ) -> Result<Response<pb::ResumeUserResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| resume_user::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::ResumeUser, handle).await
    }

    async fn list_access_log(
        &self,
        request: Request<pb::ListAccessLogRequest>,
    ) -> Result<Response<pb::ListAccessLogResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| list_access_log::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::ListAccessLog, handle).await
    }

    async fn create_token(
        &self,
        request: Request<pb::CreateTokenRequest>,
    ) -> Result<Response<pb::CreateTokenResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, _| create_token::handle(&self.context, caller, request);
        self.context.answer(&metadata, Operation::CreateToken, handle).await
    }

    async fn list_tokens(
        &self,
        request: Request<pb::ListTokensRequest>,
    ) -> Result<Response<pb::ListTokensResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| list_tokens::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::ListTokens, handle).await
    }

    async fn revoke_token(
        &self,
        request: Request<pb::RevokeTokenRequest>,
    ) -> Result<Response<pb::RevokeTokenResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| revoke_token::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::RevokeToken, handle).await
    }

    async fn list_users(
        &self,
        request: Request<pb::ListUsersRequest>,
    ) -> Result<Response<pb::ListUsersResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| list_users::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::ListUsers, handle).await
    }

    async fn get_user(&self, request: Request<pb::GetUserRequest>) -> Result<Response<pb::GetUserResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| get_user::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::GetUser, handle).await
    }

    async fn update_user(
        &self,
        request: Request<pb::UpdateUserRequest>,
    ) -> Result<Response<pb::UpdateUserResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| update_user::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::UpdateUser, handle).await
    }

    async fn redact_revision(
        &self,
        request: Request<pb::RedactRevisionRequest>,
    ) -> Result<Response<pb::RedactRevisionResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| redact_revision::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Redact, handle).await
    }

    async fn erase_user(
        &self,
        request: Request<pb::EraseUserRequest>,
    ) -> Result<Response<pb::EraseUserResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| erase_user::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Erase, handle).await
    }

    async fn get_erasure(
        &self,
        request: Request<pb::GetErasureRequest>,
    ) -> Result<Response<pb::GetErasureResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| get_erasure::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::GetErasure, handle).await
    }

    type ExportUserStream = export_user::Archive;

    async fn export_user(
        &self,
        request: Request<pb::ExportUserRequest>,
    ) -> Result<Response<Self::ExportUserStream>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| export_user::handle(&self.context, caller, about, metadata.clone(), request);
        self.context.answer(&metadata, Operation::Export, handle).await
    }

    async fn import_user(
        &self,
        request: Request<Streaming<pb::ImportUserRequest>>,
    ) -> Result<Response<pb::ImportUserResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| import_user::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Import, handle).await
    }
}
