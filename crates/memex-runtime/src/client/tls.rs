//! Whom a client trusts, and the certificate that it shows: read at start, read again when the files change, and never
//! worse than before.

use std::fmt;
use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, ClientTlsConfig, Endpoint, Identity};

use crate::causes::with_causes;
use crate::settings::{Mistake, Mistakes};

const CA: &str = "--tls-ca / MEMEX_TLS_CA";
const CERT: &str = "--tls-client-cert / MEMEX_TLS_CLIENT_CERT";
const KEY: &str = "--tls-client-key / MEMEX_TLS_CLIENT_KEY";

/// Which files a client's TLS is made of; for an https:// endpoint. They are read again when they change. Flatten it into a command's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Connecting")]
pub struct ClientTlsArgs {
    /// Authorities to trust at an https:// endpoint, as PEM [default: those of the public web]
    #[arg(long, global = true, env = "MEMEX_TLS_CA", value_name = "FILE")]
    pub tls_ca: Option<PathBuf>,
    /// The certificate to show there (mTLS), as PEM
    #[arg(long, global = true, env = "MEMEX_TLS_CLIENT_CERT", value_name = "FILE")]
    pub tls_client_cert: Option<PathBuf>,
    /// That certificate's private key, as PEM
    #[arg(long, global = true, env = "MEMEX_TLS_CLIENT_KEY", value_name = "FILE")]
    pub tls_client_key: Option<PathBuf>,
}

/// What the files held. Never printed: it has the key.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ClientTls {
    ca: Option<Vec<u8>>,
    identity: Option<(Vec<u8>, Vec<u8>)>,
}

impl ClientTlsArgs {
    /// What the files hold. Nothing where none is named, or where something is wrong with them: then with mistakes.
    pub(super) fn read(&self, mistakes: &mut Mistakes) -> Option<ClientTls> {
        let given = |file: &Option<PathBuf>| file.clone().filter(|file| !file.as_os_str().is_empty());
        let (ca, cert, key) = (given(&self.tls_ca), given(&self.tls_client_cert), given(&self.tls_client_key));
        if ca.is_none() && cert.is_none() && key.is_none() {
            return None;
        }
        if cert.is_some() != key.is_some() {
            let missing = if cert.is_some() { KEY } else { CERT };
            mistakes.add(missing, "must be given too: a certificate is shown with its key");
        }
        let ca = ca.and_then(|file| pem(CA, &file, mistakes));
        let cert = cert.and_then(|file| pem(CERT, &file, mistakes));
        let key = key.and_then(|file| pem(KEY, &file, mistakes));
        Some(ClientTls { ca, identity: cert.zip(key) })
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientTls(…)")
    }
}

impl ClientTls {
    /// The endpoint, reached with this.
    pub(super) fn over(&self, endpoint: &Endpoint) -> Result<Endpoint, Mistake> {
        // The causes say what is wrong with a certificate.
        let problem = |error| format!("cannot be used: {}", with_causes(&error));
        let setting = "--tls-ca, --tls-client-cert, --tls-client-key";
        endpoint.clone().tls_config(self.config()).map_err(|error| Mistake::new(setting, problem(error)))
    }

    /// The settings that tonic takes.
    fn config(&self) -> ClientTlsConfig {
        let config = match &self.ca {
            Some(pem) => ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)),
            None => ClientTlsConfig::new().with_enabled_roots(),
        };
        match &self.identity {
            Some((cert, key)) => config.identity(Identity::from_pem(cert, key)),
            None => config,
        }
    }
}

/// Files that are followed.
#[derive(Debug, Clone)]
pub(super) struct TlsFiles {
    args: ClientTlsArgs,
    /// What they held when they were last of use.
    in_force: ClientTls,
    /// What is wrong with them since, so that it is said once.
    broken: Option<Mistakes>,
}

impl TlsFiles {
    /// Files that hold this now.
    pub(super) fn holding(args: ClientTlsArgs, in_force: ClientTls) -> Self {
        Self { args, in_force, broken: None }
    }

    /// Looks at the files: the endpoint, reached with what they say now, where that is something new. Where it cannot be
    /// used, what was before stays, and the log says so once.
    pub(super) fn reload(&mut self, endpoint: &Endpoint) -> Option<Endpoint> {
        match self.look(endpoint) {
            Ok((held, _)) if held == self.in_force => {
                self.broken = None;
                None
            }
            Ok((held, changed)) => {
                tracing::info!(
                    "the TLS files changed: calls take a new connection, which is made with what they say now"
                );
                (self.in_force, self.broken) = (held, None);
                Some(changed)
            }
            Err(broken) if self.broken.as_ref() == Some(&broken) => None,
            Err(broken) => {
                tracing::error!(%broken, "the TLS files changed and cannot be used; what was before stays in force");
                self.broken = Some(broken);
                None
            }
        }
    }

    fn look(&self, endpoint: &Endpoint) -> Result<(ClientTls, Endpoint), Mistakes> {
        let mut mistakes = Mistakes::new();
        let held = self.args.read(&mut mistakes);
        match held {
            Some(held) if mistakes.is_empty() => {
                let changed = held.over(endpoint).map_err(Mistakes::from)?;
                Ok((held, changed))
            }
            _ => Err(mistakes),
        }
    }
}

/// What the file holds; a mistake where it cannot be read or is no PEM.
fn pem(setting: &str, file: &Path, mistakes: &mut Mistakes) -> Option<Vec<u8>> {
    match std::fs::read(file) {
        Ok(held) if held.windows(11).any(|window| window == b"-----BEGIN ") => Some(held),
        Ok(_) => {
            mistakes.add(setting, format_args!("{} must hold PEM", file.display()));
            None
        }
        Err(error) => {
            mistakes.add(setting, format_args!("cannot read {}: {error}", file.display()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;
    use tempfile::TempDir;

    use super::*;

    /// Writes a certificate, and the key that belongs to it.
    fn sign(folder: &TempDir) -> (Vec<u8>, Vec<u8>) {
        let signed = generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
        let (cert, key) = (signed.cert.pem().into_bytes(), signed.signing_key.serialize_pem().into_bytes());
        std::fs::write(folder.path().join("cert.pem"), &cert).unwrap();
        std::fs::write(folder.path().join("cert.key"), &key).unwrap();
        (cert, key)
    }

    #[test]
    fn new_files_are_taken_once_they_can_be_used_together() {
        let folder = tempfile::tempdir().unwrap();
        sign(&folder);
        let file = |name: &str| Some(folder.path().join(name));
        let args = ClientTlsArgs { tls_ca: None, tls_client_cert: file("cert.pem"), tls_client_key: file("cert.key") };
        let mut mistakes = Mistakes::new();
        let held = args.read(&mut mistakes).unwrap();
        assert!(mistakes.is_empty(), "{mistakes}");
        let endpoint = Endpoint::from_static("https://127.0.0.1:1");
        let mut files = TlsFiles::holding(args, held);
        assert!(files.reload(&endpoint).is_none(), "nothing changed");

        std::fs::write(folder.path().join("cert.key"), b"no PEM").unwrap();
        assert!(files.reload(&endpoint).is_none() && files.broken.is_some());
        std::fs::remove_file(folder.path().join("cert.key")).unwrap();
        assert!(files.reload(&endpoint).is_none() && files.broken.is_some());
        // A certificate that came before its key.
        let (_, old_key) = sign(&folder);
        let (_, key) = sign(&folder);
        std::fs::write(folder.path().join("cert.key"), old_key).unwrap();
        assert!(files.reload(&endpoint).is_none() && files.broken.is_some());
        std::fs::write(folder.path().join("cert.key"), key).unwrap();
        assert!(files.reload(&endpoint).is_some() && files.broken.is_none());
        assert!(files.reload(&endpoint).is_none(), "taken once");
        assert!(!format!("{files:?}").contains("PRIVATE"));
    }
}
