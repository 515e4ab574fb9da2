//! A whole worker over TCP: settings, health and the drain.

use std::sync::Arc;
use std::time::Duration;

use memex_core::clock::SystemClock;
use memex_runtime::client::Token;
use memex_runtime::lifecycle::{LifecycleArgs, Shutdown};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::fake::FakeApi;
use super::setup::one_due;
use crate::{HEALTH_SERVICE, Worker, WorkerArgs, WorkerError};

/// A limit on waiting, and never what decides.
const PATIENCE: Duration = Duration::from_secs(30);

async fn args(api: &FakeApi) -> WorkerArgs {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::builder().add_routes(api.routes()).serve_with_incoming(TcpListenerStream::new(listener)));
    WorkerArgs {
        dream_enabled: Some("true".to_owned()),
        endpoint: Some(format!("http://{address}")),
        worker_token: Some(Token::new("test", "mx_worker").unwrap()),
        worker_listen: "127.0.0.1:0".parse().unwrap(),
        poll_seconds: 0.05.into(),
        lifecycle: LifecycleArgs { drain_seconds: 0.into() },
        ..WorkerArgs::default()
    }
}

fn health(worker: &Worker) -> HealthClient<Channel> {
    let endpoint = Endpoint::try_from(format!("http://{}", worker.health_address())).unwrap();
    HealthClient::new(endpoint.connect_lazy())
}

async fn watched(client: &mut HealthClient<Channel>) -> Streaming<HealthCheckResponse> {
    client.watch(HealthCheckRequest { service: HEALTH_SERVICE.to_owned() }).await.unwrap().into_inner()
}

/// Waits until the watch says `status`.
async fn until(watch: &mut Streaming<HealthCheckResponse>, status: ServingStatus) {
    let said = async { while watch.message().await.unwrap().expect("the watch has ended").status() != status {} };
    tokio::time::timeout(PATIENCE, said).await.unwrap_or_else(|_| panic!("{status:?} was not said"));
}

#[tokio::test]
async fn readiness_follows_the_last_claim_and_ends_with_the_drain() {
    let api = FakeApi::default();
    let worker = Worker::bind(args(&api).await, Arc::new(SystemClock)).await.unwrap();
    let mut client = health(&worker);
    let shutdown = Shutdown::manual();
    let running = tokio::spawn(worker.run(shutdown.clone()));
    let mut watch = watched(&mut client).await;
    until(&mut watch, ServingStatus::Serving).await;
    api.script(|script| script.down = true);
    until(&mut watch, ServingStatus::NotServing).await;
    let alive = client.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(alive.status(), ServingStatus::Serving, "an unreachable memory-api is no reason to be killed");
    api.script(|script| script.down = false);
    until(&mut watch, ServingStatus::Serving).await;
    shutdown.trigger();
    until(&mut watch, ServingStatus::NotServing).await;
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn a_worker_that_is_told_to_end_hands_its_dream_back() {
    let api = one_due(&[]);
    api.hold("List");
    let worker = Worker::bind(args(&api).await, Arc::new(SystemClock)).await.unwrap();
    let shutdown = Shutdown::manual();
    let running = tokio::spawn(worker.run(shutdown.clone()));
    tokio::time::timeout(PATIENCE, api.until("List", 1)).await.unwrap();
    shutdown.trigger();
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap().unwrap();
    assert_eq!((api.count("Finish RELEASED"), api.count("Finish")), (1, 1), "{:?}", api.log());
}

#[tokio::test]
async fn a_worker_that_is_switched_off_is_healthy_and_claims_nothing() {
    let api = one_due(&[]);
    let args = WorkerArgs { dream_enabled: None, worker_token: None, ..args(&api).await };
    let worker = Worker::bind(args, Arc::new(SystemClock)).await.unwrap();
    let mut client = health(&worker);
    let shutdown = Shutdown::manual();
    let running = tokio::spawn(worker.run(shutdown.clone()));
    until(&mut watched(&mut client).await, ServingStatus::Serving).await;
    shutdown.trigger();
    tokio::time::timeout(PATIENCE, running).await.unwrap().unwrap().unwrap();
    assert_eq!(api.log(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_worker_is_not_heard_beyond_loopback_unless_told() {
    let args = WorkerArgs { worker_listen: "0.0.0.0:0".parse().unwrap(), ..args(&FakeApi::default()).await };
    let refused = Worker::bind(args, Arc::new(SystemClock)).await.err().unwrap();
    assert!(matches!(refused, WorkerError::Settings(_)) && refused.exit_code() == 64, "{refused}");
    let told = refused.to_string();
    assert!(told.contains("--worker-listen / MEMEX_WORKER_LISTEN: refusing to listen on 0.0.0.0:0"), "{told}");
}
