//! `users`: who has memory here, how each stands, and the keys of one user.

mod list;
mod set;
mod show;
mod unpark;

use clap::Subcommand;

use crate::context::Context;
use crate::failure::Failure;

/// What the help of `users` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex users                                  who has memory in this workspace
  memex users list --prefix acme- --json
  memex users show ada                         files, sizes, dreaming, keys
  memex users set ada dream_mode=review        for this user alone; may only narrow
  memex users set ada --reset dream_mode       back to what the workspace says
  memex users unpark ada                       dreams again, after too many failures
  memex users readmit ada                      after an erasure: they may be written again

See also: memex pause, resume, export, erase.";

/// Arguments of `users`.
#[derive(Debug, clap::Args)]
pub struct UsersArgs {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List users by id; the same as `memex users`
    #[command(after_help = list::EXAMPLES)]
    List(list::ListArgs),
    /// Show one user: files, sizes, dreaming, keys
    #[command(after_help = show::EXAMPLES)]
    Show(show::ShowArgs),
    /// Set a user's own keys or put them back, all of them or none
    #[command(after_help = set::EXAMPLES)]
    Set(set::SetArgs),
    /// Let a user be dreamt for again who was parked after too many failures
    #[command(after_help = unpark::EXAMPLES)]
    Unpark(unpark::UnparkArgs),
    /// Let a user who was erased be written again
    #[command(after_help = set::READMIT_EXAMPLES)]
    Readmit(set::ReadmitArgs),
}

/// `memex users`.
pub async fn run(context: &Context, args: UsersArgs) -> Result<(), Failure> {
    match args.action {
        None => list::run(context, list::ListArgs::default()).await,
        Some(Action::List(args)) => list::run(context, args).await,
        Some(Action::Show(args)) => show::run(context, args).await,
        Some(Action::Set(args)) => set::run(context, args).await,
        Some(Action::Unpark(args)) => unpark::run(context, args).await,
        Some(Action::Readmit(args)) => set::readmit(context, args).await,
    }
}
