//! Users with files and dreams at a memory-api process, and a call of every kind that changes something for them.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use memex_proto::reason::Refusal;
use memex_proto::v1::edit::Kind;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    AppendLines, ClaimDreamsRequest, CreateTokenRequest, DeleteFileRequest, Edit, ErrorReason, ListFilesRequest,
    MoveFileRequest, PatchFileRequest, PauseUserRequest, ReadFileRequest, Role, StartDreamRequest, UpdateConfigRequest,
    WriteFileRequest,
};
use memex_stack::stack::Clients;
use tests::hand::{HeldDream, claim};
use tests::refused::reason;
use tonic::Status;
use uuid::Uuid;

use crate::own::agent_of;
use crate::process::Process;

/// A call's name and its answer to come.
pub type Call = (String, BoxFuture<'static, Result<(), Status>>);

/// Who calls.
pub struct People {
    /// An agent of a user with files.
    agent: Clients,
    operator: Clients,
    worker: Clients,
    /// Dreams that the worker holds, each with an op.
    pub held: Vec<HeldDream>,
    /// Another user.
    other: String,
}

impl People {
    /// New users, `dreams` of them with a dream under way.
    pub async fn at(memory_api: &Process, operator: Clients, worker: Clients, dreams: usize) -> Self {
        let round = Uuid::new_v4().simple();
        for dreamer in 0..dreams {
            let user = format!("dreamer-{dreamer}-{round}");
            write(&agent_of(&operator, memory_api, &user).await, "user/a.md").await;
            let start = StartDreamRequest { user_id: user, ..Default::default() };
            operator.dream_admin.clone().start_dream(start).await.unwrap();
        }
        let held = claim(&worker, i32::try_from(dreams).unwrap()).await;
        assert_eq!(held.len(), dreams);
        for dream in &held {
            dream.stage("user/a.md", "- one\n- two\n", 1).await.unwrap();
        }
        let agent = agent_of(&operator, memory_api, &format!("writer-{round}")).await;
        for file in ["a", "b", "c"] {
            write(&agent, &format!("user/{file}.md")).await;
        }
        let other = format!("other-{round}");
        write(&agent_of(&operator, memory_api, &other).await, "user/a.md").await;
        Self { agent, operator, worker, held, other }
    }

    /// What changes files and dreams: a lane's, the pool's, with a transaction and without.
    pub fn changes(&self) -> Vec<Call> {
        let mut calls = self.files();
        for held in &self.held {
            let held = held.clone();
            calls.push(call("FinishDream", async move { held.finish().await }));
        }
        let start = StartDreamRequest { user_id: self.other.clone(), request_id: id(), ..Default::default() };
        let mut dream_admin = self.operator.dream_admin.clone();
        calls.push(call("StartDream", async move { dream_admin.start_dream(start).await }));
        calls
    }

    /// The same, and what only writes its log row, keys, tokens or leases.
    pub fn every_call(&self) -> Vec<Call> {
        let mut calls = self.changes();
        calls.extend(self.administration());
        for held in &self.held {
            let (renewing, staging) = (held.clone(), held.clone());
            calls.push(call("RenewLease", async move { renewing.renew().await }));
            calls.push(call("PatchFile in a dream", async move { staging.stage("user/b.md", "- three\n", 0).await }));
        }
        let mut dreams = self.worker.dream.clone();
        calls.push(call("ClaimDreams", async move {
            dreams.claim_dreams(ClaimDreamsRequest { worker_name: "by hand".into(), max: 1 }).await
        }));
        let (mut read, mut list) = (self.agent.memory.clone(), self.agent.memory.clone());
        calls.push(call("ReadFile", async move {
            read.read_file(ReadFileRequest { path: "user/c.md".into(), ..Default::default() }).await
        }));
        calls.push(call("ListFiles", async move { list.list_files(ListFilesRequest::default()).await }));
        calls
    }

    fn files(&self) -> Vec<Call> {
        let (mut write, mut patch, mut delete, mut move_file) = (
            self.agent.memory.clone(),
            self.agent.memory.clone(),
            self.agent.memory.clone(),
            self.agent.memory.clone(),
        );
        let written = written("user/new.md", id());
        let append = AppendLines { lines: vec!["- three".into()], ..Default::default() };
        let patched = PatchFileRequest {
            path: "user/a.md".into(),
            edits: vec![Edit { kind: Some(Kind::AppendLines(append)) }],
            request_id: id(),
            ..Default::default()
        };
        let deleted = DeleteFileRequest {
            path: "user/b.md".into(),
            expected_version: Some(1),
            request_id: id(),
            ..Default::default()
        };
        let moved = MoveFileRequest {
            path: "user/c.md".into(),
            new_path: "user/d.md".into(),
            request_id: id(),
            ..Default::default()
        };
        vec![
            call("WriteFile", async move { write.write_file(written).await }),
            call("PatchFile", async move { patch.patch_file(patched).await }),
            call("DeleteFile", async move { delete.delete_file(deleted).await }),
            call("MoveFile", async move { move_file.move_file(moved).await }),
        ]
    }

    fn administration(&self) -> Vec<Call> {
        let (mut pause, mut token, mut config) =
            (self.operator.admin.clone(), self.operator.admin.clone(), self.operator.admin.clone());
        let paused = PauseUserRequest { user_id: self.other.clone(), request_id: id(), ..Default::default() };
        let made = CreateTokenRequest { role: Role::Agent.into(), user_id: self.other.clone(), ..Default::default() };
        let values = [("dream_max_attempts".to_owned(), "4".to_owned())].into();
        let changed = UpdateConfigRequest { values, request_id: id(), ..Default::default() };
        vec![
            call("PauseUser", async move { pause.pause_user(paused).await }),
            call("CreateToken", async move { token.create_token(made).await }),
            call("UpdateConfig", async move { config.update_config(changed).await }),
        ]
    }
}

fn call<T>(name: &str, answer: impl Future<Output = Result<T, Status>> + Send + 'static) -> Call {
    (name.to_owned(), answer.map(|answer| answer.map(drop)).boxed())
}

fn written(path: &str, request_id: String) -> WriteFileRequest {
    WriteFileRequest {
        path: path.into(),
        content: "- one\n".into(),
        precondition: Some(Precondition::Overwrite(true)),
        request_id,
        ..Default::default()
    }
}

async fn write(agent: &Clients, path: &str) {
    agent.memory.clone().write_file(written(path, id())).await.unwrap();
}

/// Whether a call was told that the database is unavailable, and when to repeat it.
pub fn is_unavailable(status: &Status) -> bool {
    let waits = Refusal::of(status).is_some_and(|refusal| refusal.retry_after.is_some());
    reason(status) == ErrorReason::DatabaseUnavailable && waits
}

/// Whether a call was refused for what it asks.
pub fn is_refused_for_itself(status: &Status) -> bool {
    use ErrorReason::{DatabaseUnavailable, DeadlineExceeded, Internal, Overloaded, Unspecified};
    !matches!(reason(status), DatabaseUnavailable | DeadlineExceeded | Internal | Overloaded | Unspecified)
}

/// A call and its answer, as a test tells them.
pub fn told(name: &str, status: &Status) -> String {
    format!("{name}: {:?} {}", status.code(), reason(status).as_str_name())
}

fn id() -> String {
    Uuid::new_v4().to_string()
}
