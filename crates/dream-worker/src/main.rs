//! The dream-worker's executable: parses, serves, and says with its exit code how it ended.

use std::{process::ExitCode, sync::Arc};

use clap::Parser;
use dream_worker::{WorkerArgs, WorkerError, serve};
use memex_core::clock::SystemClock;
use memex_runtime::lifecycle::Shutdown;

/// Claims users whose memory is due and dreams for them. Holds no database credentials.
#[derive(Parser)]
#[command(name = "dream-worker", version)]
struct Command {
    #[command(flatten)]
    worker: WorkerArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Command::parse().worker).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

async fn run(args: WorkerArgs) -> Result<(), WorkerError> {
    serve(args, Arc::new(SystemClock), Shutdown::on_signals().map_err(WorkerError::Signals)?).await
}
