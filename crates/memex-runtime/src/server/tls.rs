//! TLS from files: read at start, read again when they change, and never worse than before.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use crate::settings::{Mistake, Mistakes};

const CERT: &str = "--tls-cert / MEMEX_TLS_CERT";
const KEY: &str = "--tls-key / MEMEX_TLS_KEY";
const CLIENT_CA: &str = "--tls-client-ca / MEMEX_TLS_CLIENT_CA";

/// How often the files are looked at.
const RELOAD_EVERY: Duration = Duration::from_secs(2);

/// Which files a server's TLS is made of. Flatten it into a command's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Listening")]
pub struct ServerTlsArgs {
    /// The server's certificate and those that it rests on, as PEM; read again when the file changes
    #[arg(long, env = "MEMEX_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, as PEM; read again when the file changes
    #[arg(long, env = "MEMEX_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// Authorities, as PEM: clients must show a certificate that one of them signed (mTLS); read again when it changes
    #[arg(long, env = "MEMEX_TLS_CLIENT_CA", value_name = "FILE")]
    pub tls_client_ca: Option<PathBuf>,
}

impl ServerTlsArgs {
    /// Whether any of the files is named, and so TLS is wanted.
    pub fn wanted(&self) -> bool {
        [&self.tls_cert, &self.tls_key, &self.tls_client_ca].into_iter().any(|file| given(file).is_some())
    }

    /// What the files make; nothing where none is named, or where something is wrong with them: then with mistakes.
    pub fn load(&self, mistakes: &mut Mistakes) -> Option<ServerTls> {
        if !self.wanted() {
            return None;
        }
        let needed = "must be given too: TLS takes a certificate and its key";
        if given(&self.tls_cert).is_none() {
            mistakes.add(CERT, needed);
        }
        if given(&self.tls_key).is_none() {
            mistakes.add(KEY, needed);
        }
        let files = Files {
            cert: given(&self.tls_cert)?.to_owned(),
            key: given(&self.tls_key)?.to_owned(),
            client_ca: given(&self.tls_client_ca).map(Path::to_owned),
        };
        ServerTls::of(files).map_err(|found| found.iter().for_each(|one| mistakes.add(&one.setting, &one.problem))).ok()
    }
}

fn given(file: &Option<PathBuf>) -> Option<&Path> {
    file.as_deref().filter(|file| !file.as_os_str().is_empty())
}

/// Where certificate, key and authorities lie.
#[derive(Debug, Clone)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

/// What the files held when they were read. Never printed: it has the key.
#[derive(PartialEq, Eq)]
struct Contents {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

impl Files {
    /// What they hold, each looked at by itself, so that every mistake is found.
    fn read(&self) -> Result<Contents, Mistakes> {
        let mut mistakes = Mistakes::new();
        let mut read = |setting: &str, file: &Path, check: fn(&str, &[u8]) -> Result<(), Mistake>| {
            let unreadable = |error| Mistake::new(setting, format_args!("cannot read {}: {error}", file.display()));
            let held = std::fs::read(file).map_err(unreadable);
            mistakes.check(held.and_then(|held| check(setting, &held).map(|()| held)))
        };
        let authorities = |setting: &str, pem: &[u8]| certificates(setting, pem).map(drop);
        let cert = read(CERT, &self.cert, authorities);
        let key = read(KEY, &self.key, |_, pem| private_key(pem).map(drop));
        let client_ca = self.client_ca.as_deref().map(|file| read(CLIENT_CA, file, authorities));
        match (cert, key, client_ca) {
            (Some(cert), Some(key), None) => Ok(Contents { cert, key, client_ca: None }),
            (Some(cert), Some(key), Some(Some(client_ca))) => Ok(Contents { cert, key, client_ca: Some(client_ca) }),
            _ => Err(mistakes),
        }
    }
}

impl Contents {
    fn config(&self) -> Result<ServerConfig, Mistake> {
        let provider = Arc::new(default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| Mistake::new(CERT, error))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(CLIENT_CA, pem)? {
                    roots.add(root).map_err(|error| Mistake::new(CLIENT_CA, error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| Mistake::new(CLIENT_CA, error))?)
            }
        };
        let mut config = builder
            .with_single_cert(certificates(CERT, &self.cert)?, private_key(&self.key)?)
            .map_err(|error| Mistake::new(CERT, format_args!("cannot be used with {KEY}: {error}")))?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(config)
    }
}

fn certificates(setting: &str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Mistake> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Mistake::new(setting, "must be a file with certificates as PEM")),
    }
}

fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, Mistake> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|_| Mistake::new(KEY, "must be a file with a private key as PEM"))
}

/// A server's TLS, which follows its files. Clones share it.
#[derive(Clone)]
pub struct ServerTls(Arc<Shared>);

struct Shared {
    files: Files,
    current: RwLock<Arc<ServerConfig>>,
    last: Mutex<Last>,
}

/// What the last look at the files found.
struct Last {
    /// What they held when they were last of use.
    in_force: Option<Contents>,
    /// What is wrong with them since, so that it is said once.
    broken: Option<Mistakes>,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ServerTls").field(&self.0.files).finish()
    }
}

impl ServerTls {
    fn of(files: Files) -> Result<Self, Mistakes> {
        let contents = files.read()?;
        let current = RwLock::new(Arc::new(contents.config()?));
        let last = Mutex::new(Last { in_force: Some(contents), broken: None });
        Ok(Self(Arc::new(Shared { files, current, last })))
    }

    /// Greets the next connection with what the files said last.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(self.0.current.read().unwrap_or_else(PoisonError::into_inner).clone())
    }

    /// Looks at the files; new connections get what they say now. Where that cannot be used, what was before stays, and
    /// the log says so once.
    pub fn reload(&self) {
        let mut last = self.0.last.lock().unwrap_or_else(PoisonError::into_inner);
        let read = self.0.files.read();
        let looked = match &read {
            Ok(contents) => contents.config().map_err(Mistakes::from),
            Err(mistakes) => Err(mistakes.clone()),
        };
        match looked {
            Ok(_) if read.as_ref().ok() == last.in_force.as_ref() => last.broken = None,
            Ok(config) => {
                *self.0.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                *last = Last { in_force: read.ok(), broken: None };
                tracing::info!("the TLS files changed: new connections get the new certificate");
            }
            Err(broken) if last.broken.as_ref() == Some(&broken) => {}
            Err(broken) => {
                tracing::error!(%broken, "the TLS files changed and cannot be used; what was before stays in force");
                last.broken = Some(broken);
            }
        }
    }

    /// Reloads for as long as it is polled.
    pub(super) async fn follow(self) {
        loop {
            tokio::time::sleep(RELOAD_EVERY).await;
            let tls = self.clone();
            if tokio::task::spawn_blocking(move || tls.reload()).await.is_err() {
                tracing::error!("reloading the TLS files panicked");
            }
        }
    }
}
