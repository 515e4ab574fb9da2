//! A memory-api that keeps a script: what is due, which files there are, which calls fail, and what was called.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use memex_proto::v1::dream_service_server::{DreamService, DreamServiceServer};
use memex_proto::v1::memory_service_server::{MemoryService, MemoryServiceServer};
use memex_proto::v1::*;
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA};
use tokio::sync::{Semaphore, watch};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// Virtual time in most tests; a limit on waiting and never what decides.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// What the fake goes by, and what it saw.
#[derive(Default)]
pub struct Script {
    /// Granted to the next claims, in order.
    pub due: VecDeque<DreamAssignment>,
    /// The user's files, each at version 1.
    pub files: BTreeMap<String, String>,
    /// Answers that come instead of the real one, in order, by call.
    pub refusals: HashMap<&'static str, VecDeque<Status>>,
    /// Calls that wait for a permit.
    pub held: HashMap<&'static str, Arc<Semaphore>>,
    /// Every call fails as if nobody answered.
    pub down: bool,
    /// Renewals fail as if nobody answered.
    pub renewals_down: bool,
    /// What renewals answer.
    pub stop: StopReason,
    /// What is seen in the order of arrival: `Claim 3`, `List`, `Read 2`, `Stage user/a.md`, `Renew`, `Finish MORE`.
    pub log: Vec<String>,
    /// The ops that were sent, refused ones included.
    pub patches: Vec<PatchFileRequest>,
    /// The paths of each batch.
    pub batches: Vec<Vec<String>>,
    /// How dreams were finished.
    pub finished: Vec<FinishDreamRequest>,
    /// Dream id and fence that came with memory calls.
    pub metadata: Vec<(String, String)>,
}

/// The fake; clones are the same one.
#[derive(Clone, Default)]
pub struct FakeApi {
    script: Arc<Mutex<Script>>,
    seen: Arc<watch::Sender<usize>>,
}

impl FakeApi {
    pub fn script<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.script.lock().unwrap())
    }

    /// Makes `call` wait for [`FakeApi::release`].
    pub fn hold(&self, call: &'static str) {
        self.script(|script| script.held.insert(call, Arc::new(Semaphore::new(0))));
    }

    /// Lets `count` of the held calls go on.
    pub fn release(&self, call: &'static str, count: usize) {
        self.script(|script| script.held[call].add_permits(count));
    }

    pub fn refuse(&self, call: &'static str, with: Status) {
        self.script(|script| script.refusals.entry(call).or_default().push_back(with));
    }

    pub fn log(&self) -> Vec<String> {
        self.script(|script| script.log.clone())
    }

    /// How often something was called, such as `Claim` or `Finish RELEASED`.
    pub fn count(&self, call: &str) -> usize {
        self.log().iter().filter(|line| line.starts_with(call)).count()
    }

    /// Waits until `call` was called `count` times.
    pub async fn until(&self, call: &str, count: usize) {
        let mut seen = self.seen.subscribe();
        let reached = seen.wait_for(|_| self.count(call) >= count);
        let waited = tokio::time::timeout(PATIENCE, reached).await.is_ok();
        assert!(waited, "{call} was not called {count} times: {:?}", self.log());
    }

    pub fn routes(&self) -> Routes {
        Routes::new(MemoryServiceServer::new(self.clone())).add_service(DreamServiceServer::new(self.clone()))
    }

    /// Notes a call, then waits, fails or goes on as the script says.
    async fn enter(&self, call: &'static str, line: String) -> Result<(), Status> {
        let (held, refusal) = self.script(|script| {
            script.log.push(line);
            let down = script.down || (call == "Renew" && script.renewals_down);
            let refusal = if down {
                Some(Status::unavailable("nobody answers"))
            } else {
                script.refusals.get_mut(call).and_then(VecDeque::pop_front)
            };
            (script.held.get(call).cloned(), refusal)
        });
        self.seen.send_modify(|count| *count += 1);
        if let Some(held) = held {
            held.acquire().await.unwrap().forget();
        }
        refusal.map_or(Ok(()), Err)
    }

    fn note_metadata<T>(&self, request: &Request<T>) {
        let read = |name| request.metadata().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let pair = (read(DREAM_ID_METADATA), read(DREAM_FENCE_METADATA));
        self.script(|script| script.metadata.push(pair));
    }

    fn file(&self, path: &str) -> Option<FileContent> {
        let content = self.script(|script| script.files.get(path).cloned())?;
        let origin = LineOrigin { asserted_on: "2026-01-02".to_owned(), ..LineOrigin::default() };
        let origins = vec![origin; content.lines().count()];
        Some(FileContent { file: Some(file(path, &content)), content, origins })
    }
}

fn file(path: &str, content: &str) -> File {
    File { path: path.to_owned(), version: 1, size_bytes: content.len() as i64, ..File::default() }
}

#[tonic::async_trait]
impl DreamService for FakeApi {
    async fn claim_dreams(
        &self,
        request: Request<ClaimDreamsRequest>,
    ) -> Result<Response<ClaimDreamsResponse>, Status> {
        let max = request.into_inner().max as usize;
        self.enter("Claim", format!("Claim {max}")).await?;
        let assignments = self.script(|script| {
            let granted = max.min(script.due.len());
            script.due.drain(..granted).collect()
        });
        Ok(Response::new(ClaimDreamsResponse { assignments }))
    }

    async fn renew_lease(&self, _: Request<RenewLeaseRequest>) -> Result<Response<RenewLeaseResponse>, Status> {
        self.enter("Renew", "Renew".to_owned()).await?;
        let stop = self.script(|script| script.stop);
        Ok(Response::new(RenewLeaseResponse { stop: stop.into(), lease_expires_at: None }))
    }

    async fn finish_dream(
        &self,
        request: Request<FinishDreamRequest>,
    ) -> Result<Response<FinishDreamResponse>, Status> {
        let request = request.into_inner();
        let outcome = request.outcome().as_str_name().replace("FINISH_OUTCOME_", "");
        self.enter("Finish", format!("Finish {outcome}")).await?;
        self.script(|script| script.finished.push(request));
        Ok(Response::new(FinishDreamResponse { state: DreamState::Applied.into(), ..FinishDreamResponse::default() }))
    }
}

#[tonic::async_trait]
impl MemoryService for FakeApi {
    async fn list_files(&self, request: Request<ListFilesRequest>) -> Result<Response<ListFilesResponse>, Status> {
        self.note_metadata(&request);
        self.enter("List", "List".to_owned()).await?;
        let prefix = request.into_inner().prefix;
        let files = self.script(|script| {
            let all = script.files.iter().filter(|(path, _)| path.starts_with(&prefix));
            all.map(|(path, content)| file(path, content)).collect()
        });
        Ok(Response::new(ListFilesResponse { files, next_page_token: String::new() }))
    }

    async fn read_file(&self, _: Request<ReadFileRequest>) -> Result<Response<ReadFileResponse>, Status> {
        Err(Status::unimplemented("a dream reads in batches"))
    }

    async fn batch_read_files(
        &self,
        request: Request<BatchReadFilesRequest>,
    ) -> Result<Response<BatchReadFilesResponse>, Status> {
        self.note_metadata(&request);
        let paths = request.into_inner().paths;
        self.script(|script| script.batches.push(paths.clone()));
        self.enter("Read", format!("Read {}", paths.len())).await?;
        let results = paths.into_iter().map(|path| BatchReadFilesResult {
            result: Some(match self.file(&path) {
                Some(file) => batch_read_files_result::Result::File(file),
                None => batch_read_files_result::Result::Reason(ErrorReason::FileNotFound.into()),
            }),
            path,
        });
        Ok(Response::new(BatchReadFilesResponse { results: results.collect() }))
    }

    async fn write_file(&self, _: Request<WriteFileRequest>) -> Result<Response<WriteFileResponse>, Status> {
        Err(Status::unimplemented("a dream patches"))
    }

    async fn patch_file(&self, request: Request<PatchFileRequest>) -> Result<Response<PatchFileResponse>, Status> {
        self.note_metadata(&request);
        let request = request.into_inner();
        let path = request.path.clone();
        self.script(|script| script.patches.push(request));
        self.enter("Stage", format!("Stage {path}")).await?;
        Ok(Response::new(PatchFileResponse { changed: true, ..PatchFileResponse::default() }))
    }

    async fn delete_file(&self, _: Request<DeleteFileRequest>) -> Result<Response<DeleteFileResponse>, Status> {
        Err(Status::permission_denied("closed to workers"))
    }

    async fn move_file(&self, _: Request<MoveFileRequest>) -> Result<Response<MoveFileResponse>, Status> {
        Err(Status::permission_denied("closed to workers"))
    }

    async fn search_files(&self, _: Request<SearchFilesRequest>) -> Result<Response<SearchFilesResponse>, Status> {
        Err(Status::permission_denied("closed to workers"))
    }

    async fn recall(&self, _: Request<RecallRequest>) -> Result<Response<RecallResponse>, Status> {
        Err(Status::permission_denied("closed to workers"))
    }
}
