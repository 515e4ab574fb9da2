#![doc = include_str!("../README.md")]
#![allow(clippy::print_stdout, reason = "a checker's findings are its output")]

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

mod arch;
mod buf;
mod check;
mod checkout;
mod cli;
mod command;
mod findings;
mod licences;
mod links;
mod metadata;
mod size;
mod spdx;
mod sql_cache;
mod stray;

fn main() -> anyhow::Result<ExitCode> {
    let command = cli::Cli::parse().command;
    let own_folder = std::env::var_os("CARGO_MANIFEST_DIR").context("cargo starts this: run `cargo xtask`")?;
    let root = Path::new(&own_folder).parent().context("xtask lies in the workspace's root")?;
    let passed = match command {
        cli::Command::Check { skip } => check::all_but(&skip, root),
        cli::Command::Only(step) => check::one(step.into(), root),
    };
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
