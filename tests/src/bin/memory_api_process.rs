//! memory-api as a process of its own for the fault tests: the shipped binary's `execute`, built with failpoints.

use std::process::ExitCode;

use clap::Parser as _;
use memory_api::commands::MemoryApi;

#[tokio::main]
async fn main() -> ExitCode {
    tests::child::end_with_parent();
    memory_api::commands::execute(MemoryApi::parse(), tests::child::say).await
}
