//! Gives the service's own answer to a message that cannot be read: tonic refuses one that is too long with
//! OUT_OF_RANGE, and one that is malformed with INTERNAL, as if the service had failed.

use http::{Request, Response};
use tonic::body::Body;
use tonic::{Code, Status};
use tower::BoxError;

use crate::around::{Around, CallFuture};

/// How tonic begins its refusal of what is too long; it has no type of its own, so a test pins the text.
const TOO_LONG: &str = "Error, decoded message length too large";

/// How tonic begins its refusals of what is malformed; tests pin them.
const MALFORMED: [&str; 4] = [
    "failed to decode Protobuf message",
    "protocol error: received message with",
    "Unexpected EOF decoding stream",
    "Missing request message",
];

/// Replaces tonic's refusals of messages that cannot be read; every other answer passes.
#[derive(Debug, Clone, Copy)]
pub struct Unreadable {
    /// What a caller gets whose message is too long.
    pub too_long: fn() -> Status,
    /// What a caller gets whose message is not one of the call's.
    pub malformed: fn() -> Status,
}

impl Default for Unreadable {
    /// Answers without details, for services that have no reasons of their own.
    fn default() -> Self {
        Self {
            too_long: || Status::resource_exhausted("the message is too long"),
            malformed: || Status::invalid_argument("the message is malformed"),
        }
    }
}

impl Around for Unreadable {
    fn call<E, F>(&self, request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        let answers = *self;
        let call = next(request);
        Box::pin(async move {
            let response = call.await?;
            Ok(answers.instead_of(&response).map_or(response, Status::into_http))
        })
    }
}

impl Unreadable {
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
