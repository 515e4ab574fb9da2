//! Gives the service's own answer to a message that is too long, which tonic refuses with OUT_OF_RANGE.

use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::CallFuture;

/// How tonic begins its refusal of a request; it has no type of its own, so a test pins the text.
const REFUSAL: &str = "Error, decoded message length too large";

/// Wraps services in [`TooLarge`].
#[derive(Debug, Clone, Copy)]
pub struct TooLargeLayer {
    answer: fn() -> Status,
}

impl TooLargeLayer {
    /// `answer` makes what a caller gets whose message is too long.
    pub fn answering(answer: fn() -> Status) -> Self {
        Self { answer }
    }

    /// RESOURCE_EXHAUSTED without details, for services that have no reasons of their own.
    pub fn plain() -> Self {
        Self::answering(|| Status::resource_exhausted("the message is too long"))
    }
}

impl<S> Layer<S> for TooLargeLayer {
    type Service = TooLarge<S>;

    fn layer(&self, inner: S) -> TooLarge<S> {
        TooLarge { inner, answer: self.answer }
    }
}

/// Replaces tonic's refusal of a message that is too long; every other answer passes.
#[derive(Debug, Clone)]
pub struct TooLarge<S> {
    inner: S,
    answer: fn() -> Status,
}

impl<S> Service<Request<Body>> for TooLarge<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = CallFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let answer = self.answer;
        let call = self.inner.call(request);
        Box::pin(async move {
            let response = call.await?;
            Ok(if is_refusal(&response) { answer().into_http() } else { response })
        })
    }
}

fn is_refusal(response: &Response<Body>) -> bool {
    // tonic leaves the status that it made beside the headers that it made of it.
    let made = response.extensions().get::<Status>();
    made.is_some_and(|status| status.code() == Code::OutOfRange && status.message().starts_with(REFUSAL))
}
