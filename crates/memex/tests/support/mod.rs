//! A server that answers by script and remembers what it was asked, and the command as a process.

mod admin;
mod dreams;
mod history;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use memex_proto::reason::Refusal;
use memex_proto::v1::admin_service_server::AdminServiceServer;
use memex_proto::v1::dream_admin_service_server::DreamAdminServiceServer;
use memex_proto::v1::history_service_server::HistoryServiceServer;
use memex_proto::v1::memory_service_server::{MemoryService, MemoryServiceServer};
use memex_proto::v1::*;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::metadata::MetadataMap;
use tonic::{Code, Request, Response, Status};

/// What is answered, and what was asked.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<Lines>>);

/// The script's lines.
#[derive(Default)]
pub struct Lines {
    /// What ListFiles gives.
    pub files: Vec<File>,
    /// What the next WriteFile calls are answered; then each is done.
    pub write_answers: VecDeque<Status>,
    /// The writes that came.
    pub writes: Vec<WriteFileRequest>,
    /// What ReadFile gives, by path.
    pub texts: HashMap<String, FileContent>,
    /// What every ReadFile is answered instead, where something.
    pub reads_fail: Option<Status>,
    /// The reads that came.
    pub reads: Vec<ReadFileRequest>,
    /// What the next BatchReadFiles calls are answered: OK is done; then each is.
    pub batch_answers: VecDeque<Status>,
    /// What the next PatchFile, DeleteFile and MoveFile calls are answered: OK is done; then each is.
    pub change_answers: VecDeque<Status>,
    /// The size that a file has after a patch.
    pub patched_bytes: i64,
    /// The patches that came.
    pub patches: Vec<PatchFileRequest>,
    /// The deletions that came.
    pub deletions: Vec<DeleteFileRequest>,
    /// The moves that came.
    pub moves: Vec<MoveFileRequest>,
    /// Revisions, differences, watches.
    pub history: history::HistoryLines,
    /// What ListDreams gives.
    pub dreams: Vec<Dream>,
    /// Decisions, watches, the status.
    pub decisions: dreams::DecisionLines,
    /// The states that a dream goes through, one a GetDream; the last stays.
    pub dream_states: VecDeque<DreamState>,
    /// What GetChangeset gives beside the dream.
    pub changeset: GetChangesetResponse,
    /// Users, tokens, erasures, archives.
    pub admin: admin::AdminLines,
    /// What SearchFiles finds.
    pub passages: Vec<Passage>,
    /// The searches that came.
    pub searches: Vec<SearchFilesRequest>,
    /// What Recall gives.
    pub recall: RecallResponse,
    /// What the next StartDream calls are answered; then each is done.
    pub start_answers: VecDeque<Status>,
    /// StartDream's metadata.
    pub started: Option<MetadataMap>,
}

/// The message of a scripted status that stands for no answer at all: the call stays open.
pub const UNANSWERED: &str = "unanswered";

impl Script {
    /// The lines, to set and to look at.
    pub fn lines(&self) -> std::sync::MutexGuard<'_, Lines> {
        self.0.lock().unwrap()
    }

    /// Serves on a free port of this machine until the runtime ends.
    pub async fn serve(&self) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tonic::transport::Server::builder()
            .add_service(MemoryServiceServer::new(self.clone()))
            .add_service(AdminServiceServer::new(self.clone()))
            .add_service(HistoryServiceServer::new(self.clone()))
            .add_service(DreamAdminServiceServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        address
    }

    /// Notes what came, and gives what is to be said: the lines are let go before anybody waits.
    fn scripted(&self, note: impl FnOnce(&mut Lines) -> Option<Status>) -> Option<Status> {
        note(&mut self.lines())
    }
}

#[tonic::async_trait]
impl MemoryService for Script {
    async fn list_files(&self, asked: Request<ListFilesRequest>) -> Result<Response<ListFilesResponse>, Status> {
        let ListFilesRequest { prefix, include_deleted, .. } = asked.into_inner();
        let wanted = |file: &&File| file.path.starts_with(&prefix) && (include_deleted || !file.deleted);
        let files = self.lines().files.iter().filter(wanted).cloned().collect();
        Ok(Response::new(ListFilesResponse { files, next_page_token: String::new() }))
    }

    async fn read_file(&self, asked: Request<ReadFileRequest>) -> Result<Response<ReadFileResponse>, Status> {
        let mut lines = self.lines();
        let asked = asked.into_inner();
        lines.reads.push(asked.clone());
        if let Some(failure) = lines.reads_fail.clone() {
            return Err(failure);
        }
        match lines.texts.get(&asked.path).cloned() {
            Some(file) => Ok(Response::new(ReadFileResponse { file: Some(file) })),
            None => Err(Refusal::new(ErrorReason::FileNotFound, "there is no file at this path").into_status()),
        }
    }

    async fn batch_read_files(
        &self,
        asked: Request<BatchReadFilesRequest>,
    ) -> Result<Response<BatchReadFilesResponse>, Status> {
        let read = |path: String| {
            let file = Some(File { path: path.clone(), version: 1, ..File::default() });
            let content = FileContent { file, content: format!("text of {path}\n"), origins: Vec::new() };
            BatchReadFilesResult { path, result: Some(batch_read_files_result::Result::File(content)) }
        };
        let results = asked.into_inner().paths.into_iter().map(read).collect();
        let scripted = self.lines().batch_answers.pop_front();
        answered(scripted, BatchReadFilesResponse { results }).await
    }

    async fn write_file(&self, asked: Request<WriteFileRequest>) -> Result<Response<WriteFileResponse>, Status> {
        let asked = asked.into_inner();
        let file = Some(File { path: asked.path.clone(), version: 4, ..File::default() });
        let scripted = self.scripted(|lines| {
            lines.writes.push(asked);
            lines.write_answers.pop_front()
        });
        answered(scripted, WriteFileResponse { file, changed: true, revision_id: "rev_1".to_owned() }).await
    }

    async fn patch_file(&self, asked: Request<PatchFileRequest>) -> Result<Response<PatchFileResponse>, Status> {
        let asked = asked.into_inner();
        let size_bytes = self.lines().patched_bytes;
        let file = Some(File { path: asked.path.clone(), version: 5, size_bytes, ..File::default() });
        let once = |edit: &Edit| matches!(&edit.kind, Some(edit::Kind::AppendLines(append)) if append.skip_if_present);
        let skipped_lines = if asked.edits.iter().any(once) { 3 } else { 0 };
        let scripted = self.scripted(|lines| {
            lines.patches.push(asked);
            lines.change_answers.pop_front()
        });
        let revision_id = "rev_2".to_owned();
        answered(scripted, PatchFileResponse { file, changed: true, revision_id, skipped_lines }).await
    }

    async fn delete_file(&self, asked: Request<DeleteFileRequest>) -> Result<Response<DeleteFileResponse>, Status> {
        let scripted = self.scripted(|lines| {
            lines.deletions.push(asked.into_inner());
            lines.change_answers.pop_front()
        });
        answered(scripted, DeleteFileResponse { version: 6, revision_id: "rev_3".to_owned() }).await
    }

    async fn move_file(&self, asked: Request<MoveFileRequest>) -> Result<Response<MoveFileResponse>, Status> {
        let asked = asked.into_inner();
        let file = Some(File { path: asked.new_path.clone(), version: 7, ..File::default() });
        let changed = asked.path != asked.new_path;
        let scripted = self.scripted(|lines| {
            lines.moves.push(asked);
            lines.change_answers.pop_front()
        });
        answered(scripted, MoveFileResponse { file, changed, revision_id: "rev_4".to_owned() }).await
    }

    async fn search_files(&self, asked: Request<SearchFilesRequest>) -> Result<Response<SearchFilesResponse>, Status> {
        let mut lines = self.lines();
        lines.searches.push(asked.into_inner());
        Ok(Response::new(SearchFilesResponse { passages: lines.passages.clone() }))
    }

    async fn recall(&self, _: Request<RecallRequest>) -> Result<Response<RecallResponse>, Status> {
        Ok(Response::new(self.lines().recall.clone()))
    }
}

/// What the script says of a call, or that it is done.
async fn answered<T>(scripted: Option<Status>, done: T) -> Result<Response<T>, Status> {
    match scripted {
        Some(status) if status.message() == UNANSWERED => std::future::pending().await,
        Some(status) if status.code() != Code::Ok => Err(status),
        _ => Ok(Response::new(done)),
    }
}

/// What the command printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// Runs `memex` in `home`, with nothing of this process's environment but what is given.
pub async fn memex(home: &Path, env: &[(&str, String)], args: &[&str]) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memex"));
    command.args(args).current_dir(home).env_clear().env("HOME", home).envs(env.iter().cloned());
    command.stdin(Stdio::null());
    // On a thread of its own: the script is served by this runtime meanwhile.
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let Output { status, stdout, stderr } = output;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code().unwrap(), out: text(stdout), err: text(stderr) }
}

/// The environment that leads to `address`.
pub fn connected(address: SocketAddr) -> [(&'static str, String); 3] {
    [
        ("MEMEX_ENDPOINT", format!("http://{address}")),
        ("MEMEX_TOKEN", "mx_canary".to_owned()),
        ("MEMEX_USER", "ada".to_owned()),
    ]
}
