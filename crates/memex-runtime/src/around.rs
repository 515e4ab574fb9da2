//! One tower layer for every action around a call, so that each action needs no layer and service of its own.

use std::future::Future;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use tonic::body::Body;
use tower::{BoxError, Layer, Service};

/// A response future: boxed, because what is done around a call awaits more than the call.
pub(crate) type CallFuture<E> = BoxFuture<'static, Result<Response<Body>, E>>;

/// An action around a call: before it is passed on, on its answer, or instead of it.
pub(crate) trait Around: Clone {
    /// Answers `request`, with `next` or without.
    fn call<E, F>(&self, request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static;
}

/// Does `A` around each call of a service.
#[derive(Debug, Clone)]
pub(crate) struct AroundLayer<A>(pub A);

impl<A: Clone, S> Layer<S> for AroundLayer<A> {
    type Service = Surrounded<A, S>;

    fn layer(&self, inner: S) -> Surrounded<A, S> {
        Surrounded { around: self.0.clone(), inner }
    }
}

/// A service with something done around each of its calls.
#[derive(Debug, Clone)]
pub(crate) struct Surrounded<A, S> {
    /// The action.
    pub around: A,
    inner: S,
}

impl<A, S> Service<Request<Body>> for Surrounded<A, S>
where
    A: Around,
    S: Service<Request<Body>, Response = Response<Body>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = CallFuture<S::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        self.around.call(request, |request| self.inner.call(request))
    }
}

/// The answer of a call that is not passed on.
pub(crate) fn refused<E: Send + 'static>(status: tonic::Status) -> CallFuture<E> {
    Box::pin(std::future::ready(Ok(status.into_http())))
}
