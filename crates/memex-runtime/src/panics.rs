//! Turns a panic into an answer and a log line, without the panic's text: it may quote what a user wrote.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures::FutureExt as _;
use http::{HeaderMap, Request, Response};
use http_body::{Frame, SizeHint};
use tonic::Status;
use tonic::body::Body;
use tower::BoxError;

use crate::around::{Around, CallFuture, refused};
use crate::trace;

/// Answers INTERNAL with the trace id where a handler panics, before its answer or while streaming it; other calls of
/// the connection go on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CatchPanic;

impl Around for CatchPanic {
    fn call<E, F>(&self, request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        // A handler's state is not touched again after its panic: it is dropped with the call.
        let call = match std::panic::catch_unwind(AssertUnwindSafe(|| next(request))) {
            Ok(call) => call,
            Err(panic) => return refused(answer_to(panic)),
        };
        Box::pin(async move {
            match AssertUnwindSafe(call).catch_unwind().await {
                Ok(answer) => answer.map(|response| response.map(|inner| Body::new(CaughtBody::Going(inner)))),
                Err(panic) => Ok(answer_to(panic).into_http()),
            }
        })
    }
}

/// Logs that a handler panicked and makes the answer. The text stays out of both.
fn answer_to(panic: Box<dyn Any + Send>) -> Status {
    drop(panic);
    let trace = trace::current_trace().map_or_else(|| "none".to_owned(), |ids| ids.trace_hex());
    tracing::error!("a call panicked and was answered INTERNAL, trace {trace}");
    Status::internal(format!("unexpected failure, trace {trace}"))
}

/// An answer's body whose panics become trailers.
enum CaughtBody {
    Going(Body),
    Ended,
}

impl http_body::Body for CaughtBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        let Self::Going(inner) = &mut *self else { return Poll::Ready(None) };
        match std::panic::catch_unwind(AssertUnwindSafe(|| Pin::new(inner).poll_frame(cx))) {
            Ok(polled) => polled,
            Err(panic) => {
                *self = Self::Ended;
                let mut trailers = HeaderMap::new();
                let written = answer_to(panic).add_header(&mut trailers);
                Poll::Ready(Some(written.map(|()| Frame::trailers(trailers))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Going(inner) => inner.is_end_stream(),
            Self::Ended => true,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Going(inner) => inner.size_hint(),
            Self::Ended => SizeHint::with_exact(0),
        }
    }
}

/// Replaces the process's panic message, which prints the panic's text, by an error line that says where it happened
/// and nothing else. For `main`; a test process keeps its messages.
pub fn log_panics_without_text() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
        tracing::error!(place, "a panic at {place}");
    }));
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::future::poll_fn;

    use tower::{Layer as _, ServiceExt as _};

    use super::*;
    use crate::around::AroundLayer;

    /// An answer that fails half-way, as a stream does whose handler panics.
    struct Panics;

    impl http_body::Body for Panics {
        type Data = <Body as http_body::Body>::Data;
        type Error = Status;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
            panic!("mx-canary in a panic's text")
        }
    }

    #[tokio::test]
    async fn a_panic_in_a_stream_ends_it_with_internal() {
        let streaming =
            tower::service_fn(async |_: Request<Body>| Ok::<_, Infallible>(Response::new(Body::new(Panics))));
        let answer = AroundLayer(CatchPanic).layer(streaming).oneshot(Request::new(Body::empty())).await.unwrap();
        let mut body = answer.into_body();
        let last = poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).await.unwrap().unwrap();
        let status = Status::from_header_map(last.trailers_ref().unwrap()).unwrap();
        assert_eq!(status.code(), tonic::Code::Internal);
        assert!(!status.message().contains("mx-canary"), "{status}");
        assert!(poll_fn(|cx| http_body::Body::poll_frame(Pin::new(&mut body), cx)).await.is_none());
    }

    #[tokio::test]
    async fn a_panic_before_the_call_begins_is_answered_too() {
        let broken = tower::service_fn(|_: Request<Body>| -> std::future::Ready<Result<Response<Body>, Infallible>> {
            panic!("mx-canary in a panic's text")
        });
        let answer = AroundLayer(CatchPanic).layer(broken).oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(Status::from_header_map(answer.headers()).unwrap().code(), tonic::Code::Internal);
    }
}
