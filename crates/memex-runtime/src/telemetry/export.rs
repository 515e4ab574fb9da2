//! Makes the provider of spans, with an exporter where the environment names a receiver.

use std::sync::OnceLock;

use opentelemetry_otlp::{SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Runtime;

use super::TelemetryError;

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];

/// The exporter's connection lives in a runtime of its own: the process's runtime may end before the last batch is
/// out, and in tests each test has another. It lives as long as the process.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The provider, and the endpoint that it exports to, if any. The sampler is what OTEL_TRACES_SAMPLER says, the
/// batches what OTEL_BSP_* say.
pub(super) fn provider(
    service_name: &'static str,
    endpoint: Option<&str>,
) -> Result<(SdkTracerProvider, Option<String>), TelemetryError> {
    let builder = SdkTracerProvider::builder().with_resource(resource(service_name));
    let Some(endpoint) = endpoint.map(str::to_owned).or_else(endpoint_from_environment) else {
        return Ok((builder.build(), None));
    };
    refuse_other_protocols()?;
    let exporter = {
        let _inside = runtime()?.enter();
        // Headers, timeout, compression and certificates are read from the environment by the exporter itself.
        SpanExporter::builder().with_tonic().with_endpoint(&endpoint).build().map_err(TelemetryError::Exporter)?
    };
    Ok((builder.with_batch_exporter(exporter).build(), Some(endpoint)))
}

fn resource(service_name: &'static str) -> Resource {
    // The SDK reads both variables; without a name in them it would name the executable.
    let named = variable("OTEL_SERVICE_NAME").is_some()
        || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
    let builder = Resource::builder();
    if named { builder.build() } else { builder.with_service_name(service_name).build() }
}

pub(super) fn endpoint_from_environment() -> Option<String> {
    let off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
        || variable("OTEL_TRACES_EXPORTER").is_some_and(|value| value == "none");
    if off { None } else { ENDPOINTS.into_iter().find_map(variable) }
}

/// Spans that silently go nowhere would be noticed on the night when they are needed.
pub(super) fn refuse_other_protocols() -> Result<(), TelemetryError> {
    match PROTOCOLS.into_iter().find_map(|name| variable(name).map(|value| (name, value))) {
        Some((variable, protocol)) if protocol != "grpc" => Err(TelemetryError::Protocol { variable, protocol }),
        _ => Ok(()),
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn runtime() -> Result<&'static Runtime, TelemetryError> {
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("telemetry")
        .enable_all()
        .build()
        .map_err(TelemetryError::Runtime)?;
    Ok(RUNTIME.get_or_init(|| runtime))
}
