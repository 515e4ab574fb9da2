//! What a server does with more work than it has places for.

mod common;

use std::time::Duration;

use common::{Served, call};
use memex_runtime::in_flight::InFlight;
use memex_runtime::server::ServerLimits;
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

fn places(calls: usize, watching: usize) -> ServerLimits {
    let overloaded = || Status::resource_exhausted("ours");
    let in_flight = InFlight { calls, watches: &["/test.Odd/Hang"], watching, overloaded };
    ServerLimits { in_flight, ..ServerLimits::default() }
}

#[tokio::test]
async fn the_surplus_is_refused_at_once_and_a_place_that_is_free_again_is_given() {
    let mut served = Served::start(places(2, 1)).await;
    let mut client = served.client();
    // Another connection: the places are the server's.
    let holding: Vec<_> = (0..2)
        .map(|_| {
            let mut other = served.client();
            tokio::spawn(async move { call(&mut other, "/test.Odd/Hold", &[]).await })
        })
        .collect();
    served.until("holding").await;
    served.until("holding").await;
    let refused = call(&mut client, "/test.Odd/Other", &[]).await;
    assert_eq!((refused.code(), refused.message()), (Code::ResourceExhausted, "ours"));

    let health = HealthClient::new(client.clone()).check(HealthCheckRequest::default()).await;
    assert!(health.is_ok(), "health is not work: {health:?}");

    served.release.notify_one();
    served.release.notify_one();
    for held in holding {
        assert_eq!(held.await.unwrap().code(), Code::Ok);
    }
    for _ in 0..5 {
        assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn what_stays_open_takes_no_place_of_the_others_and_has_a_bound_of_its_own() {
    let mut served = Served::start(places(1, 1)).await;
    let mut client = served.client();
    let mut watcher = served.client();
    let watching = tokio::spawn(async move { call(&mut watcher, "/test.Odd/Hang", &[]).await });
    served.until("hanging").await;
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
    assert_eq!(call(&mut client, "/test.Odd/Hang", &[]).await.code(), Code::ResourceExhausted);
    watching.abort();
    served.until("dropped").await;
}

#[tokio::test]
async fn a_call_that_is_dropped_or_panics_gives_its_place_back() {
    let limits = ServerLimits { max_call: Duration::from_millis(50), ..places(1, 0) };
    let served = Served::start(limits).await;
    let mut client = served.client();
    for _ in 0..3 {
        assert_eq!(call(&mut client, "/test.Odd/Panic", &[]).await.code(), Code::Internal);
        assert_eq!(call(&mut client, "/test.Odd/Hold", &[]).await.code(), Code::DeadlineExceeded);
        assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
    }
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused_and_the_connection_goes_on() {
    let served = Served::start(ServerLimits::default()).await;
    let mut client = served.client();
    let long = "x".repeat(40 * 1024);
    let mut request = tonic::Request::new(HealthCheckRequest::default());
    request.metadata_mut().insert("x-long", long.parse().unwrap());
    let refused = HealthClient::new(client.clone()).check(request).await.unwrap_err();
    assert_ne!(refused.code(), Code::Internal, "{refused}");
    assert!(!refused.message().contains("xxx"), "{refused}");
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
}
