//! Makes the providers of spans and metrics, with exporters where the environment names a receiver.

use std::sync::OnceLock;

use opentelemetry_otlp::{MetricExporter, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Runtime;

use super::TelemetryError;

/// The variables that say whether and where one signal is exported.
pub(super) struct Signal {
    exporter: &'static str,
    endpoint: &'static str,
    protocol: &'static str,
}

/// Spans.
pub(super) const SPANS: Signal = Signal {
    exporter: "OTEL_TRACES_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
};

/// Metrics.
pub(super) const METRICS: Signal = Signal {
    exporter: "OTEL_METRICS_EXPORTER",
    endpoint: "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    protocol: "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
};

/// The exporters' connections live in a runtime of their own: the process's runtime may end before the last batch is
/// out, and in tests each test has another. The runtime lives as long as the process.
static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// The provider, and the endpoint that it exports to, if any. The sampler is what OTEL_TRACES_SAMPLER says, the
/// batches what OTEL_BSP_* say.
pub(super) fn provider(
    service_name: &'static str,
    endpoint: Option<&str>,
) -> Result<(SdkTracerProvider, Option<String>), TelemetryError> {
    let builder = SdkTracerProvider::builder().with_resource(resource(service_name));
    let Some(endpoint) = endpoint.map(str::to_owned).or_else(|| SPANS.endpoint()) else {
        return Ok((builder.build(), None));
    };
    SPANS.refuse_other_protocols()?;
    let exporter = {
        let _inside = runtime()?.enter();
        // Headers, timeout, compression and certificates are read from the environment by the exporter itself.
        SpanExporter::builder().with_tonic().with_endpoint(&endpoint).build().map_err(TelemetryError::Exporter)?
    };
    Ok((builder.with_batch_exporter(exporter).build(), Some(endpoint)))
}

/// The provider of metrics and the endpoint that it exports to; nothing where metrics are off. How often it exports is
/// what OTEL_METRIC_EXPORT_INTERVAL says.
pub(super) fn meter_provider(service_name: &'static str) -> Result<Option<(SdkMeterProvider, String)>, TelemetryError> {
    let Some(endpoint) = METRICS.endpoint() else { return Ok(None) };
    METRICS.refuse_other_protocols()?;
    let exporter = {
        let _inside = runtime()?.enter();
        MetricExporter::builder().with_tonic().with_endpoint(&endpoint).build().map_err(TelemetryError::Exporter)?
    };
    let builder = SdkMeterProvider::builder().with_resource(resource(service_name));
    Ok(Some((builder.with_periodic_exporter(exporter).build(), endpoint)))
}

fn resource(service_name: &'static str) -> Resource {
    // The SDK reads both variables; without a name in them it would name the executable.
    let named = variable("OTEL_SERVICE_NAME").is_some()
        || variable("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|all| all.contains("service.name="));
    let builder = Resource::builder();
    if named { builder.build() } else { builder.with_service_name(service_name).build() }
}

impl Signal {
    /// Where the environment sends this signal, if anywhere.
    pub(super) fn endpoint(&self) -> Option<String> {
        let off = variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true"))
            || variable(self.exporter).is_some_and(|value| value == "none");
        if off { None } else { [self.endpoint, "OTEL_EXPORTER_OTLP_ENDPOINT"].into_iter().find_map(variable) }
    }

    /// What silently goes nowhere would be noticed on the night when it is needed.
    pub(super) fn refuse_other_protocols(&self) -> Result<(), TelemetryError> {
        let names = [self.protocol, "OTEL_EXPORTER_OTLP_PROTOCOL"];
        match names.into_iter().find_map(|name| variable(name).map(|value| (name, value))) {
            Some((variable, protocol)) if protocol != "grpc" => Err(TelemetryError::Protocol { variable, protocol }),
            _ => Ok(()),
        }
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
