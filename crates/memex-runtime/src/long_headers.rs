//! Refuses a call whose headers are too long with the service's own answer: HTTP/2 alone would answer such a call without
//! a gRPC status.

use std::task::{Context, Poll};

use http::{HeaderMap, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::CallFuture;

/// What HTTP/2 counts for each header beside its name and its value (RFC 9113, 6.5.2).
const BYTES_PER_HEADER: usize = 32;

/// Wraps services in [`ShortHeaders`].
#[derive(Debug, Clone, Copy)]
pub struct LongHeadersLayer {
    /// The longest list of headers, in bytes.
    pub most_bytes: usize,
    /// What a caller gets whose headers are longer.
    pub answer: fn() -> Status,
}

impl<S> Layer<S> for LongHeadersLayer {
    type Service = ShortHeaders<S>;

    fn layer(&self, inner: S) -> ShortHeaders<S> {
        ShortHeaders { inner, limit: *self }
    }
}

/// Lets a call through whose headers are short enough.
#[derive(Debug, Clone)]
pub struct ShortHeaders<S> {
    inner: S,
    limit: LongHeadersLayer,
}

impl<S> Service<Request<Body>> for ShortHeaders<S>
where
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = CallFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if bytes(request.headers()) > self.limit.most_bytes {
            return Box::pin(std::future::ready(Ok((self.limit.answer)().into_http())));
        }
        Box::pin(self.inner.call(request))
    }
}

fn bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + BYTES_PER_HEADER).sum()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_header_counts_as_http_2_counts_it() {
        let mut headers = HeaderMap::new();
        assert_eq!(bytes(&headers), 0);
        headers.append("a", HeaderValue::from_static("bc"));
        headers.append("a", HeaderValue::from_static("d"));
        assert_eq!(bytes(&headers), 2 * 33 + 3);
    }
}
