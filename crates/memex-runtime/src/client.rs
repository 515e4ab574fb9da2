//! Connects to a gRPC server: the channel that every client of ours uses.

mod line;
mod lost;
mod settings;
mod tls;

use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response};
use tonic::body::Body;
use tonic::transport::{Channel, Error};
use tower::{Layer as _, Service};

use crate::around::{AroundLayer, CallFuture, Surrounded};
use crate::deadline::{Deadlined, GRPC_TIMEOUT, timeout_header};
use crate::metrics::{CallMeter, Meters};
use crate::trace::ClientTrace;

use line::Line;
use lost::LostIsUnavailable;
pub use settings::{ClientArgs, ClientSettings, Token};
pub use tls::ClientTlsArgs;

/// How long making a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A channel that adds the bearer token, a deadline and the trace to each call. Cheap to clone; clones share the
/// connection.
///
/// Give it to a generated client: `MemoryServiceClient::new(channel)`. A call that sets no time of its own
/// (`tonic::Request::set_timeout`) gets the settings' `call_timeout`. What is over its time ends with
/// DEADLINE_EXCEEDED, also where no server answers at all; a server that cannot be reached, or is lost during the call, is UNAVAILABLE.
#[derive(Debug, Clone)]
pub struct AuthChannel {
    inner: Surrounded<ClientTrace, Surrounded<LostIsUnavailable, Surrounded<Deadlined, Line>>>,
    authorization: Option<HeaderValue>,
    call_timeout: HeaderValue,
}

/// Makes a channel that connects with its first call, and again whenever the connection is lost; with
/// TLS, also when its files change. Must be called inside a tokio runtime.
pub fn connect(settings: &ClientSettings) -> AuthChannel {
    let endpoint = settings
        .endpoint()
        .clone()
        .connect_timeout(CONNECT_TIMEOUT)
        .http2_keep_alive_interval(settings.keepalive_interval)
        .keep_alive_timeout(settings.keepalive_timeout)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    let line = match settings.tls_files() {
        None => Line::fixed(endpoint.connect_lazy()),
        Some(files) => Line::following(endpoint, files.clone()),
    };
    AuthChannel::on(line, settings.token(), settings.call_timeout)
}

impl AuthChannel {
    /// The same over a channel made elsewhere, such as an in-process pipe.
    pub fn over(channel: Channel, token: Option<&Token>, call_timeout: Duration) -> Self {
        Self::on(Line::fixed(channel), token, call_timeout)
    }

    /// The same, with its calls counted and timed.
    #[must_use]
    pub fn metered(mut self, meters: &Meters) -> Self {
        self.inner.around.calls = CallMeter::of_client(meters);
        self
    }

    fn on(line: Line, token: Option<&Token>, call_timeout: Duration) -> Self {
        let deadlined = AroundLayer(Deadlined::as_asked()).layer(line);
        Self {
            inner: AroundLayer(ClientTrace::default()).layer(AroundLayer(LostIsUnavailable).layer(deadlined)),
            authorization: token.map(Token::header),
            call_timeout: timeout_header(call_timeout),
        }
    }
}

impl Service<Request<Body>> for AuthChannel {
    type Response = Response<Body>;
    type Error = Error;
    type Future = CallFuture<Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let headers = request.headers_mut();
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers.entry(GRPC_TIMEOUT).or_insert_with(|| self.call_timeout.clone());
        self.inner.call(request)
    }
}
