//! An embedded Postgres: a real server, found on this machine, run as a child over a unix socket, one for each
//! data directory, ended with the process that started it.

mod account;
mod binaries;
mod databases;
mod error;
mod initdb;
mod instance;
mod leftover;
pub(crate) mod lock;
pub(crate) mod parent_death;
mod process;
mod ready;

use std::ffi::OsString;
use std::fmt;
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

pub use binaries::{Binaries, BinarySearch, find_binaries};
pub use error::PostgresError;
pub use instance::default_data_dir;

use instance::Instance;
use process::{Held, Postmaster};

/// The superuser of every embedded cluster.
const SUPERUSER: &str = "postgres";

/// How an embedded server is to be run.
#[derive(Debug, Clone)]
pub struct EmbeddedOptions {
    /// The instance's directory; made if it is missing. Run as root, every directory above it must let other
    /// accounts pass.
    pub data_dir: PathBuf,
    /// What the server's processes are called in `ps`, in ASCII. Default `memex`.
    pub name: String,
    /// Whether what is committed survives a loss of power. `false` (no fsync, no synchronous commit) is for tests
    /// and demonstrations. Default `true`.
    pub durable: bool,
    /// How many connections the server takes. Default 100.
    pub max_connections: u16,
    /// The programs; by default they are looked for as [`find_binaries`] does, with the version that the data
    /// needs before all others.
    pub binaries: Option<Binaries>,
    /// How long to wait for another process to leave the directory. Default 5 s: a process that was just killed
    /// can hold it for a moment.
    pub lock_wait: Duration,
    /// How long the server may take until it answers; it may have to recover first. Default 120 s.
    pub ready_wait: Duration,
}

impl EmbeddedOptions {
    /// The defaults, for an instance kept in `data_dir`.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            name: "memex".into(),
            durable: true,
            max_connections: 100,
            binaries: None,
            lock_wait: Duration::from_secs(5),
            ready_wait: Duration::from_secs(120),
        }
    }
}

/// A running server, which is this process's child and ends with it, even by `kill -9` (on Linux; elsewhere the
/// next start ends it). Dropped, it is asked to stop and not waited for; use [`stop`](Self::stop) to wait.
pub struct Embedded {
    postmaster: Postmaster,
    instance: Instance,
    binaries: Binaries,
    socket_dir: PathBuf,
    password: String,
}

impl Embedded {
    /// Starts the server of `options.data_dir` and waits until it answers; makes a new cluster if there is none.
    ///
    /// What an earlier, killed process left behind on the directory is ended first. Fails, with what to do about
    /// it, when no Postgres is found, when another process uses the directory, when the data is of another major
    /// version, or when the server ends or does not answer (with the end of its log).
    pub async fn start(options: EmbeddedOptions) -> Result<Self, PostgresError> {
        let instance = Instance::prepare(&options.data_dir)?;
        let lock = lock::acquire(instance.dir(), options.lock_wait).await?;
        let binaries = match options.binaries.clone() {
            Some(binaries) => binaries,
            None => find_binaries_for(instance.major()).await?,
        };
        instance.suits(&binaries)?;
        leftover::clear(&instance.data(), &instance.socket_lock()).await?;
        let password = initdb::ensure(&instance, &binaries, options.durable).await?;
        let (socket_dir, made) = instance.socket_dir()?;
        let (log, log_begins) = instance.open_log()?;
        let command = server(&options, &instance, &binaries, &socket_dir, log);
        let launched = Postmaster::launch(command, Held { lock, socket_dir: made }).await;
        let postmaster = launched.map_err(PostgresError::io("run", binaries.postgres()))?;
        let embedded = Self { postmaster, instance, binaries, socket_dir, password };
        let url = embedded.owner_url("postgres");
        ready::wait_until(&embedded.postmaster, &url, options.ready_wait, &embedded.instance, log_begins).await?;
        tracing::info!(pid = embedded.pid(), version = embedded.version(), "Postgres answers");
        Ok(embedded)
    }

    /// How the superuser, who may do everything, reaches `database`: a URL over the unix socket, with the
    /// password. A secret: it belongs in no log.
    pub fn owner_url(&self, database: &str) -> String {
        let host = percent_encoded(&self.socket_dir.to_string_lossy());
        let database = percent_encoded(database);
        format!("postgres://{SUPERUSER}:{}@{host}:5432/{database}?sslmode=disable", self.password)
    }

    /// The superuser's name.
    pub fn superuser(&self) -> &str {
        SUPERUSER
    }

    /// The superuser's password. A secret.
    pub fn password(&self) -> &str {
        &self.password
    }

    /// The directory of the unix socket, whose port is 5432.
    pub fn socket_dir(&self) -> &Path {
        &self.socket_dir
    }

    /// The instance's directory.
    pub fn data_dir(&self) -> &Path {
        self.instance.dir()
    }

    /// Where the server writes what it has to say. Without row contents: it is told to leave details out.
    pub fn log(&self) -> PathBuf {
        self.instance.log()
    }

    /// The server's version: `15.18`.
    pub fn version(&self) -> &str {
        &self.binaries.version
    }

    /// The postmaster's process number.
    pub fn pid(&self) -> u32 {
        self.postmaster.id()
    }

    /// Ends when the server has ended, however that came, with how; for a supervisor, which then ends too.
    pub fn exited(&self) -> impl Future<Output = ExitStatus> + Send + use<> {
        self.postmaster.exited()
    }

    /// Stops the server and waits until it has ended and its directory is free: a fast shutdown, which cuts off
    /// clients and writes everything; after 30 s an immediate one, which the next start recovers from.
    pub async fn stop(self) -> ExitStatus {
        self.postmaster.stop().await
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("Embedded");
        text.field("data_dir", &self.data_dir()).field("pid", &self.pid()).finish_non_exhaustive()
    }
}

/// Looks for the programs off the async threads: each candidate is run once for its version.
async fn find_binaries_for(major: Option<String>) -> Result<Binaries, PostgresError> {
    let major = major.and_then(|major| major.parse().ok());
    let found = tokio::task::spawn_blocking(move || BinarySearch::from_environment().find(major)).await;
    found.map_err(|error| PostgresError::io("look for", "postgres")(std::io::Error::other(error)))?
}

fn server(
    options: &EmbeddedOptions,
    instance: &Instance,
    binaries: &Binaries,
    socket_dir: &Path,
    log: File,
) -> Command {
    let mut command = Command::new(binaries.postgres());
    command.arg("-D").arg(instance.data());
    for (name, value) in settings(options, socket_dir) {
        let mut setting = OsString::from(name);
        setting.push("=");
        setting.push(value);
        command.arg("-c").arg(setting);
    }
    forget_environment(&mut command);
    // In a group of its own, a Ctrl-C at the terminal does not reach it before its clients have ended.
    command.current_dir(instance.data()).process_group(0).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
    instance.account().into_iter().for_each(|account| account.run(&mut command));
    command
}

/// What the server is told, over what its configuration file says.
fn settings(options: &EmbeddedOptions, socket_dir: &Path) -> Vec<(&'static str, OsString)> {
    let durable = if options.durable { "on" } else { "off" };
    // A list to Postgres, so a comma or a blank in the directory's name needs the quotes.
    let sockets = format!("\"{}\"", socket_dir.to_string_lossy().replace('"', "\"\""));
    vec![
        ("listen_addresses", "".into()),
        ("unix_socket_directories", sockets.into()),
        ("unix_socket_permissions", "0700".into()),
        ("port", "5432".into()),
        ("max_connections", options.max_connections.to_string().into()),
        ("cluster_name", options.name.clone().into()),
        ("password_encryption", "scram-sha-256".into()),
        ("timezone", "UTC".into()),
        ("log_timezone", "UTC".into()),
        ("log_destination", "stderr".into()),
        ("logging_collector", "off".into()),
        ("log_checkpoints", "off".into()),
        // Details and statements can carry rows, and rows carry memory: neither may reach the log.
        ("log_error_verbosity", "terse".into()),
        ("log_min_error_statement", "panic".into()),
        ("fsync", durable.into()),
        ("synchronous_commit", durable.into()),
        ("full_page_writes", durable.into()),
    ]
}

/// Takes away the variables that would change what the programs do: `PGDATA`, `PGPORT`, `LC_ALL` and their like.
fn forget_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("PG") || name.starts_with("LC_") || name == "LANG") {
            command.env_remove(name);
        }
    }
    command.env("LC_ALL", "C");
}

/// The text with all but letters, digits and `-_.` as `%XX`, for any part of a URL.
fn percent_encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_holds_no_byte_that_would_end_one_of_its_parts() {
        assert_eq!(percent_encoded("/run/a b@c:d?é"), "%2Frun%2Fa%20b%40c%3Ad%3F%C3%A9");
        assert_eq!(percent_encoded("memex_test-1.x"), "memex_test-1.x");
    }
}
