//! `dream`: start one, look at it, list them, decide about one, undo one.

pub(super) mod approve;
pub(super) mod decide;
pub(super) mod diff;
mod revert;
pub(super) mod show;
pub(super) mod start;
mod watch;

use clap::Subcommand;
use memex_proto::v1::{Dream, DreamState, ListDreamsRequest};
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::listing::{Listed, pages, say_more};
use crate::output;
use crate::output::table::{Table, numbers, words};
use crate::user::UserArg;
use memex_view::DreamView;

/// What the help of `dream` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream start --user ada --wait      dream now and see how it ends
  memex dream list --user ada
  memex dream watch drm_…                  what it does, until its end
  memex dream show drm_…                   what it changed, as diffs
  memex dream list --all-users --state proposed
  memex dream approve drm_…                or: reject; memex review walks through all that wait
  memex dream revert drm_… --reason 'the old address is right'";

/// Arguments of `dream`.
#[derive(Debug, clap::Args)]
pub struct DreamArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Ask for a dream now
    #[command(after_help = start::EXAMPLES)]
    Start(start::StartArgs),
    /// Show a dream: how it ended, its ledger, what it changed or would change
    #[command(after_help = show::EXAMPLES)]
    Show(show::ShowArgs),
    /// List dreams, newest first
    #[command(after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Follow what a dream does, until it has ended
    #[command(after_help = watch::EXAMPLES)]
    Watch(watch::WatchArgs),
    /// Print the diffs of a dream alone
    #[command(after_help = diff::EXAMPLES)]
    Diff(diff::DiffArgs),
    /// Adopt a proposal, or some of its files
    #[command(after_help = approve::EXAMPLES)]
    Approve(approve::ApproveArgs),
    /// Say no to a proposal
    #[command(after_help = decide::REJECT_EXAMPLES)]
    Reject(decide::DecideArgs),
    /// End a dream that is requested, running or proposed
    #[command(after_help = decide::CANCEL_EXAMPLES)]
    Cancel(decide::DecideArgs),
    /// Undo an applied dream by new revisions
    #[command(after_help = revert::EXAMPLES)]
    Revert(revert::RevertArgs),
}

const LIST_EXAMPLES: &str = "\
Examples:
  memex dream list --user ada
  memex dream list --all-users --state proposed
  memex dream list --state failed --state lost --limit 10";

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    user: UserArg,
    /// The whole workspace's dreams, whatever user the settings name
    #[arg(long, conflicts_with = "user")]
    all_users: bool,
    /// Only dreams in this state, such as applied or proposed; may be given again
    #[arg(long, value_name = "STATE", value_parser = parse_state)]
    state: Vec<DreamState>,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// `memex dream`.
pub async fn run(context: &Context, args: DreamArgs) -> Result<(), Failure> {
    match args.action {
        Action::Start(args) => start::run(context, args).await,
        Action::Show(args) => show::run(context, args).await,
        Action::List(args) => list(context, args).await,
        Action::Watch(args) => watch::run(context, args).await,
        Action::Diff(args) => diff::run(context, args).await,
        Action::Approve(args) => approve::run(context, args).await,
        Action::Reject(args) => decide::reject(context, args).await,
        Action::Cancel(args) => decide::cancel(context, args).await,
        Action::Revert(args) => revert::run(context, args).await,
    }
}

async fn list(context: &Context, args: ListArgs) -> Result<(), Failure> {
    let user_id = if args.all_users { String::new() } else { context.user(&args.user) };
    let states = args.state.iter().map(|&state| state.into()).collect();
    let request = ListDreamsRequest { user_id, states, ..ListDreamsRequest::default() };
    let listed = list_dreams(context, &request, args.limit as usize).await;
    let listed = listed.map_err(|failure| failure.of_user(&args.user))?;
    let Listed { entries, more } = listed.into_views::<DreamView>();
    if context.json {
        return Ok(output::json(&json!({"dreams": entries, "more": more}))?);
    }
    if entries.is_empty() {
        output::nothing("no dream matches")?;
    }
    dreams_table(entries).write(&mut output::out())?;
    Ok(say_more(more, args.limit, "--limit shows them")?)
}

fn dreams_table(dreams: Vec<DreamView>) -> Table {
    let columns = [
        words("dream"),
        words("user"),
        words("state"),
        words("mode"),
        numbers("ops"),
        numbers("files"),
        words("began"),
        words("ended"),
        words("cause"),
    ];
    let mut table = Table::new(&columns);
    for dream in dreams {
        let (ops, files) = (dream.usage.ops.to_string(), dream.usage.files.to_string());
        let (began, ended) = (dream.created_at.unwrap_or_default(), dream.ended_at.unwrap_or_default());
        let what = [dream.dream_id, dream.user_id, dream.state, dream.mode];
        table.row(what.into_iter().chain([ops, files, began, ended, dream.cause]));
    }
    table
}

/// The newest dreams that `request` asks for, at most `limit`.
///
/// # Errors
/// As ListDreams.
pub async fn list_dreams(
    context: &Context,
    request: &ListDreamsRequest,
    limit: usize,
) -> Result<Listed<Dream>, Failure> {
    let listed = pages(limit, async |page_size, page_token| {
        let request = ListDreamsRequest { page_size, page_token, ..request.clone() };
        let page = context.call(|| async { context.dreams().list_dreams(request.clone()).await }).await?;
        Ok((page.dreams, page.next_page_token))
    });
    listed.await
}

fn parse_state(text: &str) -> Result<DreamState, String> {
    let state = DreamState::from_str_name(&format!("DREAM_STATE_{}", text.replace('-', "_").to_ascii_uppercase()));
    state.filter(|state| *state != DreamState::Unspecified).ok_or_else(|| {
        let all = (1..).map_while(|number| DreamState::try_from(number).ok());
        let names: Vec<_> = all.map(memex_view::dream_state).collect();
        format!("must be one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_by_its_word_and_the_others_are_named() {
        assert_eq!(parse_state("applied"), Ok(DreamState::Applied));
        for bad in ["unspecified", "", "done"] {
            let told = parse_state(bad).unwrap_err();
            assert!(told.starts_with("must be one of requested, running, proposed, applied"), "{told}");
            assert!(told.ends_with("reverted"), "{told}");
        }
    }
}
