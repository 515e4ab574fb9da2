//! The script's users, tokens, erasures and archives.

use std::collections::VecDeque;

use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use memex_proto::v1::admin_service_server::AdminService;
use memex_proto::v1::import_user_request::Message;
use memex_proto::v1::*;
use tonic::{Request, Response, Status, Streaming};

use super::{Script, answered};

/// What is answered about people, and what was asked.
#[derive(Default)]
pub struct AdminLines {
    /// What ListUsers gives and GetUser gives the first of.
    pub users: Vec<User>,
    /// What GetUser is answered instead, where something.
    pub user_fails: Option<Status>,
    /// What ListAccessLog gives.
    pub access_log: Vec<AccessLogEntry>,
    /// What ListTokens gives.
    pub tokens: Vec<Token>,
    /// The listings of tokens that came.
    pub token_listings: Vec<ListTokensRequest>,
    /// The updates that came.
    pub updates: Vec<UpdateUserRequest>,
    /// What the next RedactRevision calls are answered; then nothing is left anywhere.
    pub redaction_answers: VecDeque<Result<RedactRevisionResponse, Status>>,
    /// The redactions that came.
    pub redactions: Vec<RedactRevisionRequest>,
    /// What the next EraseUser calls are answered; then each is begun.
    pub erase_answers: VecDeque<Status>,
    /// The erasures that came.
    pub erasures: Vec<EraseUserRequest>,
    /// How often GetErasure says that it runs.
    pub erasure_runs: usize,
    /// The parts of the archive, and how it ends early.
    pub archive: Vec<Result<Vec<u8>, Status>>,
    /// Whether the archive's stream then stays open.
    pub archive_stays_open: bool,
    /// How long the ImportUser calls that came are waited for, as gRPC says it.
    pub import_timeouts: Vec<String>,
    /// What the next ImportUser calls are answered once all is there; then each is done.
    pub import_answers: VecDeque<Status>,
    /// The imports that came whole: the header, and the parts.
    pub imports: Vec<(ImportHeader, Vec<Vec<u8>>)>,
}

fn erasure(state: ErasureState) -> Option<ErasureStatus> {
    Some(ErasureStatus { state: state.into(), deleted_rows: 7, token_id: "tok_1".to_owned(), ..Default::default() })
}

fn silent<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not in the script"))
}

#[tonic::async_trait]
impl AdminService for Script {
    type ExportUserStream = BoxStream<'static, Result<ExportUserResponse, Status>>;

    async fn get_config(&self, _: Request<GetConfigRequest>) -> Result<Response<GetConfigResponse>, Status> {
        silent()
    }

    async fn update_config(&self, _: Request<UpdateConfigRequest>) -> Result<Response<UpdateConfigResponse>, Status> {
        silent()
    }

    async fn pause_user(&self, _: Request<PauseUserRequest>) -> Result<Response<PauseUserResponse>, Status> {
        silent()
    }

    async fn resume_user(&self, _: Request<ResumeUserRequest>) -> Result<Response<ResumeUserResponse>, Status> {
        silent()
    }

    async fn list_access_log(
        &self,
        _: Request<ListAccessLogRequest>,
    ) -> Result<Response<ListAccessLogResponse>, Status> {
        let entries = self.lines().admin.access_log.clone();
        Ok(Response::new(ListAccessLogResponse { entries, next_page_token: String::new() }))
    }

    async fn create_token(&self, _: Request<CreateTokenRequest>) -> Result<Response<CreateTokenResponse>, Status> {
        silent()
    }

    async fn list_tokens(&self, asked: Request<ListTokensRequest>) -> Result<Response<ListTokensResponse>, Status> {
        let mut lines = self.lines();
        lines.admin.token_listings.push(asked.into_inner());
        let tokens = lines.admin.tokens.clone();
        Ok(Response::new(ListTokensResponse { tokens, next_page_token: String::new() }))
    }

    async fn revoke_token(&self, asked: Request<RevokeTokenRequest>) -> Result<Response<RevokeTokenResponse>, Status> {
        let id = asked.into_inner().token_id;
        let changed = self.lines().admin.tokens.iter().any(|token| token.token_id == id);
        Ok(Response::new(RevokeTokenResponse { changed }))
    }

    async fn list_users(&self, _: Request<ListUsersRequest>) -> Result<Response<ListUsersResponse>, Status> {
        let users = self.lines().admin.users.clone();
        Ok(Response::new(ListUsersResponse { users, next_page_token: String::new() }))
    }

    async fn get_user(&self, _: Request<GetUserRequest>) -> Result<Response<GetUserResponse>, Status> {
        let lines = self.lines();
        let user = lines.admin.users.first().cloned();
        lines.admin.user_fails.clone().map_or(Ok(Response::new(GetUserResponse { user })), Err)
    }

    async fn update_user(&self, asked: Request<UpdateUserRequest>) -> Result<Response<UpdateUserResponse>, Status> {
        let asked = asked.into_inner();
        self.lines().admin.updates.push(asked.clone());
        let user = User { user_id: asked.user_id, values: asked.values, ..User::default() };
        Ok(Response::new(UpdateUserResponse { user: Some(user).filter(|_| !asked.readmit), changed: true }))
    }

    async fn redact_revision(
        &self,
        asked: Request<RedactRevisionRequest>,
    ) -> Result<Response<RedactRevisionResponse>, Status> {
        let mut lines = self.lines();
        lines.admin.redactions.push(asked.into_inner());
        let done = RedactRevisionResponse { changed: true, ..Default::default() };
        lines.admin.redaction_answers.pop_front().unwrap_or(Ok(done)).map(Response::new)
    }

    async fn export_user(&self, _: Request<ExportUserRequest>) -> Result<Response<Self::ExportUserStream>, Status> {
        let (parts, open) = {
            let lines = self.lines();
            (lines.admin.archive.clone(), lines.admin.archive_stays_open)
        };
        let rest = if open { stream::pending().boxed() } else { stream::empty().boxed() };
        let parts = parts.into_iter().map(|part| part.map(|part| ExportUserResponse { part }));
        Ok(Response::new(stream::iter(parts).chain(rest).boxed()))
    }

    async fn import_user(
        &self,
        asked: Request<Streaming<ImportUserRequest>>,
    ) -> Result<Response<ImportUserResponse>, Status> {
        let timeout = asked.metadata().get("grpc-timeout").and_then(|timeout| timeout.to_str().ok()).map(str::to_owned);
        self.lines().admin.import_timeouts.extend(timeout);
        let (mut asked, mut header, mut parts) = (asked.into_inner(), ImportHeader::default(), Vec::new());
        while let Some(asked) = asked.message().await? {
            match asked.message {
                Some(Message::Header(sent)) => header = sent,
                Some(Message::Part(part)) => parts.push(part),
                None => {}
            }
        }
        let scripted = self.scripted(|lines| {
            lines.admin.imports.push((header, parts));
            lines.admin.import_answers.pop_front()
        });
        answered(scripted, ImportUserResponse { files: 1, revisions: 2, dreams: 3, access_log_rows: 4 }).await
    }

    async fn erase_user(&self, asked: Request<EraseUserRequest>) -> Result<Response<EraseUserResponse>, Status> {
        let mut lines = self.lines();
        lines.admin.erasures.push(asked.into_inner());
        match lines.admin.erase_answers.pop_front() {
            Some(refusal) => Err(refusal),
            None => Ok(Response::new(EraseUserResponse { erasure: erasure(ErasureState::Running) })),
        }
    }

    async fn get_erasure(&self, _: Request<GetErasureRequest>) -> Result<Response<GetErasureResponse>, Status> {
        let mut lines = self.lines();
        let state = if lines.admin.erasure_runs > 0 { ErasureState::Running } else { ErasureState::Done };
        lines.admin.erasure_runs = lines.admin.erasure_runs.saturating_sub(1);
        Ok(Response::new(GetErasureResponse { erasure: erasure(state) }))
    }
}
