//! TLS over a real connection: who is let in, and what happens when the files change.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{Proxy, Served, call};
use memex_runtime::client::{AuthChannel, ClientSettings, ClientTlsArgs, connect};
use memex_runtime::server::{Drained, Listening, ServerLimits, ServerTls, ServerTlsArgs, bind};
use memex_runtime::settings::Mistakes;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tonic::Code;

/// An authority and the files that it signs, named for their owners.
struct Authority {
    folder: TempDir,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { folder, issuer: Issuer::new(params, key) }
    }

    /// Writes `OWNER.pem` and `OWNER.key`, signed anew at each call; gives the certificate's bytes.
    fn sign(&self, owner: &str) -> Vec<u8> {
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(self.file(&format!("{owner}.pem")), certificate.pem()).unwrap();
        std::fs::write(self.file(&format!("{owner}.key")), key.serialize_pem()).unwrap();
        certificate.der().to_vec()
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn server(&self, client_ca: Option<&Path>) -> ServerTls {
        let args = ServerTlsArgs {
            tls_cert: Some(self.file("server.pem")),
            tls_key: Some(self.file("server.key")),
            tls_client_ca: client_ca.map(Path::to_owned),
        };
        let mut mistakes = Mistakes::new();
        args.load(&mut mistakes).unwrap_or_else(|| panic!("{mistakes}"))
    }

    /// Puts another authority's files in the place of this one's, as a rotation does.
    fn take_over(&self, other: &Authority) {
        for file in std::fs::read_dir(other.folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), self.folder.path().join(file.file_name())).unwrap();
        }
    }

    fn client(&self, served: &Served, identity: Option<&str>) -> AuthChannel {
        self.client_at(served.address, identity)
    }

    fn client_at(&self, address: std::net::SocketAddr, identity: Option<&str>) -> AuthChannel {
        let args = ClientTlsArgs {
            tls_ca: Some(self.file("ca.pem")),
            tls_client_cert: identity.map(|owner| self.file(&format!("{owner}.pem"))),
            tls_client_key: identity.map(|owner| self.file(&format!("{owner}.key"))),
        };
        let mut mistakes = Mistakes::new();
        let settings = ClientSettings::new(&format!("https://{address}")).unwrap();
        connect(&settings.with_tls(&args, &mut mistakes).unwrap_or_else(|| panic!("{mistakes}")))
    }
}

async fn serve(tls: &ServerTls) -> Served {
    let listener = bind("127.0.0.1:0".parse().unwrap(), false).await.unwrap();
    Served::start_on(Listening { listener, tls: Some(tls.clone()) }, ServerLimits::default())
}

async fn code(mut client: AuthChannel) -> Code {
    call(&mut client, "/test.Odd/Other", &[]).await.code()
}

/// The certificate that a new connection is shown.
async fn shown(authority: &Authority, served: &Served) -> Vec<u8> {
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring::default_provider, pki_types};
    let mut roots = RootCertStore::empty();
    roots.add(pki_types::CertificateDer::from_pem_file(authority.file("ca.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let tcp = tokio::net::TcpStream::connect(served.address).await.unwrap();
    let name = pki_types::ServerName::try_from("localhost").unwrap();
    let stream = tokio_rustls::TlsConnector::from(Arc::new(config)).connect(name, tcp).await.unwrap();
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn with_tls_only_who_speaks_it_and_trusts_the_server_is_served() {
    let authority = Authority::new();
    authority.sign("server");
    let served = serve(&authority.server(None)).await;
    assert_eq!(code(authority.client(&served, None)).await, Code::NotFound);
    assert_eq!(code(served.client()).await, Code::Unavailable, "plain text");
    assert_eq!(code(Authority::new().client(&served, None)).await, Code::Unavailable, "another authority");
}

#[tokio::test]
async fn with_mtls_a_client_shows_a_certificate_of_that_authority() {
    let authority = Authority::new();
    authority.sign("server");
    authority.sign("worker");
    let served = serve(&authority.server(Some(&authority.file("ca.pem")))).await;
    assert_eq!(code(authority.client(&served, Some("worker"))).await, Code::NotFound);
    assert_eq!(code(authority.client(&served, None)).await, Code::Unavailable, "no certificate");
    let stranger = Authority::new();
    stranger.sign("worker");
    std::fs::copy(authority.file("ca.pem"), stranger.file("ca.pem")).unwrap();
    assert_eq!(code(stranger.client(&served, Some("worker"))).await, Code::Unavailable, "another's certificate");
}

#[tokio::test]
async fn a_new_connection_sees_the_new_certificate_and_an_old_one_goes_on() {
    let authority = Authority::new();
    let first = authority.sign("server");
    let tls = authority.server(None);
    let served = serve(&tls).await;
    let mut client = authority.client(&served, None);
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
    assert_eq!(shown(&authority, &served).await, first);

    let second = authority.sign("server");
    assert_ne!(first, second);
    // The server itself looks every two seconds; a test that waited for it would only be slower.
    tls.reload();
    assert_eq!(shown(&authority, &served).await, second);
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
}

#[tokio::test]
async fn a_server_follows_its_files_by_itself() {
    let authority = Authority::new();
    authority.sign("server");
    let served = serve(&authority.server(None)).await;
    let second = authority.sign("server");
    let seen = async {
        while shown(&authority, &served).await != second {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(common::PATIENCE, seen).await.expect("the files are not looked at");
}

/// Calls until the answer is the service's own: until the client has seen that its files changed.
async fn until_served(client: &mut AuthChannel) {
    let served = async {
        while call(client, "/test.Odd/Other", &[]).await.code() != Code::NotFound {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(common::PATIENCE, served).await.expect("the files are not looked at");
}

#[tokio::test]
async fn a_client_follows_its_files_when_authority_and_certificates_are_replaced() {
    let (old, new) = (Authority::new(), Authority::new());
    for authority in [&old, &new] {
        authority.sign("server");
        authority.sign("worker");
    }
    let served = serve(&old.server(Some(&old.file("ca.pem")))).await;
    let address = served.address;
    let mut client = old.client(&served, Some("worker"));
    assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
    served.shutdown.trigger();
    assert_eq!(served.drained().await, Drained::Clean);

    let listener = bind(address, false).await.unwrap();
    let tls = Some(new.server(Some(&new.file("ca.pem"))));
    let _served = Served::start_on(Listening { listener, tls }, ServerLimits::default());
    let refused = call(&mut client, "/test.Odd/Other", &[]).await;
    assert_eq!(refused.code(), Code::Unavailable, "neither trusts the other: {refused}");
    old.take_over(&new);
    until_served(&mut client).await;
}

#[tokio::test]
async fn a_call_in_flight_ends_on_the_connection_that_it_began_on() {
    let authority = Authority::new();
    authority.sign("server");
    authority.sign("worker");
    let mut served = serve(&authority.server(Some(&authority.file("ca.pem")))).await;
    let proxy = Proxy::before(served.address).await;
    let mut client = authority.client_at(proxy.address, Some("worker"));
    let mut holding = client.clone();
    let held = tokio::spawn(async move { call(&mut holding, "/test.Odd/Hold", &[]).await });
    served.until("holding").await;
    assert_eq!(proxy.connections(), 1);
    authority.sign("worker");
    let anew = async {
        while proxy.connections() == 1 {
            assert_eq!(call(&mut client, "/test.Odd/Other", &[]).await.code(), Code::NotFound);
        }
    };
    tokio::time::timeout(common::PATIENCE, anew).await.expect("the files are not looked at");
    served.release.notify_one();
    assert_eq!(held.await.unwrap().code(), Code::Ok);
}

#[tokio::test]
async fn a_new_connection_is_judged_by_the_new_authority_of_clients() {
    let (authority, other) = (Authority::new(), Authority::new());
    authority.sign("server");
    authority.sign("worker");
    other.sign("worker");
    let clients = authority.file("clients.pem");
    std::fs::copy(authority.file("ca.pem"), &clients).unwrap();
    let tls = authority.server(Some(&clients));
    let served = serve(&tls).await;
    let new = std::fs::read(other.file("ca.pem")).unwrap();
    // The other's worker trusts this server.
    std::fs::copy(authority.file("ca.pem"), other.file("ca.pem")).unwrap();
    assert_eq!(code(authority.client(&served, Some("worker"))).await, Code::NotFound);
    assert_eq!(code(other.client(&served, Some("worker"))).await, Code::Unavailable, "another's certificate");
    std::fs::write(&clients, new).unwrap();
    tls.reload();
    assert_eq!(code(other.client(&served, Some("worker"))).await, Code::NotFound);
    assert_eq!(code(authority.client(&served, Some("worker"))).await, Code::Unavailable, "the authority of before");
}

#[tokio::test]
async fn broken_new_files_leave_the_old_certificate_in_force() {
    let authority = Authority::new();
    let first = authority.sign("server");
    let tls = authority.server(None);
    let served = serve(&tls).await;
    let key = std::fs::read(authority.file("server.key")).unwrap();
    std::fs::write(authority.file("server.key"), b"not a key").unwrap();
    tls.reload();
    assert_eq!(shown(&authority, &served).await, first);
    std::fs::remove_file(authority.file("server.key")).unwrap();
    tls.reload();
    assert_eq!(shown(&authority, &served).await, first);
    // A certificate that came before its key.
    let second = authority.sign("server");
    let new_key = std::fs::read(authority.file("server.key")).unwrap();
    std::fs::write(authority.file("server.key"), key).unwrap();
    tls.reload();
    assert_eq!(shown(&authority, &served).await, first);
    std::fs::write(authority.file("server.key"), new_key).unwrap();
    tls.reload();
    assert_eq!(shown(&authority, &served).await, second);
}

#[tokio::test]
async fn two_hundred_handshakes_that_never_end_hold_up_nobody() {
    let authority = Authority::new();
    authority.sign("server");
    let served = serve(&authority.server(None)).await;
    let mut silent = Vec::new();
    for _ in 0..200 {
        silent.push(tokio::net::TcpStream::connect(served.address).await.unwrap());
    }
    assert_eq!(code(authority.client(&served, None)).await, Code::NotFound);
}

#[test]
fn every_mistake_in_the_files_is_reported_by_name() {
    let authority = Authority::new();
    authority.sign("server");
    let load = |cert: &str, key: &str, client_ca: &str| {
        let file = |name: &str| (!name.is_empty()).then(|| authority.file(name));
        let args = ServerTlsArgs { tls_cert: file(cert), tls_key: file(key), tls_client_ca: file(client_ca) };
        let mut mistakes = Mistakes::new();
        assert_eq!(args.load(&mut mistakes).is_some(), mistakes.is_empty() && args.wanted());
        mistakes.to_string()
    };
    let none = "0 settings cannot be used:";
    assert_eq!(load("server.pem", "server.key", "ca.pem"), none);
    assert_eq!(load("", "", ""), none);
    let alone = load("", "", "ca.pem");
    assert!(alone.contains("--tls-cert / MEMEX_TLS_CERT: must be given") && alone.contains("--tls-key / "), "{alone}");
    let all = load("nowhere.pem", "nowhere.key", "server.key");
    assert!(all.starts_with("3 settings"), "{all}");
    for (cert, key, client_ca, said) in [
        ("server.pem", "", "", "--tls-key / MEMEX_TLS_KEY: must be given too"),
        ("nowhere.pem", "server.key", "", "--tls-cert / MEMEX_TLS_CERT: cannot read"),
        ("server.key", "server.key", "", "--tls-cert / MEMEX_TLS_CERT: must be a file with certificates"),
        ("server.pem", "server.pem", "", "--tls-key / MEMEX_TLS_KEY: must be a file with a private key"),
        ("ca.pem", "server.key", "", "--tls-cert / MEMEX_TLS_CERT: cannot be used with --tls-key"),
        ("server.pem", "server.key", "server.key", "--tls-client-ca / MEMEX_TLS_CLIENT_CA: must be a file with cert"),
    ] {
        let mistake = load(cert, key, client_ca);
        assert!(mistake.contains(said), "{cert} {key} {client_ca}: {mistake}");
        assert!(!mistake.contains("PRIVATE"), "{mistake}");
    }
}
