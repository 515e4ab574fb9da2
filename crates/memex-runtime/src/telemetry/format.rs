//! Writes log lines, for people or as JSON, with the ids of the trace that they belong to.

use std::fmt;
use std::io::IsTerminal as _;
use std::str::FromStr;

use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, MakeWriter};
use tracing_subscriber::registry::LookupSpan;

use crate::trace::current_trace;

/// Who reads the log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// A person: one line each, in colour on a terminal unless NO_COLOR is set.
    #[default]
    Human,
    /// A machine: one JSON object a line, with `trace_id` and `span_id` inside a span.
    Json,
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "human" => Ok(Self::Human),
            "json" => Ok(Self::Json),
            _ => Err(()),
        }
    }
}

/// The layer that logs to standard error.
pub(super) fn layer<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    layer_to(format, std::io::stderr, colour_wanted())
}

fn layer_to<S, W>(format: LogFormat, writer: W, colour: bool) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    match format {
        LogFormat::Human => {
            let event = WithTrace { inner: tracing_subscriber::fmt::format().with_ansi(colour), style: human };
            layer.with_ansi(colour).event_format(event).boxed()
        }
        LogFormat::Json => {
            let inner = tracing_subscriber::fmt::format().json().flatten_event(true).with_span_list(false);
            layer.with_ansi(false).fmt_fields(JsonFields::new()).event_format(WithTrace { inner, style: json }).boxed()
        }
    }
}

fn colour_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::stderr().is_terminal()
}

/// A format whose lines also name the trace and the span.
struct WithTrace<F> {
    inner: F,
    style: fn(&str, &str, &str) -> String,
}

impl<S, N, F> FormatEvent<S, N> for WithTrace<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let Some(ids) = current_trace() else { return self.inner.format_event(ctx, writer, event) };
        let mut line = String::new();
        self.inner.format_event(ctx, Writer::new(&mut line), event)?;
        writeln!(writer, "{}", (self.style)(line.trim_end_matches('\n'), &ids.trace_hex(), &ids.span_hex()))
    }
}

fn human(line: &str, trace_id: &str, span_id: &str) -> String {
    format!("{line} trace_id={trace_id} span_id={span_id}")
}

/// The formatter's line is one JSON object; the ids become its last members.
fn json(line: &str, trace_id: &str, span_id: &str) -> String {
    let open = line.strip_suffix('}').unwrap_or(line);
    format!(r#"{open},"trace_id":"{trace_id}","span_id":"{span_id}"}}"#)
}

#[cfg(test)]
mod tests;
