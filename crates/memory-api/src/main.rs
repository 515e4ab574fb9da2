//! The executable of memory-api: parses and calls.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    memory_api::commands::run(memory_api::commands::MemoryApi::parse())
}
