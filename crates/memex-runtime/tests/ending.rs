//! How a server ends: readiness first, then the calls in flight, then everything.

mod common;

use std::time::Duration;

use common::{PATIENCE, Served, call};
use memex_runtime::server::{Drained, ServerLimits};
use tonic::Code;
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const SERVICE: &str = "test.Odd";

#[tokio::test]
async fn at_shutdown_readiness_goes_first_and_a_call_in_flight_gets_its_answer() {
    let mut served = Served::start(ServerLimits { drain_timeout: PATIENCE, ..ServerLimits::default() }).await;
    served.health.set(SERVICE, true).await;
    let client = served.client();
    let mut watching = HealthClient::new(client.clone())
        .watch(HealthCheckRequest { service: SERVICE.into() })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(watching.message().await.unwrap().unwrap().status, ServingStatus::Serving as i32);
    let mut calling = client.clone();
    let held = tokio::spawn(async move { call(&mut calling, "/test.Odd/Hold", &[]).await });
    served.until("holding").await;

    served.shutdown.trigger();
    assert_eq!(watching.message().await.unwrap().unwrap().status, ServingStatus::NotServing as i32);
    assert!(watching.message().await.unwrap().is_none(), "a watcher holds up the drain");
    assert!(!served.serving.is_finished(), "it did not wait for the call");

    served.release.notify_one();
    assert_eq!(held.await.unwrap().code(), Code::Ok);
    let address = served.address;
    assert_eq!(served.drained().await, Drained::Clean);
    tokio::net::TcpStream::connect(address).await.expect_err("still accepting");
}

#[tokio::test]
async fn a_call_that_outlives_the_drain_is_cut_and_dropped() {
    let mut served = Served::start(ServerLimits { drain_timeout: Duration::ZERO, ..ServerLimits::default() }).await;
    let mut client = served.client();
    let hanging = tokio::spawn(async move { call(&mut client, "/test.Odd/Hang", &[]).await });
    served.until("hanging").await;
    served.shutdown.trigger();
    served.until("dropped").await;
    assert_eq!(hanging.await.unwrap().code(), Code::Unavailable);
    assert_eq!(served.drained().await, Drained::Cut);
}

#[tokio::test]
async fn liveness_does_not_depend_on_any_service() {
    let served = Served::start(ServerLimits::default()).await;
    served.health.set(SERVICE, false).await;
    let mut health = HealthClient::new(served.client());
    let mut status = async |service: &str| {
        health.check(HealthCheckRequest { service: service.into() }).await.unwrap().into_inner().status()
    };
    assert_eq!(status("").await as i32, ServingStatus::Serving as i32);
    assert_eq!(status(SERVICE).await as i32, ServingStatus::NotServing as i32);
    served.health.set(SERVICE, true).await;
    assert_eq!(status(SERVICE).await as i32, ServingStatus::Serving as i32);
}

#[tokio::test]
async fn a_late_word_of_readiness_does_not_undo_the_end() {
    let served = Served::start(ServerLimits::default()).await;
    let health = served.health.clone();
    health.set(SERVICE, true).await;
    served.shutdown.trigger();
    assert_eq!(served.drained().await, Drained::Clean);
    health.set(SERVICE, true).await;
    // The same health, asked through a server that does not end.
    let listener = memex_runtime::server::bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = tonic::service::Routes::new(health.service());
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_routes(routes)
            .serve_with_incoming(tokio_stream::wrappers::TcpListenerStream::new(listener)),
    );
    let settings = memex_runtime::client::ClientSettings::new(&format!("http://{address}")).unwrap();
    let asked = HealthClient::new(memex_runtime::client::connect(&settings))
        .check(HealthCheckRequest { service: SERVICE.into() })
        .await;
    assert_eq!(asked.unwrap().into_inner().status, ServingStatus::NotServing as i32);
}
