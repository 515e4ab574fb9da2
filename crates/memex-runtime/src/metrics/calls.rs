//! Counts and times gRPC calls by method and outcome, as OpenTelemetry's conventions for RPC name them.

use std::collections::HashSet;
use std::sync::Arc;

use opentelemetry::metrics::Histogram;
use opentelemetry::{KeyValue, StringValue};
use tokio::time::Instant;
use tonic::Code;

use super::Meters;
use crate::trace::code_name;

/// The method of a call that no service has. The caller chose the name, so it is not kept.
const OTHER: &str = "_OTHER";

/// Measures the calls of a server or of a client. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct CallMeter(Option<Arc<Calls>>);

#[derive(Debug)]
struct Calls {
    durations: Histogram<f64>,
    /// `Service/Method` of every call that has a series of its own; `None`: all.
    methods: Option<HashSet<Arc<str>>>,
}

/// A call that is under way.
#[derive(Debug)]
pub(crate) struct MeteredCall {
    calls: Arc<Calls>,
    method: StringValue,
    began: Instant,
}

impl CallMeter {
    /// For a server of these methods, each named `package.Service/Method`. Any other call counts as `_OTHER`.
    pub fn of_server(meters: &Meters, methods: impl IntoIterator<Item = String>) -> Self {
        let description = "How long calls took that this process answered, by how they ended";
        let durations = meters.seconds("rpc.server.call.duration", description);
        let methods = || Some(methods.into_iter().map(Arc::from).collect());
        Self(durations.map(|durations| Arc::new(Calls { durations, methods: methods() })))
    }

    /// For a client. Its methods are those of generated code.
    pub fn of_client(meters: &Meters) -> Self {
        let description = "How long calls took that this process made, by how they ended";
        let durations = meters.seconds("rpc.client.call.duration", description);
        Self(durations.map(|durations| Arc::new(Calls { durations, methods: None })))
    }

    /// Begins to time a call; nothing where metrics are off.
    pub(crate) fn begin(&self, service: &str, method: &str) -> Option<MeteredCall> {
        let calls = self.0.as_ref()?;
        let name = format!("{service}/{method}");
        let method = match &calls.methods {
            None => StringValue::from(name),
            Some(known) => known.get(name.as_str()).map_or(StringValue::from(OTHER), |known| Arc::clone(known).into()),
        };
        Some(MeteredCall { calls: Arc::clone(calls), method, began: Instant::now() })
    }
}

impl MeteredCall {
    /// The call ended with `code`, which is an error of this side or is not.
    pub(crate) fn end(self, code: Code, is_error: bool) {
        let code = code_name(code);
        let labels = [
            KeyValue::new("rpc.system.name", "grpc"),
            KeyValue::new("rpc.method", self.method),
            KeyValue::new("rpc.status_code", code),
            KeyValue::new("error.type", code),
        ];
        let labels = if is_error { &labels[..] } else { &labels[..3] };
        self.calls.durations.record(self.began.elapsed().as_secs_f64(), labels);
    }
}
