//! What a worker is told at start: arguments and variables, checked all at once.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use memex_core::limits::MAX_WORKER_NAME_BYTES;
use memex_runtime::client::{ClientSettings, ClientTlsArgs, Token};
use memex_runtime::lifecycle::LifecycleArgs;
use memex_runtime::server;
use memex_runtime::settings::{Given, Mistake, Mistakes, env_flag, nonempty};
use memex_runtime::telemetry::TelemetryArgs;

const ENABLED: &str = "--dream-enabled / MEMEX_DREAM_ENABLED";
const TOKEN: &str = "MEMEX_WORKER_TOKEN";
const TOKEN_FILE: &str = "--worker-token-file / MEMEX_WORKER_TOKEN_FILE";
const NAME: &str = "--worker-name / MEMEX_WORKER_NAME";
const SLOTS: &str = "--worker-slots / MEMEX_WORKER_SLOTS";
const POLL: &str = "--poll-seconds / MEMEX_POLL_SECONDS";
const LISTEN: &str = "--worker-listen / MEMEX_WORKER_LISTEN";
const ALLOW_PLAINTEXT: &str = "--allow-plaintext / MEMEX_ALLOW_PLAINTEXT";

/// Where memory-api is looked for unless told otherwise: where it listens by default.
pub const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:50061";
/// Where the worker's health is asked for unless told otherwise.
pub const DEFAULT_LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 50062);
/// Dreams at once; as many as `dream_concurrency` gives one workspace by default.
const DEFAULT_SLOTS: u32 = 3;
/// Seconds between claims while nobody is due.
const DEFAULT_POLL_SECONDS: f64 = 5.0;

/// A worker's arguments.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct WorkerArgs {
    /// The process switch: without it the worker runs and claims nothing. `dream_enabled` must be on as well
    #[arg(
        long,
        env = "MEMEX_DREAM_ENABLED",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub dream_enabled: Option<String>,
    /// memory-api's address [default: http://127.0.0.1:50061]
    #[arg(long, env = "MEMEX_ENDPOINT", value_name = "URL")]
    pub endpoint: Option<String>,
    /// Whom to trust at an https:// endpoint, and the certificate to show there.
    #[command(flatten)]
    pub tls: ClientTlsArgs,
    /// File that holds the worker's token; without it the variable MEMEX_WORKER_TOKEN holds the token itself
    #[arg(long, env = "MEMEX_WORKER_TOKEN_FILE", value_name = "FILE")]
    pub worker_token_file: Option<PathBuf>,
    /// The token itself, for whoever runs a worker inside a process; never a flag, because command lines can be read.
    #[arg(skip)]
    pub worker_token: Option<Token>,
    /// The worker's name, for people; at most 128 bytes [default: the machine's name and the process id]
    #[arg(long, env = "MEMEX_WORKER_NAME", value_name = "NAME")]
    pub worker_name: Option<String>,
    /// Dreams at once, 1 to 100 [default: 3]
    #[arg(long, env = "MEMEX_WORKER_SLOTS", value_name = "COUNT", default_value = "", hide_default_value = true)]
    pub worker_slots: Given<u32>,
    /// Seconds between claims while nobody is due, 0.01 to 3600, give or take a fifth [default: 5]
    #[arg(long, env = "MEMEX_POLL_SECONDS", value_name = "SECONDS", default_value = "", hide_default_value = true)]
    pub poll_seconds: Given<f64>,
    /// Address and port of the health listener; port 0 takes any that is free [default: 127.0.0.1:50062]
    #[arg(
        long,
        env = "MEMEX_WORKER_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "",
        hide_default_value = true
    )]
    pub worker_listen: Given<SocketAddr>,
    /// Answer health beyond loopback although nothing encrypts the connection
    #[arg(
        long,
        env = "MEMEX_ALLOW_PLAINTEXT",
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub allow_plaintext: Option<String>,
    /// How long a drain may take.
    #[command(flatten)]
    pub lifecycle: LifecycleArgs,
    /// Logs and traces.
    #[command(flatten)]
    pub telemetry: TelemetryArgs,
}

/// A worker's settings, checked.
#[derive(Debug, Clone)]
pub struct WorkerSettings {
    /// The process switch.
    pub enabled: bool,
    /// memory-api's address, for the log.
    pub endpoint: String,
    /// The same with the token.
    pub client: ClientSettings,
    /// The worker's name.
    pub name: String,
    /// Dreams at once.
    pub slots: u32,
    /// The wait between claims while nobody is due, before its jitter.
    pub poll: Duration,
    /// How long running dreams may still take after the shutdown, before they are handed back.
    pub drain: Duration,
    /// Where health is asked for.
    pub listen: SocketAddr,
    /// Whether that may be beyond loopback.
    pub allow_plaintext: bool,
}

impl WorkerArgs {
    /// The checked settings.
    ///
    /// # Errors
    /// Every setting that cannot be used, together.
    pub fn settings(&self) -> Result<WorkerSettings, Mistakes> {
        let mut mistakes = Mistakes::new();
        let enabled = env_flag(ENABLED, self.dream_enabled.as_deref(), false, &mut mistakes);
        let endpoint = nonempty(self.endpoint.as_deref()).unwrap_or(DEFAULT_ENDPOINT).to_owned();
        let client = mistakes.check(ClientSettings::new(&endpoint));
        let client = client.and_then(|client| client.with_tls(&self.tls, &mut mistakes));
        let token = mistakes.check(self.token(enabled)).flatten();
        let name = nonempty(self.worker_name.as_deref()).map_or_else(default_name, str::to_owned);
        if name.len() > MAX_WORKER_NAME_BYTES || name.chars().any(char::is_control) {
            mistakes
                .add(NAME, format_args!("must be at most {MAX_WORKER_NAME_BYTES} bytes without control characters"));
        }
        let slots = mistakes.number(SLOTS, &self.worker_slots, DEFAULT_SLOTS, 1..=100);
        let poll = mistakes.number(POLL, &self.poll_seconds, DEFAULT_POLL_SECONDS, 0.01..=3600.0);
        let drain = self.lifecycle.drain_timeout(&mut mistakes);
        let allow_plaintext = env_flag(ALLOW_PLAINTEXT, self.allow_plaintext.as_deref(), false, &mut mistakes);
        let listen = server::address(LISTEN, &self.worker_listen, DEFAULT_LISTEN, allow_plaintext, &mut mistakes);
        self.telemetry.check(&mut mistakes);
        match (client, mistakes.into_result()) {
            (Some(client), Ok(())) => Ok(WorkerSettings {
                enabled,
                endpoint,
                client: token.map_or(client.clone(), |token| client.with_token(token)),
                name,
                slots,
                poll: Duration::from_secs_f64(poll),
                drain,
                listen,
                allow_plaintext,
            }),
            (_, Err(mistakes)) => Err(mistakes),
            (None, Ok(())) => Err(Mistake::new("--endpoint / MEMEX_ENDPOINT", "cannot be used").into()),
        }
    }

    /// A worker that is switched off needs no token; one that is on cannot claim without.
    fn token(&self, needed: bool) -> Result<Option<Token>, Mistake> {
        let variable = || std::env::var(TOKEN).ok().filter(|value| !value.trim().is_empty());
        if self.worker_token.is_some() {
            Ok(self.worker_token.clone())
        } else if let Some(file) = self.worker_token_file.as_deref().filter(|file| !file.as_os_str().is_empty()) {
            Token::from_file(TOKEN_FILE, file).map(Some)
        } else if let Some(value) = variable() {
            Token::new(TOKEN, &value).map(Some)
        } else if needed {
            Err(Mistake::new(TOKEN_FILE, format_args!("must be given, or {TOKEN}: a worker claims with its own token")))
        } else {
            Ok(None)
        }
    }
}

/// The machine's name and the process id: enough to find the log of the worker that a dream names.
fn default_name() -> String {
    let machine = std::env::var("HOSTNAME")
        .ok()
        .or_else(|| std::fs::read_to_string("/proc/sys/kernel/hostname").ok())
        .map(|name| name.trim().chars().filter(|c| !c.is_control()).take(63).collect::<String>())
        .filter(|name| !name.is_empty() && name.is_ascii())
        .unwrap_or_else(|| "dream-worker".to_owned());
    format!("{machine}-{}", std::process::id())
}
