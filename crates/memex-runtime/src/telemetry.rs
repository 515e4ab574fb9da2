//! Sets up logs, traces and metrics for a process, once.

mod export;
mod format;

use std::sync::{Mutex, OnceLock, PoisonError};

use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use export::{METRICS, SPANS};
pub use format::LogFormat;

use crate::metrics::Meters;
use crate::settings::{Given, Mistake, Mistakes};

/// How a process logs. Where spans and metrics go is said by the standard `OTEL_*` variables. Flatten it into a command's arguments.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Logging")]
pub struct TelemetryArgs {
    /// human: log lines for people; json: objects with trace_id and span_id [default: human]
    #[arg(long, env = "MEMEX_LOG_FORMAT", value_name = "FORMAT", default_value = "", hide_default_value = true)]
    pub log_format: Given<LogFormat>,
    /// What is logged: a level, or levels by module such as info,memory_api=debug
    #[arg(long = "log", env = "MEMEX_LOG", value_name = "FILTER", default_value = TelemetryArgs::LOG)]
    pub log: String,
    /// Where spans go instead of where the variables say: for a process that holds its own receiver.
    #[arg(skip)]
    pub otlp_endpoint: Option<String>,
}

impl TelemetryArgs {
    const LOG: &str = "info";

    /// Notes what [`init`] would refuse, so that it is told with a process's other mistakes.
    pub fn check(&self, mistakes: &mut Mistakes) {
        let filter = self.filter().map(|_| ());
        let format = self.format().map(|_| ());
        let spans = self.otlp_endpoint.is_some() || SPANS.endpoint().is_some();
        let spans = if spans { SPANS.refuse_other_protocols() } else { Ok(()) };
        // One mistake that concerns both is said once.
        let metrics = METRICS.endpoint().is_some() && spans.is_ok();
        let metrics = if metrics { METRICS.refuse_other_protocols() } else { Ok(()) };
        for result in [filter, format, spans, metrics] {
            mistakes.check(result.map_err(Mistake::from));
        }
    }

    fn filter(&self) -> Result<EnvFilter, TelemetryError> {
        let given = |source| TelemetryError::Filter { filter: self.log.clone(), source };
        EnvFilter::builder().parse(&self.log).map_err(given)
    }

    fn format(&self) -> Result<LogFormat, TelemetryError> {
        match &self.log_format {
            Given::Nothing => Ok(LogFormat::default()),
            Given::Read(format) => Ok(*format),
            Given::Unreadable(format) => Err(TelemetryError::Format { format: format.clone() }),
        }
    }
}

impl Default for TelemetryArgs {
    fn default() -> Self {
        Self { log_format: Given::Nothing, log: Self::LOG.to_owned(), otlp_endpoint: None }
    }
}

/// Logs or traces cannot be set up. Each is a bad setting.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The log filter cannot be read.
    #[error("--log / MEMEX_LOG: must be a level or levels by module, such as info,memory_api=debug, is {filter:?}")]
    Filter {
        /// What was given.
        filter: String,
        /// Where it goes wrong.
        #[source]
        source: tracing_subscriber::filter::ParseError,
    },
    /// The log's format is unknown.
    #[error("--log-format / MEMEX_LOG_FORMAT: must be human or json, is {format:?}")]
    Format {
        /// What was given.
        format: String,
    },
    /// A protocol was asked for that this build does not speak.
    #[error("{variable}: must be grpc, the one protocol that spans and metrics are exported with, is {protocol:?}")]
    Protocol {
        /// The variable that asks for it.
        variable: &'static str,
        /// What it asks for.
        protocol: String,
    },
    /// The exporter refuses its settings.
    #[error("OTEL_EXPORTER_OTLP_*: the exporter cannot be built")]
    Exporter(#[source] opentelemetry_otlp::ExporterBuildError),
    /// The exporter's own thread cannot be started.
    #[error("the exporter's thread cannot be started")]
    Runtime(#[source] std::io::Error),
}

impl From<TelemetryError> for Mistake {
    fn from(error: TelemetryError) -> Self {
        let text = error.to_string();
        match text.split_once(": ") {
            Some((setting, problem)) => Mistake::new(setting, problem),
            None => Mistake::new("OTEL_*", text),
        }
    }
}

/// What was set up. Call [`Telemetry::shutdown`] as the last thing a process does: spans are exported in batches.
#[derive(Debug, Clone)]
#[must_use]
pub struct Telemetry {
    provider: Option<SdkTracerProvider>,
    owner: bool,
    exporting: Option<String>,
    /// The provider of metrics, and where it exports to.
    metrics: Option<(SdkMeterProvider, String)>,
}

/// The provider behind the process's subscriber. Never dropped, so that no span is lost by an order of dropping.
static INSTALLED: OnceLock<Telemetry> = OnceLock::new();
static INSTALLING: Mutex<()> = Mutex::new(());

/// Sets up this process's logs and traces. Where that was done before, in this process, nothing changes and what it
/// gives flushes the spans without ending their export: a process that holds several services (a test, `memex up`)
/// calls it first, and the services find it done.
///
/// Without an endpoint, or with OTEL_SDK_DISABLED=true or OTEL_TRACES_EXPORTER=none, no span leaves the process;
/// spans still have ids, for logs and revisions. The same holds for metrics with OTEL_METRICS_EXPORTER; without an
/// endpoint there is no provider of metrics at all.
///
/// # Errors
/// [`TelemetryError`], a bad setting.
pub fn init(service_name: &'static str, args: &TelemetryArgs) -> Result<Telemetry, TelemetryError> {
    let _one_at_a_time = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(installed) = INSTALLED.get() {
        return Ok(Telemetry { owner: false, ..installed.clone() });
    }
    let (filter, format) = (args.filter()?, args.format()?);
    let (provider, exporting) = export::provider(service_name, args.otlp_endpoint.as_deref())?;
    let metrics = export::meter_provider(service_name)?;
    let subscriber = Registry::default().with(span_layer(&provider)).with(format::layer(format).with_filter(filter));
    match tracing::subscriber::set_global_default(subscriber) {
        Ok(()) => {
            let telemetry = Telemetry { provider: Some(provider), owner: true, exporting, metrics };
            let _ = INSTALLED.set(telemetry.clone());
            Ok(telemetry)
        }
        // Somebody else's subscriber, which is theirs to end.
        Err(SetGlobalDefaultError { .. }) => {
            Ok(Telemetry { provider: None, owner: false, exporting: None, metrics: None })
        }
    }
}

/// The layer that turns tracing's spans into OpenTelemetry's. For [`init`], and for tests that look at the spans.
pub fn span_layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // The exporter is itself a gRPC client, whose events must not become events to export.
    let ours = Targets::new().with_default(LevelFilter::INFO).with_targets(
        ["opentelemetry", "opentelemetry_sdk", "opentelemetry_otlp", "h2", "hyper", "hyper_util", "tonic", "tower"]
            .map(|target| (target, LevelFilter::OFF)),
    );
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("memex"))
        // Where in the source a span stands is no business of the collector, and would carry the build machine's paths.
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(ours)
}

impl Telemetry {
    /// Where spans are exported to; nothing where they stay in the process. To be said at start.
    pub fn exporting_to(&self) -> Option<&str> {
        self.exporting.as_deref()
    }

    /// Where metrics are exported to; nothing where they are off. To be said at start.
    pub fn metrics_to(&self) -> Option<&str> {
        self.metrics.as_ref().map(|(_, endpoint)| endpoint.as_str())
    }

    /// What makes this process's instruments. It is off where metrics are.
    pub fn meters(&self) -> Meters {
        let meter = self.metrics.as_ref().map(|(provider, _)| provider.meter("memex"));
        Meters::of(meter, self.exporting.is_some())
    }

    /// Sends every span that has ended and every metric as it is now, and goes on.
    pub async fn flush(&self) {
        self.on_providers("flushed", SdkTracerProvider::force_flush, SdkMeterProvider::force_flush).await;
    }

    /// Sends every span that has ended and every metric as it is now, and ends the export where this value began it. At
    /// most a few seconds: a collector that is down does not hold the process.
    pub async fn shutdown(self) {
        if self.owner {
            self.on_providers("sent at the end", |spans| spans.shutdown(), |metrics| metrics.shutdown()).await;
        } else {
            self.flush().await;
        }
    }

    async fn on_providers(
        &self,
        what: &'static str,
        spans: fn(&SdkTracerProvider) -> OTelSdkResult,
        metrics: fn(&SdkMeterProvider) -> OTelSdkResult,
    ) {
        let Self { provider, metrics: metered, .. } = self.clone();
        // Each blocks until all is out.
        let of_spans = provider.map(|provider| tokio::task::spawn_blocking(move || spans(&provider)));
        let of_metrics = metered.map(|(provider, _)| tokio::task::spawn_blocking(move || metrics(&provider)));
        for (signal, waited) in [("spans", of_spans), ("metrics", of_metrics)] {
            let Some(waited) = waited else { continue };
            match waited.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::warn!(%error, "{signal} could not be {what}"),
                Err(error) => tracing::warn!(%error, "{signal} could not be {what}"),
            }
        }
    }
}
