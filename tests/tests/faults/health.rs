//! Postgres goes and comes back: liveness stays, readiness follows, and both services recover by themselves.

use memex_proto::v1::{ErrorReason, StartDreamRequest};
use memex_stack::stack::Clients;
use tests::messy;
use tests::refused::reason;
use tests::waiting::until;
use tonic_health::pb::health_check_response::ServingStatus;
use uuid::Uuid;

use crate::own::{SERVICES, agent_of, becomes, health, set_up, start, token};
use crate::process::Process;

const WORKER: [&str; 1] = ["dream-worker"];

/// How often Postgres goes.
const OUTAGES: usize = 2;

#[tokio::test]
async fn liveness_stays_without_postgres_and_readiness_comes_back_with_it() {
    let dir = tempfile::Builder::new().prefix("memex-fault-").tempdir().unwrap();
    let mut postgres = start(dir.path(), false).await;
    let url = set_up(dir.path(), &postgres).await;
    let memory_api = Process::memory_api(&url, "").await;
    let worker = Process::dream_worker_with(&token(dir.path(), "worker"), &memory_api.endpoint(), "worker", "").await;
    let operator = Clients::at(&memory_api.endpoint(), &token(dir.path(), "operator"));
    become_healthy(&memory_api, &worker).await;
    let agent = agent_of(&operator, &memory_api, "ada").await;
    for (path, text) in messy::FILES {
        agent.write(path, text).overwrite().id(Uuid::new_v4()).await.unwrap();
    }

    for outage in 0..OUTAGES {
        postgres.stop().await;
        becomes(&memory_api, &SERVICES, ServingStatus::NotServing).await;
        becomes(&worker, &WORKER, ServingStatus::NotServing).await;
        for process in [&memory_api, &worker] {
            assert_eq!(health(process, "").await, ServingStatus::Serving, "liveness does not ask for Postgres");
        }
        let (text, id) = (format!("- Outage {outage} came."), Uuid::new_v4());
        let write = agent.write("user/outage.md", &text).overwrite().id(id);
        let refused = write.clone().await.unwrap_err();
        assert_eq!(reason(&refused), ErrorReason::DatabaseUnavailable, "{refused}");

        postgres = start(dir.path(), false).await;
        become_healthy(&memory_api, &worker).await;
        let written = write.await.unwrap();
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
    until("the worker dreams again", async || agent.read("user/dream-log.md").await.ok()).await;
    worker.stop().await;
    memory_api.stop().await;
    postgres.stop().await;
}

#[tokio::test]
async fn services_that_start_before_postgres_wait_for_it() {
    let dir = tempfile::Builder::new().prefix("memex-fault-").tempdir().unwrap();
    let postgres = start(dir.path(), false).await;
    let url = set_up(dir.path(), &postgres).await;
    postgres.stop().await;
    let memory_api = Process::memory_api(&url, "").await;
    let worker = Process::dream_worker_with(&token(dir.path(), "worker"), &memory_api.endpoint(), "worker", "").await;
    becomes(&memory_api, &SERVICES, ServingStatus::NotServing).await;
    assert_eq!(health(&memory_api, "").await, ServingStatus::Serving);
    let postgres = start(dir.path(), false).await;
    become_healthy(&memory_api, &worker).await;
    worker.stop().await;
    memory_api.stop().await;
    postgres.stop().await;
}

async fn become_healthy(memory_api: &Process, worker: &Process) {
    becomes(memory_api, &SERVICES, ServingStatus::Serving).await;
    becomes(worker, &WORKER, ServingStatus::Serving).await;
}
