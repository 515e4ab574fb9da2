//! The contract as others read it: its reasons, its reflection, its health.

use std::collections::BTreeSet;

use memex_proto::reason::{code_of, short_name};
use memex_proto::v1::ErrorReason;
use memex_stack::stack::Stack;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

const REASONS: &str = include_str!("../../../proto/REASONS.md");

#[test]
fn the_page_of_reasons_has_a_heading_for_every_reason_and_for_no_other() {
    let headings: Vec<&str> = REASONS
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    let reasons: Vec<&str> = (1..).map_while(|number| ErrorReason::try_from(number).ok()).map(short_name).collect();
    assert_eq!(headings, reasons);
}

#[test]
fn every_reason_has_its_code() {
    for reason in (1..).map_while(|number| ErrorReason::try_from(number).ok()) {
        assert_ne!(code_of(reason), tonic::Code::Unknown);
        assert_ne!(code_of(reason), tonic::Code::Ok);
    }
}

#[tokio::test]
async fn reflection_lists_every_service_and_health_answers_for_each() {
    let stack = Stack::start().await;
    let channel = tonic::transport::Endpoint::from_shared(stack.endpoint()).unwrap().connect().await.unwrap();
    let ask = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut answers = ServerReflectionClient::new(channel.clone())
        .server_reflection_info(futures::stream::iter([ask]))
        .await
        .unwrap()
        .into_inner();
    let answer = answers.message().await.unwrap().unwrap().message_response.unwrap();
    let MessageResponse::ListServicesResponse(list) = answer else { panic!("{answer:?}") };
    let names: BTreeSet<String> = list.service.into_iter().map(|service| service.name).collect();
    let mut health = HealthClient::new(channel);
    for service in ["MemoryService", "HistoryService", "DreamService", "DreamAdminService", "AdminService"] {
        let name = format!("memex.v1.{service}");
        assert!(names.contains(&name), "{names:?}");
        let serving = tests::waiting::until("readiness", async || {
            let answer = health.clone().check(HealthCheckRequest { service: name.clone() }).await.ok()?.into_inner();
            (answer.status() == ServingStatus::Serving).then_some(())
        });
        serving.await;
    }
    let live = health.check(HealthCheckRequest::default()).await.unwrap().into_inner();
    assert_eq!(live.status(), ServingStatus::Serving);
    stack.finish().await;
}
