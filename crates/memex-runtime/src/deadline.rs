//! Ends a call when its time is up, with DEADLINE_EXCEEDED.
//!
//! tonic ends it too, but with CANCELLED, which tells a caller that somebody cancelled. This layer lies inside tonic's
//! own timer on both sides and is a hair earlier, so that its answer is the one that counts.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use http::{HeaderMap, HeaderValue, Request, Response};
use tokio::time::Instant;
use tonic::Status;
use tonic::body::Body;
use tower::BoxError;

use crate::around::{Around, CallFuture};

/// The header that carries a call's time.
pub const GRPC_TIMEOUT: &str = "grpc-timeout";

/// The most that this layer is ahead of tonic's timer, which begins at the same moment; a twentieth of a short time.
const AHEAD: Duration = Duration::from_millis(2);

/// When a call must have been answered. A handler finds it in the request's extensions
/// (`request.extensions().get::<Deadline>()`), and bounds its own waits and retries by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

impl Deadline {
    /// The moment itself.
    pub fn at(&self) -> Instant {
        self.0
    }

    /// The time that is left; zero when it has passed.
    pub fn remaining(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

/// Answers DEADLINE_EXCEEDED, and drops the call, where no answer has begun within the request's `grpc-timeout` or the
/// maximum, whichever is shorter. An answer that has begun to stream is not cut off.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadlined {
    max: Option<Duration>,
    uploads: Uploads,
    answer: fn() -> Status,
}

/// Calls whose callers send for long before there is anything to answer, and the time that those have.
#[derive(Debug, Clone, Copy, Default)]
pub struct Uploads {
    /// Their paths (`/package.Service/Method`).
    pub paths: &'static [&'static str],
    /// No such call waits longer than this for its answer to begin.
    pub max_call: Duration,
}

impl Deadlined {
    /// A server's: no call waits longer than `max` for its answer to begin, whatever it asks for.
    pub fn at_most(max: Duration) -> Self {
        Self { max: Some(max), uploads: Uploads::default(), answer: Self::plainly_late }
    }

    /// A client's: only what the request itself says.
    pub fn as_asked() -> Self {
        Self { max: None, uploads: Uploads::default(), answer: Self::plainly_late }
    }

    /// The same with another maximum for these calls.
    #[must_use]
    pub fn with_uploads(self, uploads: Uploads) -> Self {
        Self { uploads, ..self }
    }

    /// The same with another answer to a call whose time is up.
    #[must_use]
    pub fn answering(self, answer: fn() -> Status) -> Self {
        Self { answer, ..self }
    }

    /// DEADLINE_EXCEEDED without details.
    pub fn plainly_late() -> Status {
        Status::deadline_exceeded("the call's deadline passed")
    }
}

impl Around for Deadlined {
    fn call<E, F>(&self, mut request: Request<Body>, next: impl FnOnce(Request<Body>) -> F) -> CallFuture<E>
    where
        E: Into<BoxError> + Send + 'static,
        F: Future<Output = Result<Response<Body>, E>> + Send + 'static,
    {
        let asked = asked_timeout(request.headers());
        let is_upload = self.uploads.paths.contains(&request.uri().path());
        let max = if is_upload { Some(self.uploads.max_call) } else { self.max };
        let Some(timeout) = asked.into_iter().chain(max).min() else {
            return Box::pin(next(request));
        };
        let deadline = Instant::now() + timeout.saturating_sub(AHEAD.min(timeout / 20));
        request.extensions_mut().insert(Deadline(deadline));
        let answer = self.answer;
        let call = next(request);
        Box::pin(async move {
            match before(deadline, call).await {
                Some(answered) => answered,
                None => Ok(answer().into_http()),
            }
        })
    }
}

/// What `call` gives, or nothing once `deadline` has passed or when the call fails after that.
///
/// It looks at the clock as well as at its timer: tonic's timer may fire in the same tick and wake the task first.
/// A failure after the deadline is tonic's own time-out, which on the client's side lies inside of this.
async fn before<T, E>(deadline: Instant, call: impl Future<Output = Result<T, E>>) -> Option<Result<T, E>> {
    let mut call = pin!(call);
    let mut timer = pin!(tokio::time::sleep_until(deadline));
    poll_fn(|cx| {
        let polled = call.as_mut().poll(cx);
        let passed = Instant::now() >= deadline || timer.as_mut().poll(cx).is_ready();
        match polled {
            Poll::Ready(Err(_)) if passed => Poll::Ready(None),
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if passed => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// The request's `grpc-timeout`. One that is malformed counts as absent, as in tonic.
pub fn asked_timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(GRPC_TIMEOUT)?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    // The specification allows eight digits, which also keeps hours from overflowing.
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let amount: u64 = digits.parse().ok()?;
    match unit {
        "H" => Some(Duration::from_secs(amount * 3600)),
        "M" => Some(Duration::from_secs(amount * 60)),
        "S" => Some(Duration::from_secs(amount)),
        "m" => Some(Duration::from_millis(amount)),
        "u" => Some(Duration::from_micros(amount)),
        "n" => Some(Duration::from_nanos(amount)),
        _ => None,
    }
}

/// `timeout` as a `grpc-timeout`, in milliseconds; more than the eight digits allow (27 hours) becomes their most.
pub fn timeout_header(timeout: Duration) -> HeaderValue {
    let millis = timeout.as_millis().clamp(1, 99_999_999);
    HeaderValue::try_from(format!("{millis}m")).expect("digits and a letter are a valid header")
}

#[cfg(test)]
mod tests;
