//! memory-api over TLS: from files, with certificates of clients where they are wanted, and never in plain text beyond
//! this machine unless it is told.

use std::path::{Path, PathBuf};

use memex_proto::v1::Role;
use memex_runtime::client::{ClientSettings, ClientTlsArgs, Token, connect};
use memex_runtime::server::{ServerArgs, ServerTlsArgs};
use memex_runtime::settings::Mistakes;
use memex_stack::stack::{Clients, Stack};
use memory_api::args::ServeArgs;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use tests::serving::{Serving, args};
use tonic::{Code, Status};

/// An authority's files: its own certificate, and one with its key for a server and for a client.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.path().join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        let issuer = Issuer::new(params, key);
        for owner in ["server", "client"] {
            let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
            let key = KeyPair::generate().unwrap();
            let certificate = params.signed_by(&key, &issuer).unwrap();
            std::fs::write(folder.path().join(format!("{owner}.pem")), certificate.pem()).unwrap();
            std::fs::write(folder.path().join(format!("{owner}.key")), key.serialize_pem()).unwrap();
        }
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn server(&self, client_ca: Option<&Path>) -> ServerTlsArgs {
        ServerTlsArgs {
            tls_cert: Some(self.file("server.pem")),
            tls_key: Some(self.file("server.key")),
            tls_client_ca: client_ca.map(Path::to_owned),
        }
    }

    /// Clients that trust this authority, and show its certificate where they are to.
    fn clients(&self, serving: &Serving, token: &str, shows: bool) -> Clients {
        let tls = ClientTlsArgs {
            tls_ca: Some(self.file("ca.pem")),
            tls_client_cert: shows.then(|| self.file("client.pem")),
            tls_client_key: shows.then(|| self.file("client.key")),
        };
        let mut mistakes = Mistakes::new();
        let settings = ClientSettings::new(&format!("https://{}", serving.address())).unwrap();
        let settings = settings.with_tls(&tls, &mut mistakes).unwrap_or_else(|| panic!("{mistakes}"));
        Clients::over(connect(&settings.with_token(Token::new("token", token).unwrap())))
    }
}

async fn read(clients: &Clients) -> Result<String, Status> {
    Ok(clients.read("user/a.md").await?.content)
}

#[tokio::test]
async fn over_tls_memory_is_read_and_in_plain_text_nothing_is_said() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- likes tea\n").await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let files = Files::new();
    let serving = Serving::start(ServeArgs { tls: files.server(None), ..args(&stack) }).await.unwrap();
    assert_eq!(read(&files.clients(&serving, &token, false)).await.unwrap(), "- likes tea\n");
    let plain = read(&Clients::at(&serving.endpoint(), &token)).await.unwrap_err();
    assert_eq!(plain.code(), Code::Unavailable, "{plain}");
    serving.end().await;
    stack.finish().await;
}

#[tokio::test]
async fn with_an_authority_for_clients_only_who_shows_its_certificate_is_heard() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- likes tea\n").await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let files = Files::new();
    let tls = files.server(Some(&files.file("ca.pem")));
    let serving = Serving::start(ServeArgs { tls, ..args(&stack) }).await.unwrap();
    assert_eq!(read(&files.clients(&serving, &token, true)).await.unwrap(), "- likes tea\n");
    let without = read(&files.clients(&serving, &token, false)).await.unwrap_err();
    assert_eq!(without.code(), Code::Unavailable, "{without}");
    serving.end().await;
    stack.finish().await;
}

#[tokio::test]
async fn beyond_this_machine_it_listens_with_tls_or_when_told_and_is_refused_otherwise() {
    let stack = Stack::start().await;
    let files = Files::new();
    let beyond = |allow_plaintext: Option<&str>, tls| {
        let allow_plaintext = allow_plaintext.map(str::to_owned);
        let server = ServerArgs { listen: "0.0.0.0:0".parse().unwrap(), allow_plaintext };
        Serving::start(ServeArgs { server, tls, ..args(&stack) })
    };
    let refused = beyond(None, ServerTlsArgs::default()).await.err().expect("it listens in plain text").to_string();
    assert!(refused.contains("refusing to listen on 0.0.0.0:0"), "{refused}");
    let mistyped = beyond(Some("perhaps"), files.server(None)).await.err().expect("it guesses").to_string();
    assert!(mistyped.starts_with("one setting cannot be used:\n  --allow-plaintext"), "{mistyped}");
    beyond(Some("true"), ServerTlsArgs::default()).await.unwrap().end().await;
    beyond(None, files.server(None)).await.unwrap().end().await;
    stack.finish().await;
}
