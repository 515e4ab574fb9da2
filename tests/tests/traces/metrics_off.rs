//! Where metrics are off, and where they alone are on.

use memex_stack::stack::{Clients, Stack};
use tests::otlp::Receiver;

use crate::house::write_of;
use crate::service::{ENDPOINT, Service};

/// The thread of a provider of metrics, as far as the kernel keeps its name.
const EXPORTS: &str = "OpenTelemetry.M";

/// What a memory-api with these variables sends: spans, series; and whether it has a provider of metrics.
async fn sent(stack: &Stack, receiver: &Receiver, variables: &[(&str, &str)]) -> (usize, usize, bool) {
    let before = receiver.received();
    let memory_api = Service::memory_api_with(&stack.database_url(), variables).await;
    let clients = Clients::at(&memory_api.endpoint(), stack.workspace().operator_token());
    let write = memex_proto::v1::WriteFileRequest { user_id: "ada".into(), ..write_of("user/a.md", "- Tea.\n") };
    clients.memory.clone().write_file(write).await.unwrap();
    let provider = memory_api.threads().iter().any(|thread| thread.starts_with(EXPORTS));
    memory_api.end().await;
    let after = receiver.received();
    (after.spans().len() - before.spans().len(), after.metrics().0.len(), provider)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_endpoint_nothing_is_measured_and_each_signal_can_be_off_alone() {
    let stack = Stack::start().await;
    let receiver = Receiver::start().await;
    let endpoint = (ENDPOINT, receiver.endpoint());
    assert_eq!(sent(&stack, &receiver, &[]).await, (0, 0, false), "no endpoint");
    let disabled = [endpoint, ("OTEL_SDK_DISABLED", "true")];
    assert_eq!(sent(&stack, &receiver, &disabled).await, (0, 0, false), "the SDK is disabled");
    let spans_alone = sent(&stack, &receiver, &[endpoint, ("OTEL_METRICS_EXPORTER", "none")]).await;
    assert!(spans_alone.0 > 0, "spans are on");
    assert_eq!((spans_alone.1, spans_alone.2), (0, false), "metrics are off");
    let metrics_alone = sent(&stack, &receiver, &[("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", receiver.endpoint())]).await;
    assert_eq!(metrics_alone.0, 0, "spans are off");
    assert!(metrics_alone.1 > 0 && metrics_alone.2, "metrics are on");
    stack.finish().await;
}
