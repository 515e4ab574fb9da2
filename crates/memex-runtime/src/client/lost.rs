//! Says UNAVAILABLE when a connection fails, whatever tonic calls it.
//!
//! tonic names a lost connection CANCELLED or UNKNOWN, by where it was lost. A caller must not read into those that
//! somebody cancelled or that the server failed: it is what a retry with the same request id is for.

use http::{Request, Response};
use http_body_util::BodyExt as _;
use tonic::body::Body;
use tonic::{Code, Status};
use tower::BoxError;

use crate::around::{Around, CallFuture};
use crate::causes::{causes, followed_by};

/// Answers where the channel or the stream of an answer fails.
#[derive(Debug, Clone, Copy)]
pub(super) struct LostIsUnavailable;

impl Around for LostIsUnavailable {
    fn call<E, F>(&self, request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        let call = next(request);
        // A caller that cancels drops this, and a deadline is answered further in: what fails here is the connection.
        Box::pin(async move {
            Ok(match call.await {
                // Trailers are frames: an error of the body is never the server's answer.
                Ok(response) => response.map(|body| Body::new(body.map_err(lost))),
                Err(error) => lost(Status::from_error(error.into())).into_http(),
            })
        })
    }
}

/// What became of the call, with every cause in its text: "connection refused" is what a person needs to know. The two
/// codes that stay are HTTP/2's own answers about this call: too much asked, and not allowed.
fn lost(status: Status) -> Status {
    if matches!(status.code(), Code::ResourceExhausted | Code::PermissionDenied) {
        return status;
    }
    // "transport error" is tonic's word for every cause.
    let causes = causes(&status).filter(|cause| cause != "transport error");
    let text = followed_by(status.message().to_owned(), causes);
    Status::unavailable(format!("the connection failed: {text}"))
}
