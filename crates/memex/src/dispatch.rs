//! Runs the command that was asked for.

use std::process::ExitCode;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command, Connected};
use crate::commands::{
    access, bench, blame, cat, completion, config, demo, diff, dream, edit, erase, export, files, import, man, mv,
    patch, pause, recall, redact, restore, review, rm, run, search, show, status, token, up, users, watch,
};
use crate::context::Context;
use crate::failure::Failure;
use crate::process::quiet_telemetry;
use crate::settings::{Settings, variable};

/// Runs one command and gives the exit code.
///
/// # Errors
/// Whatever keeps it from being done; the caller reports it.
pub async fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let json = cli.json;
    let done = match cli.command {
        Command::Demo(args) => demo::run(args, json).await,
        Command::Up(args) => up::run(args, json).await,
        // A service says itself how it ended.
        Command::Run(args) => return Ok(run::run(args).await),
        Command::Ls(it) => connected(it, json, files::ls).await,
        Command::Cat(it) => connected(it, json, cat::run).await,
        Command::Put(it) => connected(it, json, files::put).await,
        Command::Edit(it) => connected(it, json, edit::run).await,
        Command::Patch(it) => connected(it, json, patch::run).await,
        Command::Rm(it) => connected(it, json, rm::run).await,
        Command::Mv(it) => connected(it, json, mv::run).await,
        Command::Log(it) => connected(it, json, files::log).await,
        Command::Show(it) => connected(it, json, show::run).await,
        Command::Diff(it) => connected(it, json, diff::run).await,
        Command::Blame(it) => connected(it, json, blame::run).await,
        Command::Restore(it) => connected(it, json, restore::run).await,
        Command::Watch(it) => connected(it, json, watch::run).await,
        Command::Search(it) => connected(it, json, search::run).await,
        Command::Recall(it) => connected(it, json, recall::run).await,
        Command::Import(it) => connected(it, json, import::run).await,
        Command::Export(it) => connected(it, json, export::run).await,
        Command::Dream(it) => connected(it, json, dream::run).await,
        Command::Review(it) => connected(it, json, review::run).await,
        Command::Status(it) => connected(it, json, status::run).await,
        Command::Pause(it) => connected(it, json, pause::pause).await,
        Command::Resume(it) => connected(it, json, pause::resume).await,
        Command::Users(it) => connected(it, json, users::run).await,
        Command::Redact(it) => connected(it, json, redact::run).await,
        Command::Erase(it) => connected(it, json, erase::run).await,
        Command::Access(it) => connected(it, json, access::run).await,
        Command::Config(it) => connected(it, json, config::run).await,
        Command::Token(it) => connected(it, json, token::run).await,
        Command::Bench(it) => connected(it, json, bench::run).await,
        Command::Completion(args) => completion::run(&args, &mut Cli::command(), json),
        Command::Man(args) => man::run(&args, Cli::command(), json),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Runs a command that calls memory-api, and sends its spans at the end, however it ends.
async fn connected<T: clap::Args>(
    command: Connected<T>,
    json: bool,
    run: impl AsyncFnOnce(&Context, T) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let settings = Settings::load(&command.connection, variable)?;
    let telemetry = quiet_telemetry()?;
    let outcome = run(&Context::new(&settings, json), command.command).await;
    telemetry.shutdown().await;
    outcome
}
