//! Writes onto a call's span and into its metric how the call ended, wherever gRPC put that: headers, trailers, or nowhere.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{HeaderMap, Response};
use http_body::{Frame, SizeHint};
use tonic::Code;
use tonic::body::Body;
use tracing::Span;

use crate::metrics::MeteredCall;

const GRPC_STATUS: &str = "grpc-status";

/// Which codes are errors of whom: a server answered well when it refused a bad request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Side {
    Client,
    Server,
}

impl Side {
    fn is_error(self, code: Code) -> bool {
        match self {
            Self::Client => code != Code::Ok,
            Self::Server => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Unimplemented
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
        }
    }
}

/// Holds the span of a call until its end is known; dropped before that, the call was cancelled.
#[derive(Debug)]
pub(super) struct Outcome {
    span: Span,
    side: Side,
    /// Times the call; nothing where metrics are off.
    metered: Option<MeteredCall>,
    recorded: bool,
}

impl Outcome {
    pub(super) fn of(span: Span, side: Side, metered: Option<MeteredCall>) -> Self {
        Self { span, side, metered, recorded: false }
    }

    pub(super) fn record(&mut self, code: Code) {
        if self.recorded {
            return;
        }
        self.recorded = true;
        self.span.record("rpc.grpc.status_code", i64::from(i32::from(code)));
        let is_error = self.side.is_error(code);
        if is_error {
            self.span.record("otel.status_code", "error");
        }
        if let Some(metered) = self.metered.take() {
            metered.end(code, is_error);
        }
    }

    /// Takes the code from the headers where the answer is no more than that, else follows the body to its trailers.
    pub(super) fn follow(mut self, response: Response<Body>) -> Response<Body> {
        if let Some(code) = code_in(response.headers()) {
            self.record(code);
            return response;
        }
        response.map(|inner| Body::new(FollowedBody { inner, outcome: self }))
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        self.record(Code::Cancelled);
    }
}

fn code_in(headers: &HeaderMap) -> Option<Code> {
    headers.get(GRPC_STATUS).map(|value| Code::from_bytes(value.as_bytes()))
}

/// An answer's body that enters the call's span when it is polled, and ends it with the trailers.
struct FollowedBody {
    inner: Body,
    outcome: Outcome,
}

impl http_body::Body for FollowedBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let this = &mut *self;
        let span = this.outcome.span.clone();
        let _entered = span.enter();
        let polled = Pin::new(&mut this.inner).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(code) = frame.trailers_ref().and_then(code_in) {
                    this.outcome.record(code);
                }
            }
            Poll::Ready(Some(Err(status))) => this.outcome.record(status.code()),
            // gRPC ends with trailers: an end without them is a broken answer.
            Poll::Ready(None) => this.outcome.record(Code::Unknown),
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
