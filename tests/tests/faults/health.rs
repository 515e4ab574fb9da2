//! Postgres goes and comes back: liveness stays, readiness follows, and both services recover by themselves.

use std::path::Path;

use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{
    CreateTokenRequest, ErrorReason, ReadFileRequest, Role, StartDreamRequest, WriteFileRequest, WriteFileResponse,
};
use memex_runtime::client::{ClientSettings, connect};
use memex_stack::postgres::{Embedded, EmbeddedOptions};
use memex_stack::stack::Clients;
use memex_stack::stack::sqlx::PgPool;
use memory_api::args::DatabaseArgs;
use memory_api::commands::bootstrap::{BootstrapArgs, bootstrap};
use memory_api::commands::migrate_database;
use tests::refused::reason;
use tests::waiting::until;
use tests::{ask, messy};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

use crate::process::Process;

/// The services that cannot be called without Postgres.
const SERVICES: [&str; 5] = [
    "memex.v1.MemoryService",
    "memex.v1.HistoryService",
    "memex.v1.DreamService",
    "memex.v1.DreamAdminService",
    "memex.v1.AdminService",
];

const WORKER: [&str; 1] = ["dream-worker"];

/// How often Postgres goes.
const OUTAGES: usize = 2;

#[tokio::test]
async fn liveness_stays_without_postgres_and_readiness_comes_back_with_it() {
    let dir = tempfile::Builder::new().prefix("memex-fault-").tempdir().unwrap();
    let mut postgres = start(dir.path()).await;
    let url = set_up(dir.path(), &postgres).await;
    let memory_api = Process::memory_api(&url, "").await;
    let worker = Process::dream_worker_with(&token(dir.path(), "worker"), &memory_api.endpoint(), "worker", "").await;
    let operator = Clients::at(&memory_api.endpoint(), &token(dir.path(), "operator"));
    become_healthy(&memory_api, &worker).await;
    let agent = agent(&operator, &memory_api).await;
    for (path, text) in messy::FILES {
        write(&agent, path, text, Uuid::new_v4()).await.unwrap();
    }

    for outage in 0..OUTAGES {
        postgres.stop().await;
        becomes(&memory_api, &SERVICES, ServingStatus::NotServing).await;
        becomes(&worker, &WORKER, ServingStatus::NotServing).await;
        for process in [&memory_api, &worker] {
            assert_eq!(health(process, "").await, ServingStatus::Serving, "liveness does not ask for Postgres");
        }
        let (text, id) = (format!("- Outage {outage} came."), Uuid::new_v4());
        let refused = write(&agent, "user/outage.md", &text, id).await.unwrap_err();
        assert_eq!(reason(&refused), ErrorReason::DatabaseUnavailable, "{refused}");

        postgres = start(dir.path()).await;
        become_healthy(&memory_api, &worker).await;
        let written = write(&agent, "user/outage.md", &text, id).await.unwrap();
        assert!(
            written.changed && written.file.unwrap().version == outage as i64 + 1,
            "the repeat with its id is the one write"
        );
    }

    operator
        .dream_admin
        .clone()
        .start_dream(StartDreamRequest { user_id: "ada".into(), ..Default::default() })
        .await
        .unwrap();
    until("the worker dreams again", async || (read(&agent, "user/dream-log.md").await.is_some()).then_some(())).await;
    worker.stop().await;
    memory_api.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn services_that_start_before_postgres_wait_for_it() {
    let dir = tempfile::Builder::new().prefix("memex-fault-").tempdir().unwrap();
    let postgres = start(dir.path()).await;
    let url = set_up(dir.path(), &postgres).await;
    postgres.stop().await;
    let memory_api = Process::memory_api(&url, "").await;
    let worker = Process::dream_worker_with(&token(dir.path(), "worker"), &memory_api.endpoint(), "worker", "").await;
    becomes(&memory_api, &SERVICES, ServingStatus::NotServing).await;
    assert_eq!(health(&memory_api, "").await, ServingStatus::Serving);
    let postgres = start(dir.path()).await;
    become_healthy(&memory_api, &worker).await;
    worker.stop().await;
    memory_api.stop().await;
    postgres.stop().await;
}

/// A Postgres of the test's own.
async fn start(dir: &Path) -> Embedded {
    let options = EmbeddedOptions { name: "memex fault test".into(), durable: false, ..EmbeddedOptions::new(dir) };
    Embedded::start(options).await.unwrap()
}

/// A migrated database with its tokens, dreaming switched on: where it is.
async fn set_up(dir: &Path, postgres: &Embedded) -> String {
    postgres.create_database("memex").await.unwrap();
    let url = postgres.owner_url("memex");
    let database =
        DatabaseArgs { database_url: Some(url.clone()), owner_database_url: None, max_connections: 2.into() };
    migrate_database(&database).await.unwrap();
    let made = BootstrapArgs {
        workspace: "main".into(),
        operator_token_file: dir.join("operator.token"),
        worker_token_file: dir.join("worker.token"),
        erasure_key_file: None,
        database,
    };
    bootstrap(&made).await.unwrap();
    let owner = PgPool::connect(&url).await.unwrap();
    let statement = "INSERT INTO mx_config (workspace_id, key, value, updated_by)
                      SELECT w, 'dream_enabled', 'true', 'test' FROM (SELECT workspace_id FROM mx_workspace UNION ALL SELECT 0) AS s(w)";
    ask::change(&owner, statement, &[]).await;
    owner.close().await;
    url
}

fn token(dir: &Path, whose: &str) -> String {
    std::fs::read_to_string(dir.join(format!("{whose}.token"))).unwrap().trim().to_owned()
}

async fn agent(operator: &Clients, memory_api: &Process) -> Clients {
    let request = CreateTokenRequest { role: Role::Agent.into(), user_id: "ada".into(), ..Default::default() };
    let made = operator.admin.clone().create_token(request).await.unwrap().into_inner();
    Clients::at(&memory_api.endpoint(), &made.token)
}

async fn write(agent: &Clients, path: &str, text: &str, id: Uuid) -> Result<WriteFileResponse, Box<Status>> {
    let request = WriteFileRequest {
        path: path.into(),
        content: text.into(),
        precondition: Some(Precondition::Overwrite(true)),
        request_id: id.to_string(),
        ..Default::default()
    };
    Ok(agent.memory.clone().write_file(request).await?.into_inner())
}

async fn read(agent: &Clients, path: &str) -> Option<String> {
    let answer = agent.memory.clone().read_file(ReadFileRequest { path: path.into(), ..Default::default() }).await;
    Some(answer.ok()?.into_inner().file?.content)
}

async fn become_healthy(memory_api: &Process, worker: &Process) {
    becomes(memory_api, &SERVICES, ServingStatus::Serving).await;
    becomes(worker, &WORKER, ServingStatus::Serving).await;
}

async fn becomes(process: &Process, names: &[&str], status: ServingStatus) {
    for name in names {
        until(&format!("{name} is {}", status.as_str_name()), async || {
            (health(process, name).await == status).then_some(())
        })
        .await;
    }
}

async fn health(process: &Process, service: &str) -> ServingStatus {
    let mut client = HealthClient::new(connect(&ClientSettings::new(&process.endpoint()).unwrap()));
    let request = HealthCheckRequest { service: service.to_owned() };
    match client.check(request).await {
        Ok(answer) => answer.into_inner().status(),
        Err(status) if status.code() == Code::NotFound => ServingStatus::ServiceUnknown,
        Err(status) => panic!("health is always answered: {status}"),
    }
}
