//! A server with health and a service that misbehaves on demand, and a client without generated code.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses what it needs, and none of it is the product")]

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Request, Response};
use memex_runtime::client::{AuthChannel, ClientSettings, Token, connect};
use memex_runtime::health::Health;
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::server::{Drained, Listening, ServerLimits, bind, serve};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tonic::Status;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tower::{Service, ServiceExt as _};

/// Every test's limit on waiting for something to happen: generous, and never what decides.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A service whose methods are named for what they do.
#[derive(Clone)]
pub struct Odd {
    entered: mpsc::UnboundedSender<&'static str>,
    release: Arc<Notify>,
}

impl NamedService for Odd {
    const NAME: &'static str = "test.Odd";
}

impl Service<Request<Body>> for Odd {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let odd = self.clone();
        Box::pin(async move {
            let status = match request.uri().path() {
                "/test.Odd/Panic" => panic!("mx-canary in a panic's text"),
                "/test.Odd/Hang" => odd.hang().await,
                "/test.Odd/Hold" => odd.hold().await,
                "/test.Odd/Bearer" => Status::ok(format!("{:?}", request.headers().get("authorization"))),
                "/test.Odd/Internal" => Status::internal(""),
                _ => Status::not_found(""),
            };
            Ok(status.into_http())
        })
    }
}

impl Odd {
    /// Never answers, and says when it is dropped.
    async fn hang(&self) -> Status {
        struct Dropped(mpsc::UnboundedSender<&'static str>);
        impl Drop for Dropped {
            fn drop(&mut self) {
                self.0.send("dropped").ok();
            }
        }
        let _dropped = Dropped(self.entered.clone());
        self.entered.send("hanging").ok();
        std::future::pending().await
    }

    /// Answers when the test says so.
    async fn hold(&self) -> Status {
        self.entered.send("holding").ok();
        self.release.notified().await;
        Status::ok("")
    }
}

/// A running server.
pub struct Served {
    pub address: SocketAddr,
    pub health: Health,
    pub shutdown: Shutdown,
    pub entered: mpsc::UnboundedReceiver<&'static str>,
    pub release: Arc<Notify>,
    pub serving: JoinHandle<Drained>,
}

impl Served {
    pub async fn start(limits: ServerLimits) -> Self {
        Self::start_on(bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap(), limits)
    }

    pub fn start_on(listening: impl Into<Listening>, limits: ServerLimits) -> Self {
        let listening = listening.into();
        let address = listening.listener.local_addr().unwrap();
        let (health, shutdown) = (Health::new(), Shutdown::manual());
        let (sender, entered) = mpsc::unbounded_channel();
        let release = Arc::new(Notify::new());
        let odd = Odd { entered: sender, release: release.clone() };
        let health_service = health.service().max_decoding_message_size(1024);
        let routes = Routes::new(health_service).add_service(odd);
        let serving = tokio::spawn({
            let (health, shutdown) = (health.clone(), shutdown.clone());
            async move { serve(listening, routes, &health, &shutdown, limits).await.unwrap() }
        });
        Self { address, health, shutdown, entered, release, serving }
    }

    pub fn settings(&self) -> ClientSettings {
        ClientSettings::new(&format!("http://{}", self.address)).unwrap()
    }

    pub fn client(&self) -> AuthChannel {
        connect(&self.settings().with_token(Token::new("test", "mx-canary-token").unwrap()))
    }

    /// Waits for the service to say that it got so far.
    pub async fn until(&mut self, stage: &str) {
        let said = tokio::time::timeout(PATIENCE, self.entered.recv()).await.expect("the service was not called");
        assert_eq!(said, Some(stage));
    }

    pub async fn drained(self) -> Drained {
        tokio::time::timeout(PATIENCE, self.serving).await.expect("serving goes on").unwrap()
    }
}

/// Calls `path` with an empty body; the status of the answer.
pub async fn call(channel: &mut AuthChannel, path: &str, headers: &[(&'static str, &str)]) -> Status {
    let mut request = Request::post(path).body(Body::empty()).unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    Status::from_header_map(response.headers()).expect("an answer without its status in headers")
}

/// What lies between a client and a server: passes on what both say, until it goes silent, as a network does that lost
/// one of them.
pub struct Proxy {
    pub address: SocketAddr,
    silent: watch::Sender<()>,
    connections: Arc<AtomicUsize>,
    ended: mpsc::UnboundedReceiver<()>,
}

impl Proxy {
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (silent, silence) = watch::channel(());
        let (end, ended) = mpsc::unbounded_channel();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let server = TcpStream::connect(server).await.unwrap();
                tokio::spawn(pass_on(client, server, silence.clone(), end.clone()));
            }
        });
        Self { address, silent, connections, ended }
    }

    /// How many there were so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// From now on nothing is passed on, and nothing is closed, on the connections that there are.
    pub fn go_silent(&self) {
        self.silent.send_replace(());
    }

    /// Waits until the server has closed a connection that is silent.
    pub async fn server_ended(&mut self) {
        tokio::time::timeout(PATIENCE, self.ended.recv()).await.expect("the server keeps a connection that is dead");
    }
}

async fn pass_on(
    mut client: TcpStream,
    mut server: TcpStream,
    mut silence: watch::Receiver<()>,
    ended: mpsc::UnboundedSender<()>,
) {
    silence.mark_unchanged();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => return,
        _ = silence.changed() => {}
    }
    // Whatever the server still says goes nowhere; the client's socket stays open until the server's is closed.
    let mut said = [0; 1024];
    while server.read(&mut said).await.is_ok_and(|bytes| bytes > 0) {}
    ended.send(()).ok();
    std::future::pending::<()>().await;
}
