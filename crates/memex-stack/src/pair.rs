//! The pair as processes of their own over one Postgres: set up, started, watched and ended in order.

mod child;
mod database;
mod error;
mod log;
mod ports;
mod switches;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use memex_runtime::lifecycle::Shutdown;
use memex_runtime::settings::Mistakes;
use memory_api::args::DatabaseArgs;
use memory_api::commands::bootstrap::{BootstrapArgs, bootstrap};
use memory_api::commands::migrate_database;

pub use error::PairError;
pub use switches::Dreaming;

use child::{Child, Launch};
use database::Database;

/// The database that an embedded Postgres gets.
const DATABASE: &str = "memex";

/// Variables that no service of the pair inherits: what they say is said by flags, or is another service's secret.
const SECRETS: [&str; 12] = [
    "DATABASE_URL",
    "MEMEX_OWNER_DATABASE_URL",
    "MEMEX_TOKEN",
    "MEMEX_TOKEN_FILE",
    "MEMEX_WORKER_TOKEN",
    "MEMEX_WORKER_TOKEN_FILE",
    "MEMEX_TLS_CERT",
    "MEMEX_TLS_KEY",
    "MEMEX_TLS_CLIENT_CA",
    "MEMEX_TLS_CA",
    "MEMEX_TLS_CLIENT_CERT",
    "MEMEX_TLS_CLIENT_KEY",
];

/// How the pair is to be run.
#[derive(Debug, Clone)]
pub struct PairOptions {
    /// The instance's directory: tokens, logs, and the embedded Postgres where there is one. Made if it is missing.
    pub data_dir: PathBuf,
    /// A Postgres of somebody else's; without a URL an embedded one is started.
    pub database: DatabaseArgs,
    /// Whether what the embedded Postgres commits survives a loss of power.
    pub durable: bool,
    /// Where memory-api listens; port 0 takes any that is free.
    pub listen: SocketAddr,
    /// Where the worker answers health; port 0 takes any that is free.
    pub worker_listen: SocketAddr,
    /// Whether they may listen beyond loopback without TLS.
    pub allow_plaintext: bool,
    /// The workspace that is made with its tokens.
    pub workspace: String,
    /// Whether dreams are to run. `Some(true)` switches them on for worker, deployment and workspace; `Some(false)`
    /// keeps the worker from claiming; `None` switches them on where the workspace is new, and leaves the keys of a
    /// known one as they are.
    pub dream_enabled: Option<bool>,
    /// The wait between the worker's claims while nobody is due; the worker's default where it is not said.
    pub poll: Option<Duration>,
    /// How long each service may take to end.
    pub drain: Duration,
    /// Whether the services log to this process's standard error instead of to files.
    pub verbose: bool,
    /// The executable that has `memex run`.
    pub program: PathBuf,
}

impl PairOptions {
    /// The pair over an embedded, durable Postgres in `data_dir`, at free ports of loopback, run by `program`.
    pub fn new(data_dir: impl Into<PathBuf>, program: impl Into<PathBuf>) -> Self {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            data_dir: data_dir.into(),
            database: DatabaseArgs::default(),
            durable: true,
            listen: any,
            worker_listen: any,
            allow_plaintext: false,
            workspace: "main".into(),
            dream_enabled: None,
            poll: None,
            drain: Duration::from_secs(25),
            verbose: false,
            program: program.into(),
        }
    }
}

/// A process of the pair, for who wants to know what runs where.
#[derive(Debug, Clone)]
pub struct Running {
    /// What it is called.
    pub name: &'static str,
    /// Where it listens.
    pub listens: String,
    /// Its number.
    pub pid: u32,
    /// Where it logs.
    pub log: PathBuf,
}

/// Both services and their database, running. End it with [`stop`](Self::stop); dropped, the services are killed and
/// an embedded Postgres is asked to stop.
#[derive(Debug)]
pub struct Pair {
    options: PairOptions,
    // Dropped in this order: a worker without memory-api would complain, memory-api without Postgres as well.
    worker: Option<Child>,
    memory_api: Option<Child>,
    database: Database,
    dreaming: Dreaming,
}

impl Pair {
    /// Starts Postgres or takes the one that is given, migrates, bootstraps, and starts both services. When it
    /// returns, memory-api has answered a call.
    ///
    /// # Errors
    /// [`PairError`]; whatever was started before is stopped. [`PairError::Interrupted`] where `shutdown` came first.
    pub async fn start(options: PairOptions, shutdown: &Shutdown) -> Result<Self, PairError> {
        ports::check(options.listen, "--listen").await?;
        ports::check(options.worker_listen, "--worker-listen").await?;
        let started = Database::start(&options).await;
        // A Ctrl-C at the terminal reaches the programs that make a database as well, so their failure is no news.
        let database = if shutdown.is_triggered() {
            if let Ok(database) = started {
                database.stop().await;
            }
            return Err(PairError::Interrupted);
        } else {
            started?
        };
        let mut pair = Self { options, worker: None, memory_api: None, database, dreaming: Dreaming::default() };
        match pair.bring_up(shutdown).await {
            Ok(()) if !shutdown.is_triggered() => Ok(pair),
            outcome => {
                pair.stop().await;
                if shutdown.is_triggered() {
                    Err(PairError::Interrupted)
                } else {
                    Err(outcome.err().unwrap_or(PairError::Interrupted))
                }
            }
        }
    }

    async fn bring_up(&mut self, shutdown: &Shutdown) -> Result<(), PairError> {
        let database = self.database.args().clone();
        migrate_database(&database).await?;
        let made = bootstrap(&BootstrapArgs {
            workspace: self.options.workspace.clone(),
            operator_token_file: self.operator_token_file(),
            worker_token_file: self.worker_token_file(),
            erasure_key_file: Some(self.erasure_key_file()),
            database: database.clone(),
        })
        .await?;
        if shutdown.is_triggered() {
            return Err(PairError::Interrupted);
        }
        self.memory_api = Some(Child::start(self.memory_api_launch(), shutdown).await?);
        let asked = self.options.dream_enabled.or(made.workspace_made.then_some(true));
        self.dreaming = switches::set(asked, &database, &self.endpoint(), &self.operator_token()?).await?;
        self.worker = Some(Child::start(self.worker_launch(), shutdown).await?);
        Ok(())
    }

    /// Where memory-api answers: `http://127.0.0.1:50061`.
    pub fn endpoint(&self) -> String {
        let mut address = self.memory_api.as_ref().map_or(self.options.listen, Child::address);
        if address.ip().is_unspecified() {
            address.set_ip(Ipv4Addr::LOCALHOST.into());
        }
        format!("http://{address}")
    }

    /// The instance's directory, in full.
    pub fn data_dir(&self) -> &Path {
        self.database.dir()
    }

    /// The file that holds the operator's token.
    pub fn operator_token_file(&self) -> PathBuf {
        self.data_dir().join("operator.token")
    }

    /// The operator's token. A secret.
    ///
    /// # Errors
    /// Where its file cannot be read.
    pub fn operator_token(&self) -> Result<String, PairError> {
        let file = self.operator_token_file();
        let text = std::fs::read_to_string(&file).map_err(PairError::io("read", file))?;
        Ok(text.trim().to_owned())
    }

    /// The file that holds the worker's token.
    pub fn worker_token_file(&self) -> PathBuf {
        self.data_dir().join("worker.token")
    }

    /// The file that holds the key under which erased users are remembered.
    pub fn erasure_key_file(&self) -> PathBuf {
        self.data_dir().join("erasure.key")
    }

    /// Whether dreams run.
    pub fn dreaming(&self) -> Dreaming {
        self.dreaming
    }

    /// What runs where: memory-api, dream-worker, and Postgres where it is ours.
    pub fn running(&self) -> Vec<Running> {
        let services = [&self.memory_api, &self.worker].into_iter().flatten().map(|child| Running {
            name: child.name,
            listens: child.address().to_string(),
            pid: child.id(),
            log: child.log().to_owned(),
        });
        services.chain(self.database.running()).collect()
    }

    /// Ends when a process of the pair has ended by itself, with what to say about it.
    pub async fn ended(&self) -> PairError {
        let service = async |child: &Option<Child>| match child {
            Some(child) => child.obituary(child.exited().await),
            None => std::future::pending().await,
        };
        tokio::select! {
            error = service(&self.worker) => error,
            error = service(&self.memory_api) => error,
            error = self.database.ended() => error,
        }
    }

    /// Ends all of it in order: the worker hands back what it dreams, memory-api answers what is in flight, Postgres
    /// writes everything out. What takes longer than its drain time is killed.
    pub async fn stop(self) {
        for child in [&self.worker, &self.memory_api].into_iter().flatten() {
            child.stop(self.options.drain).await;
        }
        self.database.stop().await;
    }

    fn memory_api_launch(&self) -> Launch<'_> {
        let options = &self.options;
        let database = self.database.args();
        let max_connections = database.connections(&mut Mistakes::new()).to_string();
        let args = ["serve", "--listen", &options.listen.to_string(), "--max-connections", &max_connections];
        let erasure_key = ["--erasure-key-file".to_owned(), self.erasure_key_file().display().to_string()];
        let urls =
            [("DATABASE_URL", &database.database_url), ("MEMEX_OWNER_DATABASE_URL", &database.owner_database_url)];
        Launch {
            name: "memory-api",
            program: &options.program,
            args: args.map(String::from).into_iter().chain(erasure_key).chain(self.common_args()).collect(),
            env: urls.into_iter().filter_map(|(name, url)| Some((name, url.clone()?))).collect(),
            without: &SECRETS,
            dir: self.data_dir(),
            verbose: options.verbose,
        }
    }

    fn worker_launch(&self) -> Launch<'_> {
        let options = &self.options;
        let mut args = vec!["--endpoint".into(), self.endpoint()];
        args.extend(["--worker-listen".into(), options.worker_listen.to_string()]);
        args.extend(["--worker-token-file".into(), self.worker_token_file().display().to_string()]);
        args.push(format!("--dream-enabled={}", options.dream_enabled.unwrap_or(true)));
        if let Some(poll) = options.poll {
            args.extend(["--poll-seconds".into(), poll.as_secs_f64().to_string()]);
        }
        Launch {
            name: "dream-worker",
            program: &options.program,
            args: args.into_iter().chain(self.common_args()).collect(),
            env: Vec::new(),
            without: &SECRETS,
            dir: self.data_dir(),
            verbose: options.verbose,
        }
    }

    fn common_args(&self) -> Vec<String> {
        let drain = self.options.drain.as_secs().to_string();
        vec![format!("--allow-plaintext={}", self.options.allow_plaintext), "--drain-seconds".into(), drain]
    }
}
