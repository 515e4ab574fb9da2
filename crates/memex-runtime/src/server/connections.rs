//! Accepts connections, and can cut all of them.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::{Connected, TcpConnectInfo};

use super::tls::ServerTls;
use crate::throttle::OncePer;

/// How long accepting rests after it failed. It fails at once and again when the process is out of file descriptors.
const REST: Duration = Duration::from_millis(100);

/// How long a client may take over the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes at once. Each is a task of its own, so that a slow one holds up nobody; beyond so many, accepting waits.
const MAX_HANDSHAKES: usize = 1024;

/// A client's connection, which reads as aborted once the server cuts it.
///
/// tonic gives each connection to a task of its own and offers no way to end those tasks; an error on the connection
/// is what they end by.
#[derive(Debug)]
pub struct Connection {
    stream: Wire,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

/// The bytes, encrypted or not.
#[derive(Debug)]
enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Wire {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(tcp) => tcp,
            Self::Tls(tls) => tls.get_ref().0,
        }
    }
}

/// What accepting goes on with.
struct Accepting {
    listener: TcpListener,
    tls: Option<ServerTls>,
    cut: CancellationToken,
    handshakes: JoinSet<io::Result<TlsStream<TcpStream>>>,
    complaint: OncePer,
    unfinished: OncePer,
}

/// Every connection of `listener`, with Nagle's delay off and its handshake done, until the stream is dropped.
pub(super) fn accept(
    listener: TcpListener,
    tls: Option<ServerTls>,
    cut: CancellationToken,
) -> impl Stream<Item = io::Result<Connection>> {
    let minute = || OncePer::new(Duration::from_secs(60));
    let (complaint, unfinished) = (minute(), minute());
    let accepting = Accepting { listener, tls, cut, handshakes: JoinSet::new(), complaint, unfinished };
    futures::stream::unfold(accepting, async |mut accepting| {
        let stream = accepting.next().await;
        let connection = Connection { stream, cut: Box::pin(accepting.cut.clone().cancelled_owned()) };
        Some((Ok(connection), accepting))
    })
}

impl Accepting {
    async fn next(&mut self) -> Wire {
        loop {
            tokio::select! {
                Some(ended) = self.handshakes.join_next() => match ended {
                    Ok(Ok(tls)) => return Wire::Tls(Box::new(tls)),
                    Ok(Err(error)) => self.complain_of_handshake(&error),
                    Err(_) => tracing::error!("a TLS handshake panicked"),
                },
                accepted = self.listener.accept(), if self.handshakes.len() < MAX_HANDSHAKES => {
                    let tcp = accepted.and_then(|(tcp, _peer)| tcp.set_nodelay(true).map(|()| tcp));
                    match (tcp, &self.tls) {
                        (Ok(tcp), None) => return Wire::Plain(tcp),
                        (Ok(tcp), Some(tls)) => {
                            self.handshakes.spawn(handshake(tls.acceptor(), tcp));
                        }
                        (Err(error), _) => self.rest(&error).await,
                    }
                }
            }
        }
    }

    fn complain_of_handshake(&self, error: &io::Error) {
        if let Some(unsaid) = self.unfinished.pass() {
            tracing::warn!(%error, unsaid, "a client's TLS handshake failed");
        }
    }

    async fn rest(&self, error: &io::Error) {
        if let Some(unsaid) = self.complaint.pass() {
            tracing::warn!(%error, unsaid, "a connection could not be accepted");
        }
        tokio::time::sleep(REST).await;
    }
}

async fn handshake(acceptor: TlsAcceptor, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let slow = |_| io::Error::new(io::ErrorKind::TimedOut, "it took too long");
    tokio::time::timeout(HANDSHAKE, acceptor.accept(tcp)).await.map_err(slow)?
}

impl Connected for Connection {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.stream.tcp().connect_info()
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        // Reading alone is enough: an HTTP/2 connection always has a read pending.
        if self.cut.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_read(cx, buf),
            Wire::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_write(cx, buf),
            Wire::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Wire::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Wire::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.stream {
            Wire::Plain(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Wire::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.stream {
            Wire::Plain(stream) => stream.is_write_vectored(),
            Wire::Tls(stream) => stream.is_write_vectored(),
        }
    }
}
