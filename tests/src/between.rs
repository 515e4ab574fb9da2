//! A socket between memory-api and Postgres: each statement passes a test's hands first.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};

const SOCKET: &str = ".s.PGSQL.5432";

/// What is done with a statement before it goes on: it waits for as long as that takes, and so does what comes after it
/// on its connection.
type Hands = Arc<dyn Fn(&str) -> BoxFuture<'static, ()> + Send + Sync>;

/// The socket. It ends with the runtime of its test.
pub struct Between {
    url: String,
    _dir: TempDir,
}

impl Between {
    /// Before the database of that URL, as a stack gives it.
    ///
    /// # Panics
    /// Where there is no such socket.
    pub fn before(url: &str, hands: impl Fn(&str) -> BoxFuture<'static, ()> + Send + Sync + 'static) -> Self {
        let (user, rest) = url.split_once('@').expect("a URL with a user");
        let (host, rest) = rest.split_once(':').expect("a URL with a port");
        let postgres = Path::new(&host.replace("%2F", "/")).join(SOCKET);
        let dir = tempfile::tempdir().expect("a directory can be made");
        let listener = UnixListener::bind(dir.path().join(SOCKET)).expect("a socket can be made");
        let own = dir.path().to_string_lossy().replace('/', "%2F");
        let hands: Hands = Arc::new(hands);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, mut to_client) = client.into_split();
                // Where Postgres takes no more connections, neither does this.
                let Ok(server) = UnixStream::connect(&postgres).await else { continue };
                let (mut from_server, to_server) = server.into_split();
                tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
                tokio::spawn(forward(from_client, to_server, Arc::clone(&hands)));
            }
        });
        Self { url: format!("{user}@{own}:{rest}"), _dir: dir }
    }

    /// The same database through this.
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Passes the client's messages on. The first message of a connection has no kind.
async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, hands: Hands) -> std::io::Result<()> {
    let mut prepared: HashMap<String, String> = HashMap::new();
    let mut begun = false;
    loop {
        let kind = if begun { Some(from.read_u8().await?) } else { None };
        let length = from.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        from.read_exact(&mut body).await?;
        let mut texts = body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned());
        let (first, second) = (texts.next().unwrap_or_default(), texts.next().unwrap_or_default());
        match kind {
            Some(b'P') => drop(prepared.insert(first, second)),
            // Its portal comes first, then the statement.
            Some(b'B') => hands(prepared.get(&second).map_or("", String::as_str)).await,
            Some(b'Q') => hands(&first).await,
            _ => {}
        }
        begun = true;
        let mut message: Vec<u8> = kind.into_iter().collect();
        message.extend(length.to_be_bytes());
        message.extend(body);
        to.write_all(&message).await?;
    }
}
