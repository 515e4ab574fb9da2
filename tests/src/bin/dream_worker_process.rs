//! dream-worker as a process of its own for the fault tests: the shipped binary's worker, built with failpoints.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use dream_worker::{Worker, WorkerArgs, WorkerError};
use memex_core::clock::SystemClock;
use memex_runtime::lifecycle::Shutdown;

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    worker: WorkerArgs,
}

#[tokio::main]
async fn main() -> ExitCode {
    tests::child::end_with_parent();
    match run(Command::parse().worker).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => error.report(),
    }
}

async fn run(args: WorkerArgs) -> Result<(), WorkerError> {
    let shutdown = Shutdown::on_signals().map_err(WorkerError::Signals)?;
    let worker = Worker::bind(args, Arc::new(SystemClock)).await?;
    tests::child::say(worker.health_address());
    worker.run(shutdown).await
}
