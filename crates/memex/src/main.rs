#![doc = include_str!("../README.md")]

mod cli;
mod commands;
mod context;
mod dispatch;
mod failure;
mod listing;
mod output;
mod process;
mod settings;
mod shell;
mod user;

use std::process::ExitCode;

use clap::Parser as _;
use failure::Failure;
use memex_runtime::threads;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::not_understood(&error, std::env::args_os().skip(1)),
    };
    let json = cli.json;
    let done = match threads::runtime() {
        Ok(runtime) => runtime.block_on(dispatch::run(cli)),
        Err(error) => Err(Failure::local("this process", format_args!("cannot start its threads: {error}"))),
    };
    match done {
        Ok(code) => code,
        Err(failure) => failure.report(json),
    }
}
