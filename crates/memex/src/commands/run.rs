//! `run`: one service in this process, as its own executable runs it.

use std::ffi::OsString;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use dream_worker::{Worker, WorkerArgs, WorkerError};
use memex_core::clock::SystemClock;
use memex_runtime::lifecycle::{EXIT_USAGE, Shutdown};
use memory_api::commands::MemoryApi;

/// What the help of `run` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex run memory-api migrate              bring the database of DATABASE_URL to this version
  memex run memory-api bootstrap --help     every service has its own help
  memex run memory-api serve
  memex run dream-worker --dream-enabled

Arguments, variables, signals, exit codes and what is printed are those of the executables
memory-api and dream-worker, whatever --json says; `memex up` runs both with a database of their
own.";

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct RunArgs {
    /// Where to write the address that the service listens on, once it does
    #[arg(long, value_name = "FILE", hide = true)]
    ready_file: Option<PathBuf>,
    /// memory-api or dream-worker, with its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "SERVICE")]
    service: Vec<OsString>,
}

#[derive(Debug, Parser)]
#[command(name = "dream-worker", version, about = "Claims users whose memory is due and dreams for them")]
struct DreamWorker {
    #[command(flatten)]
    worker: WorkerArgs,
}

/// `memex run`: does not come back until the service has ended.
pub async fn run(args: RunArgs) -> ExitCode {
    let ready = move |address| {
        if let Some(file) = args.ready_file {
            say_ready(&file, address);
        }
    };
    match args.service.first().and_then(|name| name.to_str()) {
        Some("memory-api") => match MemoryApi::try_parse_from(&args.service) {
            Ok(command) => memory_api::commands::execute(command, ready).await,
            Err(error) => error.exit(),
        },
        Some("dream-worker") => match DreamWorker::try_parse_from(&args.service) {
            Ok(command) => {
                work(command.worker, ready).await.map_or_else(|error| error.report(), |()| ExitCode::SUCCESS)
            }
            Err(error) => error.exit(),
        },
        _ => {
            // Where standard error is closed there is nobody to tell.
            let _ =
                writeln!(std::io::stderr(), "error: memex run takes memory-api or dream-worker; see memex run --help");
            ExitCode::from(EXIT_USAGE)
        }
    }
}

async fn work(args: WorkerArgs, ready: impl FnOnce(SocketAddr)) -> Result<(), WorkerError> {
    memex_runtime::panics::log_panics_without_text();
    let shutdown = Shutdown::on_signals().map_err(WorkerError::Signals)?;
    let worker = Worker::bind(args, Arc::new(SystemClock)).await?;
    ready(worker.health_address());
    worker.run(shutdown).await
}

/// Renamed into place, so that whoever waits for the file reads the whole address.
fn say_ready(file: &Path, address: SocketAddr) {
    let beside = file.with_extension("new");
    let written = std::fs::write(&beside, address.to_string()).and_then(|()| std::fs::rename(&beside, file));
    if let Err(error) = written {
        tracing::error!(%error, "the address could not be written to the file of --ready-file");
    }
}
