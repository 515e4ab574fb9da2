//! MemoryService: files, outside a dream and within one. One file an RPC.

mod as_proposed;
mod batch_read_files;
mod delete_file;
mod in_dream;
mod list_files;
mod move_file;
mod patch_file;
pub(super) mod place;
mod ranking;
mod reach;
mod read_file;
mod recall;
mod search_files;
mod turns;
pub(super) mod write_file;

use std::sync::Arc;

use memex_core::actor::Operation;
use memex_proto::v1 as pb;
use memex_proto::v1::memory_service_server::MemoryService;
use memex_runtime::metrics::Meters;
use tonic::{Request, Response, Status};

use super::context::Context;
use ranking::Ranking;
use turns::Turns;

/// The service.
#[derive(Clone)]
pub struct Memory {
    context: Context,
    turns: Arc<Turns>,
    ranking: Arc<Ranking>,
}

impl Memory {
    /// Over what every service shares.
    pub fn new(context: Context, meters: &Meters) -> Self {
        let ranking = Arc::<Ranking>::default();
        ranking.observe(meters);
        Self { context, turns: Arc::default(), ranking }
    }
}

#[tonic::async_trait]
impl MemoryService for Memory {
    async fn list_files(
        &self,
        request: Request<pb::ListFilesRequest>,
    ) -> Result<Response<pb::ListFilesResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| list_files::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::List, handle).await
    }

    async fn read_file(&self, request: Request<pb::ReadFileRequest>) -> Result<Response<pb::ReadFileResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| read_file::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Read, handle).await
    }

    async fn batch_read_files(
        &self,
        request: Request<pb::BatchReadFilesRequest>,
    ) -> Result<Response<pb::BatchReadFilesResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| batch_read_files::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::BatchRead, handle).await
    }

    async fn write_file(
        &self,
        request: Request<pb::WriteFileRequest>,
    ) -> Result<Response<pb::WriteFileResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| write_file::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Write, handle).await
    }

    async fn patch_file(
        &self,
        request: Request<pb::PatchFileRequest>,
    ) -> Result<Response<pb::PatchFileResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| patch_file::handle(&self.context, &self.turns, caller, about, request);
        self.context.answer(&metadata, Operation::Patch, handle).await
    }

    async fn delete_file(
        &self,
        request: Request<pb::DeleteFileRequest>,
    ) -> Result<Response<pb::DeleteFileResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| delete_file::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Delete, handle).await
    }

    async fn move_file(&self, request: Request<pb::MoveFileRequest>) -> Result<Response<pb::MoveFileResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| move_file::handle(&self.context, caller, about, request);
        self.context.answer(&metadata, Operation::Move, handle).await
    }

    async fn search_files(
        &self,
        request: Request<pb::SearchFilesRequest>,
    ) -> Result<Response<pb::SearchFilesResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| search_files::handle(&self.context, &self.ranking, caller, about, request);
        self.context.answer(&metadata, Operation::Search, handle).await
    }

    async fn recall(&self, request: Request<pb::RecallRequest>) -> Result<Response<pb::RecallResponse>, Status> {
        let (metadata, _, request) = request.into_parts();
        let handle = |caller, about| recall::handle(&self.context, &self.ranking, caller, about, request);
        self.context.answer(&metadata, Operation::Recall, handle).await
    }
}
