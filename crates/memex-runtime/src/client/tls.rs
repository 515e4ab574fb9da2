//! Whom a client trusts, and the certificate that it shows.

use std::path::{Path, PathBuf};

use tonic::transport::{Certificate, ClientTlsConfig, Identity};

use crate::settings::Mistakes;

const CA: &str = "--tls-ca / MEMEX_TLS_CA";
const CERT: &str = "--tls-client-cert / MEMEX_TLS_CLIENT_CERT";
const KEY: &str = "--tls-client-key / MEMEX_TLS_CLIENT_KEY";

/// Which files a client's TLS is made of; for an https:// endpoint. Flatten it into a command's arguments.
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

/// What the files held.
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

impl ClientTls {
    /// The settings that tonic takes.
    pub(super) fn config(&self) -> ClientTlsConfig {
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
