//! `up`: the pair over a Postgres that keeps its data, until it is told to end.

mod report;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use memex_runtime::lifecycle::{LifecycleArgs, Shutdown};
use memex_runtime::server::{self, ServerArgs};
use memex_runtime::settings::{Given, Mistakes, env_flag, nonempty};
use memex_stack::pair::{Pair, PairError, PairOptions};
use memex_stack::postgres::default_data_dir;
use memory_api::args::DatabaseArgs;

use crate::failure::Failure;
use crate::output::progress;
use crate::process::quiet_telemetry;

/// What the help of `up` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex up                                     keep memory on this machine
  memex up --data-dir ./memory --dream-enabled false
  memex up --listen 127.0.0.1:0 --worker-listen 127.0.0.1:0
  DATABASE_URL=postgres://memex@db/memex memex up

Without --database-url it finds the machine's Postgres and runs it in the data directory. Ctrl-C
ends all of it in order; a second one at once. Killed, it comes up again with everything that was
acknowledged.";

/// Arguments of `up`.
#[derive(Debug, clap::Args)]
pub struct UpArgs {
    /// Where data, tokens and logs are kept; unless given, MEMEX_DATA_DIR, else the user's data directory
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Whether dreams run: true switches worker, deployment and workspace on, false keeps the worker from claiming;
    /// unless given, on where the workspace is new, else as its keys say
    #[arg(long, env = "MEMEX_DREAM_ENABLED", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    dream_enabled: Option<String>,
    /// Let the services log to standard error instead of to files in the data directory
    #[arg(long, short)]
    verbose: bool,
    /// Where the worker answers health; port 0 takes any that is free [default: 127.0.0.1:50062]
    #[arg(
        long,
        env = "MEMEX_WORKER_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "",
        hide_default_value = true,
        help_heading = "Listening"
    )]
    worker_listen: Given<SocketAddr>,
    #[command(flatten)]
    server: ServerArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    lifecycle: LifecycleArgs,
}

impl UpArgs {
    fn options(self) -> Result<PairOptions, Failure> {
        let mut mistakes = Mistakes::new();
        let allow_plaintext = self.server.allows_plaintext(&mut mistakes);
        let listen = self.server.address(memory_api::DEFAULT_LISTEN, allow_plaintext, &mut mistakes);
        let (setting, default) = ("--worker-listen / MEMEX_WORKER_LISTEN", dream_worker::DEFAULT_LISTEN);
        let worker_listen = server::address(setting, &self.worker_listen, default, allow_plaintext, &mut mistakes);
        let given = nonempty(self.dream_enabled.as_deref());
        let flag = "--dream-enabled / MEMEX_DREAM_ENABLED";
        let dream_enabled = given.map(|text| env_flag(flag, Some(text), true, &mut mistakes));
        let drain = self.lifecycle.drain_timeout(&mut mistakes);
        self.database.connections(&mut mistakes);
        let data_dir = self.data_dir.map_or_else(default_data_dir, Ok).map_err(PairError::from)?;
        mistakes.into_result()?;
        Ok(PairOptions {
            database: self.database,
            listen,
            worker_listen,
            allow_plaintext,
            dream_enabled,
            drain,
            verbose: self.verbose,
            ..PairOptions::new(data_dir, crate::process::own_program()?)
        })
    }
}

/// `memex up`.
pub async fn run(args: UpArgs, json: bool) -> Result<(), Failure> {
    let options = args.options()?;
    let telemetry = quiet_telemetry()?;
    let shutdown = Shutdown::on_signals()?;
    let outcome = until_told(options, json, &shutdown).await;
    telemetry.shutdown().await;
    outcome
}

async fn until_told(options: PairOptions, json: bool, shutdown: &Shutdown) -> Result<(), Failure> {
    let drain = options.drain;
    let spinner =
        progress::spinner("starting Postgres, memory-api and dream-worker".to_owned(), json || options.verbose);
    let started = Pair::start(options, shutdown).await;
    spinner.finish_and_clear();
    let pair = started?;
    if let Err(error) = report::ready(&pair, json) {
        pair.stop().await;
        return Err(error);
    }
    let ended = tokio::select! {
        ended = pair.ended() => Some(ended),
        () = shutdown.triggered() => None,
    };
    stop(pair, drain, json).await;
    ended.map_or(Ok(()), |error| Err(error.into()))
}

async fn stop(pair: Pair, drain: Duration, json: bool) {
    let message = format!("stopping: what is in flight has {} s; Ctrl-C again ends at once", drain.as_secs());
    let spinner = progress::spinner(message, json);
    pair.stop().await;
    spinner.finish_and_clear();
}
