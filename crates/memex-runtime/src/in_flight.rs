//! Bounds the work that a process has in flight, and refuses the surplus at once.

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;
use tonic::body::Body;
use tower::BoxError;

use crate::around::{Around, CallFuture, refused};
use crate::trace;

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

/// Lets a call in while there is a place for it, and refuses it without waiting where there is none: a queue here would
/// only make every caller late. Clones share the places.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    limits: InFlight,
    calls: Arc<Semaphore>,
    watching: Arc<Semaphore>,
}

impl Places {
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

impl Around for Places {
    fn call<E, F>(&self, request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        let place = match self.place(request.uri().path()) {
            Ok(place) => place,
            Err(status) => return refused(status),
        };
        let call = next(request);
        Box::pin(async move {
            let response = call.await?;
            let Some(place) = place else { return Ok(response) };
            // The body keeps the place until it is sent or dropped.
            let keeping = move |frame| {
                let _ = &place;
                frame
            };
            Ok(response.map(|body| Body::new(body.map_frame(keeping))))
        })
    }
}
