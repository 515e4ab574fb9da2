//! The connection that a client's calls take, made anew where its TLS files change.

use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response};
use tokio::sync::watch;
use tonic::body::Body;
use tonic::transport::channel::ResponseFuture;
use tonic::transport::{Channel, Endpoint, Error};
use tower::Service;

use super::tls::TlsFiles;

/// How often the files are looked at.
const RELOAD_EVERY: Duration = Duration::from_secs(2);

/// A channel, and what takes its place once its files say something else. Calls that are in flight then end where they
/// began; clones follow with their next call.
#[derive(Debug, Clone)]
pub(super) struct Line {
    channel: Channel,
    newest: Option<watch::Receiver<Channel>>,
}

impl Line {
    /// A channel that stays as it is.
    pub(super) fn fixed(channel: Channel) -> Self {
        Self { channel, newest: None }
    }

    /// A channel to `endpoint`, and another whenever the files change. Must be called inside a tokio runtime.
    pub(super) fn following(endpoint: Endpoint, files: TlsFiles) -> Self {
        let channel = endpoint.connect_lazy();
        let (changed, newest) = watch::channel(channel.clone());
        tokio::spawn(follow(endpoint, files, changed));
        Self { channel, newest: Some(newest) }
    }
}

/// Looks at the files for as long as anybody has the channel.
async fn follow(endpoint: Endpoint, mut files: TlsFiles, changed: watch::Sender<Channel>) {
    loop {
        tokio::select! {
            () = changed.closed() => return,
            () = tokio::time::sleep(RELOAD_EVERY) => {}
        }
        let before = endpoint.clone();
        let looked = tokio::task::spawn_blocking(move || {
            let now = files.reload(&before);
            (files, now)
        });
        let Ok((looked_at, now)) = looked.await else {
            tracing::error!("reloading the TLS files panicked; they are looked at no more");
            return;
        };
        files = looked_at;
        if let Some(now) = now {
            // Nobody hears it where the last call was made meanwhile.
            let _ = changed.send(now.connect_lazy());
        }
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = Error;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if let Some(newest) = &mut self.newest
            && newest.has_changed().unwrap_or(false)
        {
            self.channel = newest.borrow_and_update().clone();
        }
        self.channel.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        self.channel.call(request)
    }
}
