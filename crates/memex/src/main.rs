#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod failure;
mod output;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let json = cli.json;
    match commands::run(cli).await {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}
