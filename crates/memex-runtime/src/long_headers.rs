//! Refuses a call whose headers are too long with the service's own answer: HTTP/2 alone would answer such a call without
//! a gRPC status.

use http::{HeaderMap, Request, Response};
use tonic::Status;
use tonic::body::Body;
use tower::BoxError;

use crate::around::{Around, CallFuture, refused};

/// What HTTP/2 counts for each header beside its name and its value (RFC 9113, 6.5.2).
const BYTES_PER_HEADER: usize = 32;

/// Lets a call through whose headers are short enough.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LongHeaders {
    /// The longest list of headers, in bytes.
    pub most_bytes: usize,
    /// What a caller gets whose headers are longer.
    pub answer: fn() -> Status,
}

impl Around for LongHeaders {
    fn call<E, F>(&self, request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        if bytes(request.headers()) > self.most_bytes {
            return refused((self.answer)());
        }
        Box::pin(next(request))
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
