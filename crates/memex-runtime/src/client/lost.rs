//! Says UNAVAILABLE when a connection fails, whatever tonic calls it.
//!
//! tonic names a lost connection CANCELLED or UNKNOWN, by where it was lost. A caller must not read into those that
//! somebody cancelled or that the server failed: it is what a retry with the same request id is for.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tonic::body::Body;
use tonic::transport::Error as TransportError;
use tonic::{Code, Status};
use tower::Service;

use crate::CallFuture;

/// A channel whose failures are answers.
#[derive(Debug, Clone)]
pub(super) struct LostIsUnavailable<S> {
    pub(super) inner: S,
}

impl<S> Service<Request<Body>> for LostIsUnavailable<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = TransportError>,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = TransportError;
    type Future = CallFuture<TransportError>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let call = self.inner.call(request);
        // A caller that cancels drops this, and a deadline is answered further in: what fails here is the connection.
        Box::pin(async move {
            Ok(match call.await {
                Ok(response) => response.map(|inner| Body::new(LostBody { inner })),
                Err(error) => lost(Status::from_error(Box::new(error))).into_http(),
            })
        })
    }
}

/// An answer's body that may break off.
struct LostBody {
    inner: Body,
}

impl http_body::Body for LostBody {
    type Data = <Body as http_body::Body>::Data;
    type Error = Status;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Self::Data>, Status>>> {
        // Trailers are frames: an error here is never the server's answer.
        Pin::new(&mut self.inner).poll_frame(cx).map_err(lost)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// What became of the call, with every cause in its text: "connection refused" is what a person needs to know. The two
/// codes that stay are HTTP/2's own answers about this call: too much asked, and not allowed.
fn lost(status: Status) -> Status {
    if matches!(status.code(), Code::ResourceExhausted | Code::PermissionDenied) {
        return status;
    }
    let mut text = vec![status.message().to_owned()];
    let mut cause = status.source();
    while let Some(error) = cause {
        let said = error.to_string();
        // tonic's word for every cause, and causes that their effects quote, say nothing more.
        if said != "transport error" && !text.contains(&said) {
            text.push(said);
        }
        cause = error.source();
    }
    Status::unavailable(format!("the connection failed: {}", text.join(": ")))
}
