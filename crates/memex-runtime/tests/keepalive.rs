//! A connection that has gone silent is noticed from both sides, though nobody closes it.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

mod common;

use std::time::Duration;

use common::{PATIENCE, Proxy, Served, call};
use memex_runtime::client::{ClientSettings, connect};
use memex_runtime::server::ServerLimits;
use tonic::Code;

/// Soon enough for a test, and long enough that whoever lives answers in time.
const SOON: Duration = Duration::from_millis(500);

/// So long that nothing else ends a call or a connection.
const NEVER: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn a_server_ends_a_silent_connection_and_drops_its_calls() {
    let limits =
        ServerLimits { keepalive_interval: SOON, keepalive_timeout: SOON, max_call: NEVER, ..ServerLimits::default() };
    let mut served = Served::start(limits).await;
    let mut proxy = Proxy::before(served.address).await;
    let mut settings = ClientSettings::new(&format!("http://{}", proxy.address)).unwrap();
    (settings.call_timeout, settings.keepalive_interval) = (NEVER, NEVER);
    let mut client = connect(&settings);
    let calling = tokio::spawn(async move { call(&mut client, "/test.Odd/Hang", &[]).await });
    served.until("hanging").await;
    proxy.go_silent();
    proxy.server_ended().await;
    served.until("dropped").await;
    calling.abort();
}

#[tokio::test]
async fn a_client_gives_a_silent_connection_up_and_makes_another() {
    let limits = ServerLimits { keepalive_interval: NEVER, max_call: NEVER, ..ServerLimits::default() };
    let mut served = Served::start(limits).await;
    let proxy = Proxy::before(served.address).await;
    let mut settings = ClientSettings::new(&format!("http://{}", proxy.address)).unwrap();
    (settings.keepalive_interval, settings.keepalive_timeout) = (SOON, SOON);
    settings.call_timeout = NEVER;
    let mut client = connect(&settings);
    let mut hanging = client.clone();
    let calling = tokio::spawn(async move { call(&mut hanging, "/test.Odd/Hang", &[]).await });
    served.until("hanging").await;
    proxy.go_silent();
    let lost = tokio::time::timeout(PATIENCE, calling).await.expect("the call waits for a dead connection").unwrap();
    assert_eq!(lost.code(), Code::Unavailable, "{lost}");
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
    assert_eq!(proxy.connections(), 2);
}
