//! A memory-api that is told to end: readiness goes first, then new calls, and what is in flight is finished.

use memex_proto::v1::Role;
use memex_stack::stack::{Clients, Stack};
use rustix::process::Signal;
use tests::waiting::{ends, until};
use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::process::{Pause, Process};

#[tokio::test]
async fn a_service_that_is_told_to_end_says_so_first_and_answers_what_it_has_begun() {
    let stack = Stack::start().await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let pause = Pause::new();
    let api = Process::memory_api(&stack.database_url(), &pause.at("before_reply")).await;
    let channel = tonic::transport::Endpoint::from_shared(api.endpoint()).unwrap().connect().await.unwrap();
    let service = HealthCheckRequest { service: "memex.v1.MemoryService".into() };
    let mut health = HealthClient::new(channel);
    until("memory-api is ready", async || {
        let answer = health.check(service.clone()).await.ok()?.into_inner();
        (answer.status() == ServingStatus::Serving).then_some(())
    })
    .await;
    let mut watching = health.watch(service).await.unwrap().into_inner();
    assert_eq!(watching.message().await.unwrap().unwrap().status(), ServingStatus::Serving);

    let clients = Clients::at(&api.endpoint(), &token);
    let begun = tokio::spawn(clients.write("user/a.md", "kept\n").at(0).into_future());
    pause.reached().await;

    api.signal(Signal::TERM);
    let said = ends("word of the end", watching.message()).await.unwrap().unwrap();
    assert_eq!(said.status(), ServingStatus::NotServing);
    let address = api.address();
    until("no connection is accepted", async || tokio::net::TcpStream::connect(address).await.err()).await;
    // On the connection that is open already: answered, or refused so that it may go elsewhere, and never left waiting.
    let late = until("a new call on the open connection is refused", async || {
        ends("a new call on the open connection", clients.read("user/a.md").into_future()).await.err()
    })
    .await;
    assert_eq!(late.code(), Code::Unavailable, "{late}");
    assert!(!begun.is_finished(), "the call in flight was cut off");

    pause.go();
    let answered = ends("the answer to the call in flight", begun).await.unwrap().unwrap();
    assert_eq!(answered.file.unwrap().version, 1);
    api.ended_well().await;
    assert_eq!(stack.user("ada").await.read("user/a.md").await.as_deref(), Some("kept\n"));
    stack.finish().await;
}
