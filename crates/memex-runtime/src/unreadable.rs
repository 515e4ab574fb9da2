//! Gives the service's own answer to a message that cannot be read: tonic refuses one that is too long with
//! OUT_OF_RANGE, and one that is malformed with INTERNAL, as if the service had failed.

use std::task::{Context, Poll};

use http::{Request, Response};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::{Layer, Service};

use crate::CallFuture;

/// How tonic begins its refusal of what is too long; it has no type of its own, so a test pins the text.
const TOO_LONG: &str = "Error, decoded message length too large";

/// How tonic begins its refusals of what is malformed; tests pin them.
const MALFORMED: [&str; 4] = [
    "failed to decode Protobuf message",
    "protocol error: received message with",
    "Unexpected EOF decoding stream",
    "Missing request message",
];

/// Wraps services in [`Readable`].
#[derive(Debug, Clone, Copy)]
pub struct UnreadableLayer {
    /// What a caller gets whose message is too long.
    pub too_long: fn() -> Status,
    /// What a caller gets whose message is not one of the call's.
    pub malformed: fn() -> Status,
}

impl Default for UnreadableLayer {
    /// Answers without details, for services that have no reasons of their own.
    fn default() -> Self {
        Self {
            too_long: || Status::resource_exhausted("the message is too long"),
            malformed: || Status::invalid_argument("the message is malformed"),
        }
    }
}

impl<S> Layer<S> for UnreadableLayer {
    type Service = Readable<S>;

    fn layer(&self, inner: S) -> Readable<S> {
        Readable { inner, answers: *self }
    }
}

/// Replaces tonic's refusals of messages that cannot be read; every other answer passes.
#[derive(Debug, Clone)]
pub struct Readable<S> {
    inner: S,
    answers: UnreadableLayer,
}

impl<S> Service<Request<Body>> for Readable<S>
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
        let answers = self.answers;
        let call = self.inner.call(request);
        Box::pin(async move {
            let response = call.await?;
            Ok(answers.instead_of(&response).map_or(response, Status::into_http))
        })
    }
}

impl UnreadableLayer {
    fn instead_of(&self, response: &Response<Body>) -> Option<Status> {
        // tonic leaves the status that it made beside the headers that it made of it.
        let made = response.extensions().get::<Status>()?;
        match made.code() {
            Code::OutOfRange if made.message().starts_with(TOO_LONG) => Some((self.too_long)()),
            Code::Internal if MALFORMED.iter().any(|begins| made.message().starts_with(begins)) => {
                Some((self.malformed)())
            }
            _ => None,
        }
    }
}
