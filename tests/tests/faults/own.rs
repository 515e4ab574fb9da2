//! A Postgres of a test's own, which it stops and starts again, and what memory-api says of its health meanwhile.

use std::path::Path;

use memex_proto::v1::{CreateTokenRequest, Role};
use memex_runtime::client::{ClientSettings, connect};
use memex_stack::postgres::{Embedded, EmbeddedOptions};
use memex_stack::stack::Clients;
use memex_stack::stack::sqlx::PgPool;
use memory_api::args::DatabaseArgs;
use memory_api::commands::bootstrap::{BootstrapArgs, bootstrap};
use memory_api::commands::migrate_database;
use tests::ask;
use tests::waiting::until;
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::process::Process;

/// The services that cannot be called without Postgres.
pub const SERVICES: [&str; 5] = [
    "memex.v1.MemoryService",
    "memex.v1.HistoryService",
    "memex.v1.DreamService",
    "memex.v1.DreamAdminService",
    "memex.v1.AdminService",
];

/// A Postgres of the test's own; `durable`: what is committed is on disk.
pub async fn start(dir: &Path, durable: bool) -> Embedded {
    let options = EmbeddedOptions { name: "memex fault test".into(), durable, ..EmbeddedOptions::new(dir) };
    Embedded::start(options).await.unwrap()
}

/// A migrated database with its tokens, dreaming switched on: where it is.
pub async fn set_up(dir: &Path, postgres: &Embedded) -> String {
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
                      SELECT w, k, v, 'test' FROM (SELECT workspace_id FROM mx_workspace UNION ALL SELECT 0) AS s(w),
                        (VALUES ('dream_enabled', 'true'), ('dream_concurrency', '16')) AS t(k, v)";
    ask::change(&owner, statement, &[]).await;
    owner.close().await;
    url
}

/// The token of the operator or the worker.
pub fn token(dir: &Path, whose: &str) -> String {
    std::fs::read_to_string(dir.join(format!("{whose}.token"))).unwrap().trim().to_owned()
}

/// An agent of a user, with a token that it is given now.
pub async fn agent_of(operator: &Clients, memory_api: &Process, user: &str) -> Clients {
    let request = CreateTokenRequest { role: Role::Agent.into(), user_id: user.into(), ..Default::default() };
    let made = operator.admin.clone().create_token(request).await.unwrap().into_inner();
    Clients::at(&memory_api.endpoint(), &made.token)
}

/// Waits until these services have this health.
pub async fn becomes(process: &Process, names: &[&str], status: ServingStatus) {
    for name in names {
        until(&format!("{name} is {}", status.as_str_name()), async || {
            (health(process, name).await == status).then_some(())
        })
        .await;
    }
}

/// The health of one service; empty: whether the process lives.
pub async fn health(process: &Process, service: &str) -> ServingStatus {
    let mut client = HealthClient::new(connect(&ClientSettings::new(&process.endpoint()).unwrap()));
    let request = HealthCheckRequest { service: service.to_owned() };
    match client.check(request).await {
        Ok(answer) => answer.into_inner().status(),
        Err(status) if status.code() == Code::NotFound => ServingStatus::ServiceUnknown,
        Err(status) => panic!("health is always answered: {status}"),
    }
}
