//! What a caller gets, over a real connection, when a call goes wrong.

mod common;

use std::time::Duration;

use common::{Served, call};
use memex_runtime::client::{ClientSettings, connect};
use memex_runtime::server::ServerLimits;
use memex_runtime::unreadable::Unreadable;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::test]
async fn a_panic_is_answered_internal_and_the_connection_goes_on() {
    let mut served = Served::start(ServerLimits::default()).await;
    let mut client = served.client();
    // A second call is open on the same connection while the first one panics.
    let mut other = client.clone();
    let held = tokio::spawn(async move { call(&mut other, "/test.Odd/Hold", &[]).await });
    served.until("holding").await;

    let status = call(&mut client, "/test.Odd/Panic", &[]).await;
    assert_eq!(status.code(), Code::Internal);
    assert!(status.message().contains("trace"), "{status}");
    assert!(!status.message().contains("mx-canary"), "{status}");

    served.release.notify_one();
    assert_eq!(held.await.unwrap().code(), Code::Ok);
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
}

#[tokio::test]
async fn the_servers_maximum_is_answered_deadline_exceeded_and_the_call_is_dropped() {
    let limits = ServerLimits { max_call: Duration::from_millis(50), ..ServerLimits::default() };
    let mut served = Served::start(limits).await;
    assert_eq!(call(&mut served.client(), "/test.Odd/Hang", &[]).await.code(), Code::DeadlineExceeded);
    served.until("hanging").await;
    served.until("dropped").await;
}

#[tokio::test]
async fn a_callers_own_time_ends_with_deadline_exceeded_and_never_with_cancelled() {
    let served = Served::start(ServerLimits::default()).await;
    for timeout in ["1m", "20m", "50000u"] {
        let status = call(&mut served.client(), "/test.Odd/Hang", &[("grpc-timeout", timeout)]).await;
        assert_eq!(status.code(), Code::DeadlineExceeded, "{timeout}: {status}");
    }
}

#[tokio::test]
async fn a_server_that_never_answers_costs_the_default_time_and_no_more() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut settings = ClientSettings::new(&format!("http://{}", silent.local_addr().unwrap())).unwrap();
    settings.call_timeout = Duration::from_millis(50);
    assert_eq!(call(&mut connect(&settings), "/test.Odd/Hang", &[]).await.code(), Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_lost_connection_is_unavailable_and_the_channel_connects_anew() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut client = connect(&ClientSettings::new(&format!("http://{address}")).unwrap());
    let (lost, ()) = tokio::join!(call(&mut client, "/test.Odd/Other", &[]), async {
        drop(listener.accept().await.unwrap());
    });
    assert_eq!(lost.code(), Code::Unavailable, "{lost}");
    assert!(lost.message().contains("connection closed"), "{lost}");
    let served = Served::start_on(listener, ServerLimits::default());
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
    drop(served);
}

#[tokio::test]
async fn a_call_carries_the_bearer_token() {
    let served = Served::start(ServerLimits::default()).await;
    let status = call(&mut served.client(), "/test.Odd/Bearer", &[]).await;
    assert!(status.message().contains("Bearer mx-canary-token"), "{status}");
}

#[tokio::test]
async fn a_message_too_long_gets_the_services_answer_instead_of_out_of_range() {
    let limits = ServerLimits {
        unreadable: Unreadable { too_long: || Status::resource_exhausted("ours"), ..Unreadable::default() },
        ..ServerLimits::default()
    };
    let served = Served::start(limits).await;
    let mut health = HealthClient::new(served.client());
    let refused = health.check(HealthCheckRequest { service: "x".repeat(2000) }).await.unwrap_err();
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, "ours"));
    let unknown = health.check(HealthCheckRequest { service: "x".repeat(900) }).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
}
