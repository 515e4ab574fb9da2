//! Bounds the work that a process has in flight, and refuses the surplus at once.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tower::{Layer, Service};

use crate::{CallFuture, trace};

/// How much a server does at once. Health and reflection have no part in it: they answer also when all else is shed.
#[derive(Debug, Clone, Copy)]
pub struct InFlight {
    /// Calls at once, over all connections. One counts until its answer is sent or it is dropped.
    pub calls: usize,
    /// The paths (`/package.Service/Method`) of calls that stay open for as long as their caller likes. They are
    /// bounded by themselves, so that watchers leave room for work.
    pub watches: &'static [&'static str],
    /// Such calls at once.
    pub watching: usize,
    /// What the surplus gets.
    pub overloaded: fn() -> Status,
}

impl InFlight {
    /// Calls at once where nothing is said: many times the connections to Postgres, so that short bursts wait there and
    /// are done, and few enough that what they hold fits in a small machine's memory.
    pub const CALLS: usize = 512;

    /// How much of `calls` may watch besides.
    pub const fn watching_beside(calls: usize) -> usize {
        if calls < 4 { 1 } else { calls / 4 }
    }
}

impl Default for InFlight {
    fn default() -> Self {
        Self {
            calls: Self::CALLS,
            watches: &[],
            watching: Self::watching_beside(Self::CALLS),
            overloaded: || Status::resource_exhausted("too much work is in flight"),
        }
    }
}

/// Wraps a server's services in [`Bounded`]. Clones share the places.
#[derive(Debug, Clone)]
pub struct InFlightLayer {
    limits: InFlight,
    calls: Arc<Semaphore>,
    watching: Arc<Semaphore>,
}

impl InFlightLayer {
    /// As many places as `limits` says.
    pub fn new(limits: InFlight) -> Self {
        let places = |count: usize| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)));
        Self { limits, calls: places(limits.calls), watching: places(limits.watching) }
    }

    /// A place for a call to `path`; an error where there is none.
    fn place(&self, path: &str) -> Result<Option<OwnedSemaphorePermit>, Status> {
        if trace::is_probe_path(path) {
            return Ok(None);
        }
        let places = if self.limits.watches.contains(&path) { &self.watching } else { &self.calls };
        places.clone().try_acquire_owned().map(Some).map_err(|_| (self.limits.overloaded)())
    }
}

impl<S> Layer<S> for InFlightLayer {
    type Service = Bounded<S>;

    fn layer(&self, inner: S) -> Bounded<S> {
        Bounded { inner, places: self.clone() }
    }
}

/// Lets a call in while there is a place for it, and refuses it without waiting where there is none: a queue here would
/// only make every caller late.
#[derive(Debug, Clone)]
pub struct Bounded<S> {
    inner: S,
    places: InFlightLayer,
}

impl<S> Service<Request<Body>> for Bounded<S>
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
        let place = match self.places.place(request.uri().path()) {
            Ok(None) => return Box::pin(self.inner.call(request)),
            Ok(Some(place)) => place,
            Err(status) => return Box::pin(std::future::ready(Ok(status.into_http()))),
        };
        let call = self.inner.call(request);
        Box::pin(async move {
            let response = call.await?;
            Ok(response.map(|inner| Body::new(Placed { inner, _place: place })))
        })
    }
}

/// An answer's body that keeps its call's place until it is sent or dropped.
struct Placed {
    inner: Body,
    _place: OwnedSemaphorePermit,
}

impl http_body::Body for Placed {
    type Data = <Body as http_body::Body>::Data;
    type Error = <Body as http_body::Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        Pin::new(&mut self.inner).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
