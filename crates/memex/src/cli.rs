//! The command line: every command, its arguments and its examples.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Parser, Subcommand};

use crate::commands::{
    access, bench, blame, cat, completion, config, demo, diff, dream, edit, erase, export, files, import, man, mv,
    patch, pause, recall, redact, restore, review, rm, run, search, show, status, token, up, users, watch,
};
use crate::failure::Failure;
use crate::settings::ConnectionArgs;

/// Self-hosted memory for AI agents that stays clean
#[derive(Debug, Parser)]
#[command(name = "memex", version, max_term_width = 100, arg_required_else_help = true)]
#[command(after_help = AFTER)]
pub struct Cli {
    /// Print JSON on standard output: one value, errors included
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const AFTER: &str = "\
Settings: flags, else variables (MEMEX_ENDPOINT, MEMEX_TOKEN_FILE, MEMEX_TOKEN, MEMEX_USER), else
the settings file with endpoint, token, user: $MEMEX_CONFIG, else
$XDG_CONFIG_HOME/memex/config.toml, else ~/.config/memex/config.toml.

Exit codes: 0 done, 1 refused, 2 usage, 64 bad settings, 69 memory-api or Postgres cannot be
reached, 130 interrupted.

Examples:
  memex demo                            see what it does, in seconds
  memex up                              memory-api, dream-worker and a Postgres on this machine
  memex ls user/                        list a user's files
  memex import notes/ --user ada        bring a folder of Markdown into memory
  memex dream start --user ada --wait   dream over it now, and see what changed
  memex review                          decide about what dreams propose
  memex status                          see who is due, what runs, what waits
  memex access --user ada               see who read and wrote what";

/// Every command.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what Memex does, on sample memory, from nothing each time
    #[command(after_help = demo::EXAMPLES)]
    Demo(demo::DemoArgs),
    /// Run memory-api and dream-worker over a Postgres that keeps its data
    #[command(after_help = up::EXAMPLES)]
    Up(up::UpArgs),
    /// Run one service: memory-api or dream-worker
    #[command(after_help = run::EXAMPLES)]
    Run(run::RunArgs),
    /// List files
    #[command(after_help = files::LS_EXAMPLES)]
    Ls(Connected<files::LsArgs>),
    /// Print a file's text, as it is or as it was
    #[command(after_help = cat::EXAMPLES)]
    Cat(Connected<cat::CatArgs>),
    /// Write a file's whole text
    #[command(after_help = files::PUT_EXAMPLES)]
    Put(Connected<files::PutArgs>),
    /// Change a file's text in an editor
    #[command(after_help = edit::EXAMPLES)]
    Edit(Connected<edit::EditArgs>),
    /// Apply edits to a file: append, replace, insert, delete
    #[command(after_help = patch::EXAMPLES)]
    Patch(Connected<patch::PatchArgs>),
    /// Delete files; their history stays
    #[command(after_help = rm::EXAMPLES)]
    Rm(Connected<rm::RmArgs>),
    /// Move a file to another path
    #[command(after_help = mv::EXAMPLES)]
    Mv(Connected<mv::MvArgs>),
    /// List revisions, newest first
    #[command(after_help = files::LOG_EXAMPLES)]
    Log(Connected<files::LogArgs>),
    /// Print one revision, with its text
    #[command(after_help = show::EXAMPLES)]
    Show(Connected<show::ShowArgs>),
    /// Print what changed between two versions of a file
    #[command(after_help = diff::EXAMPLES)]
    Diff(Connected<diff::DiffArgs>),
    /// Tell for each line of a file who brought it, and when
    #[command(after_help = blame::EXAMPLES)]
    Blame(Connected<blame::BlameArgs>),
    /// Bring an earlier text back, as a new revision
    #[command(after_help = restore::EXAMPLES)]
    Restore(Connected<restore::RestoreArgs>),
    /// Follow changes as they happen
    #[command(after_help = watch::EXAMPLES)]
    Watch(Connected<watch::WatchArgs>),
    /// Find passages by words or a question
    #[command(after_help = search::EXAMPLES)]
    Search(Connected<search::SearchArgs>),
    /// Print what the next session should know, as one block
    #[command(after_help = recall::EXAMPLES)]
    Recall(Connected<recall::RecallArgs>),
    /// Bring a folder of Markdown, or an archive, into a user's memory
    #[command(after_help = import::EXAMPLES)]
    Import(Connected<import::ImportArgs>),
    /// Write a user's memory into a folder, or with its history into an archive
    #[command(after_help = export::EXAMPLES)]
    Export(Connected<export::ExportArgs>),
    /// Start, look at, decide about and undo dreams
    #[command(after_help = dream::EXAMPLES)]
    Dream(Connected<dream::DreamArgs>),
    /// Decide about the proposals that wait for a person, one by one
    #[command(after_help = review::EXAMPLES)]
    Review(Connected<review::ReviewArgs>),
    /// Show how dreaming stands: switches, who is due, what runs, what waits
    #[command(after_help = status::EXAMPLES)]
    Status(Connected<status::StatusArgs>),
    /// Stop dreaming for a user; a running dream ends at once
    #[command(after_help = pause::PAUSE_EXAMPLES)]
    Pause(Connected<pause::PauseArgs>),
    /// Lift a user's pause
    #[command(after_help = pause::RESUME_EXAMPLES)]
    Resume(Connected<pause::ResumeArgs>),
    /// List users, look at one, set a user's own keys
    #[command(after_help = users::EXAMPLES)]
    Users(Connected<users::UsersArgs>),
    /// Empty the text of one revision wherever it lies
    #[command(after_help = redact::EXAMPLES)]
    Redact(Connected<redact::RedactArgs>),
    /// Erase a user: all of their memory, history and tokens, for ever
    #[command(after_help = erase::EXAMPLES)]
    Erase(Connected<erase::EraseArgs>),
    /// List the access log, newest first
    #[command(after_help = access::EXAMPLES)]
    Access(Connected<access::AccessArgs>),
    /// Look at and set the workspace's keys
    #[command(after_help = config::EXAMPLES)]
    Config(Connected<config::ConfigArgs>),
    /// Make, list and revoke tokens
    #[command(after_help = token::EXAMPLES)]
    Token(Connected<token::TokenArgs>),
    /// Measure a deployment
    #[command(after_help = bench::EXAMPLES)]
    Bench(Connected<bench::BenchArgs>),
    /// Print a shell's completion script
    #[command(after_help = completion::EXAMPLES)]
    Completion(completion::CompletionArgs),
    /// Print a command's manual page, or write those of all
    #[command(after_help = man::EXAMPLES)]
    Man(man::ManArgs),
}

/// A command that calls memory-api.
#[derive(Debug, clap::Args)]
pub struct Connected<T: clap::Args> {
    /// Its own arguments.
    #[command(flatten)]
    pub command: T,
    /// Which memory-api it calls, and as whom.
    #[command(flatten)]
    pub connection: ConnectionArgs,
}

/// Says why a command line was not understood, or the help or version that it asked for: as clap does, but as the one
/// JSON value where `args` have `--json`.
pub fn not_understood(error: &clap::Error, args: impl Iterator<Item = OsString>) -> ExitCode {
    let mut args = args.take_while(|arg| arg != "--");
    if !error.use_stderr() || !args.any(|arg| arg == "--json") {
        error.exit();
    }
    Failure::Usage(problem(error)).report(true)
}

/// What clap found wrong, without the usage and the hint that it puts below.
fn problem(error: &clap::Error) -> String {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return "a command is missing; --help lists them".to_owned();
    }
    let said = error.render().to_string();
    let said = said.strip_prefix("error: ").unwrap_or(&said);
    let ends = ["\n\nUsage:", "\n\nFor more information"].map(|below| said.find(below).unwrap_or(said.len()));
    said[..ends[0].min(ends[1])].trim().to_owned()
}
