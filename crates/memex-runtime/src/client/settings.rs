//! Which server a client talks to, as whom, and how long it waits.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::HeaderValue;
use http::uri::Scheme;
use tonic::transport::{ClientTlsConfig, Endpoint};

use super::tls::{ClientTlsArgs, TlsFiles};
use crate::settings::{Mistake, Mistakes, nonempty};

const ENDPOINT: &str = "--endpoint / MEMEX_ENDPOINT";
const TOKEN: &str = "MEMEX_TOKEN";
const TOKEN_FILE: &str = "--token-file / MEMEX_TOKEN_FILE";

/// Which server a client talks to and as whom. Flatten it into a command's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Connecting")]
pub struct ClientArgs {
    /// memory-api's address, such as http://127.0.0.1:50061
    #[arg(long, env = "MEMEX_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
    /// File that holds the token; without it the variable MEMEX_TOKEN holds the token itself
    #[arg(long, env = "MEMEX_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Whom to trust, and the certificate to show.
    #[command(flatten)]
    pub tls: ClientTlsArgs,
}

impl ClientArgs {
    /// The settings, `default_endpoint` where none was given. The token is the file's, else that of `MEMEX_TOKEN`, else
    /// there is none. A token is never a flag's value: every user of a machine can read its command lines.
    ///
    /// Gives nothing where something is wrong, and notes what.
    pub fn settings(&self, default_endpoint: &str, mistakes: &mut Mistakes) -> Option<ClientSettings> {
        let endpoint = nonempty(self.endpoint.as_deref());
        let token = match &self.token_file {
            Some(file) => Token::from_file(TOKEN_FILE, file).map(Some),
            None => std::env::var(TOKEN)
                .ok()
                .filter(|value| !value.trim().is_empty())
                .map(|value| Token::new(TOKEN, &value))
                .transpose(),
        };
        let token = mistakes.check(token);
        let settings = mistakes.check(ClientSettings::new(endpoint.unwrap_or(default_endpoint)));
        let settings = settings.and_then(|settings| settings.with_tls(&self.tls, mistakes));
        settings.zip(token).map(|(settings, token)| ClientSettings { token, ..settings })
    }
}

/// A bearer token. Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

impl Token {
    /// The token in `value`, white space around it removed. `setting` names where it came from.
    ///
    /// # Errors
    /// A [`Mistake`] where it is empty or has characters that no token has; the mistake does not quote it.
    pub fn new(setting: &str, value: &str) -> Result<Self, Mistake> {
        let value = value.trim();
        if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Mistake::new(setting, "must hold a token: letters, digits and signs without spaces"));
        }
        let mut header = HeaderValue::try_from(format!("Bearer {value}"))
            .map_err(|_| Mistake::new(setting, "must hold a token of a length that a header can carry"))?;
        header.set_sensitive(true);
        Ok(Self(header))
    }

    /// The token that `file` holds. `setting` names what named the file.
    ///
    /// # Errors
    /// A [`Mistake`] where the file cannot be read, or as for [`Token::new`].
    pub fn from_file(setting: &str, file: &Path) -> Result<Self, Mistake> {
        let value = std::fs::read_to_string(file)
            .map_err(|error| Mistake::new(setting, format_args!("cannot read {}: {error}", file.display())))?;
        Self::new(setting, &value)
    }

    /// The `authorization` header, marked sensitive.
    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A checked endpoint, with the token to show there.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    endpoint: Endpoint,
    token: Option<Token>,
    tls_files: Option<TlsFiles>,
    /// How long a call may take that sets no time of its own.
    pub call_timeout: Duration,
    /// How often a connection is pinged, also while idle. Without it a channel does not notice that its server vanished
    /// (a partition, a machine that lost power), and never connects anew.
    pub keepalive_interval: Duration,
    /// A ping that is not answered within this ends the connection.
    pub keepalive_timeout: Duration,
}

impl ClientSettings {
    /// What a call may take where nobody says otherwise.
    pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);

    /// For the server at `endpoint`, without a token. `https` trusts the roots that are compiled in.
    ///
    /// # Errors
    /// A [`Mistake`] that names the setting and the form where it is not `http://HOST:PORT` or `https://HOST[:PORT]`.
    pub fn new(endpoint: &str) -> Result<Self, Mistake> {
        let refuse = |why: &str| {
            let form = "must be http://HOST:PORT or https://HOST:PORT, such as http://127.0.0.1:50061";
            Mistake::new(ENDPOINT, format_args!("{form}, is {endpoint:?} ({why})"))
        };
        let uri: http::Uri = endpoint.parse().map_err(|_| refuse("not a URL"))?;
        let authority = uri.authority().ok_or_else(|| refuse("no host"))?;
        if authority.as_str().contains('@') {
            return Err(Mistake::new(ENDPOINT, "must not hold a user or password; the token has a setting of its own"));
        }
        if !matches!(uri.path_and_query().map(http::uri::PathAndQuery::as_str), None | Some("" | "/")) {
            return Err(refuse("a path has no meaning here"));
        }
        let encrypted = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => false,
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            _ => return Err(refuse("the scheme is missing or another")),
        };
        if !encrypted && authority.port_u16().is_none() {
            return Err(refuse("the port is missing"));
        }
        let endpoint = Endpoint::from(uri.clone());
        let endpoint = if encrypted {
            endpoint
                .tls_config(ClientTlsConfig::new().with_enabled_roots())
                .map_err(|_| refuse("TLS cannot be set up"))?
        } else {
            endpoint
        };
        Ok(Self {
            endpoint,
            token: None,
            tls_files: None,
            call_timeout: Self::CALL_TIMEOUT,
            keepalive_interval: Duration::from_secs(10),
            keepalive_timeout: Duration::from_secs(5),
        })
    }

    /// The same, trusting and showing what `args` say, read again when the files change. Files for TLS with an endpoint that is not https:// are a mistake:
    /// whoever names them expects to be encrypted.
    ///
    /// Gives nothing where something is wrong, and notes what.
    pub fn with_tls(self, args: &ClientTlsArgs, mistakes: &mut Mistakes) -> Option<Self> {
        let before = mistakes.iter().count();
        let Some(tls) = args.read(mistakes) else { return Some(self) };
        if self.endpoint.uri().scheme() != Some(&Scheme::HTTPS) {
            mistakes.add(ENDPOINT, "must be https://HOST:PORT where files for TLS are given");
        }
        if mistakes.iter().count() > before {
            return None;
        }
        let endpoint = mistakes.check(tls.over(&self.endpoint))?;
        Some(Self { endpoint, tls_files: Some(TlsFiles::holding(args.clone(), tls)), ..self })
    }

    /// The same with a token.
    #[must_use]
    pub fn with_token(self, token: Token) -> Self {
        Self { token: Some(token), ..self }
    }

    /// The token that calls will show.
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The files that TLS was made of, where any were given.
    pub(super) fn tls_files(&self) -> Option<&TlsFiles> {
        self.tls_files.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_cannot_be_is_refused_by_name_and_form() {
        for bad in
            ["", "127.0.0.1:50061", "http://", "ftp://host:1", "http://host", "http://host:1/path", "http://a b:1"]
        {
            let mistake = ClientSettings::new(bad).unwrap_err().to_string();
            assert!(mistake.starts_with("--endpoint / MEMEX_ENDPOINT: must be http://HOST:PORT"), "{bad}: {mistake}");
        }
        for good in ["http://127.0.0.1:50061", "http://[::1]:50061/", "https://memex.example.org"] {
            ClientSettings::new(good).unwrap();
        }
    }

    #[test]
    fn an_endpoint_with_a_password_is_refused_without_quoting_it() {
        let mistake = ClientSettings::new("http://user:hunter2@host:1").unwrap_err().to_string();
        assert!(mistake.contains("must not hold a user") && !mistake.contains("hunter2"), "{mistake}");
    }

    #[test]
    fn a_token_is_never_printed() {
        let token = Token::new("MEMEX_TOKEN", " mx_sesame\n").unwrap();
        let settings = ClientSettings::new("http://127.0.0.1:1").unwrap().with_token(token.clone());
        assert!(!format!("{settings:?} {token:?} {:?}", token.header()).contains("sesame"));
        let mistake = Token::new("MEMEX_TOKEN", "mx sesame").unwrap_err().to_string();
        assert!(mistake.contains("MEMEX_TOKEN") && !mistake.contains("sesame"), "{mistake}");
    }

    #[test]
    fn every_mistake_in_the_arguments_is_noted() {
        let args = ClientArgs {
            endpoint: Some("nowhere".into()),
            token_file: Some("/nonexistent/token".into()),
            ..ClientArgs::default()
        };
        let mut mistakes = Mistakes::new();
        assert!(args.settings("http://127.0.0.1:50061", &mut mistakes).is_none());
        assert_eq!(mistakes.iter().count(), 2);
    }

    #[test]
    fn files_for_tls_are_whole_readable_and_for_an_encrypted_endpoint() {
        let args = ClientTlsArgs {
            tls_ca: Some("/nonexistent/ca.pem".into()),
            tls_client_cert: Some("/nonexistent/cert.pem".into()),
            tls_client_key: None,
        };
        let mut mistakes = Mistakes::new();
        assert!(ClientSettings::new("http://127.0.0.1:1").unwrap().with_tls(&args, &mut mistakes).is_none());
        let said = mistakes.to_string();
        for part in ["--tls-client-key / ", "cannot read /nonexistent/ca.pem", "/nonexistent/cert.pem", "https://HOST"]
        {
            assert!(said.contains(part), "{part}: {said}");
        }
    }
}
