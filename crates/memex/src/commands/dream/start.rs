//! `dream start`: asks for a dream and, where told, waits for its end.

use std::io::Write as _;
use std::time::Duration;

use chrono::NaiveDate;
use clap::ValueEnum;
use memex_proto::v1::{
    Curator, Dream, DreamBudget, DreamMode, DreamNear, DreamState, GetDreamRequest, StartDreamRequest,
};
use memex_runtime::lifecycle::Shutdown;
use serde_json::json;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument as _;

use super::show;
use crate::context::{Context, or_left, request_id};
use crate::failure::Failure;
use crate::output::{self, progress, safe_line};
use crate::shell::user_flag;
use crate::user::UserArg;
use memex_view::{DreamView, dream_state};

/// What the help of `dream start` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream start --user ada                         ask for one; a worker claims it
  memex dream start --user ada --wait                  and wait for its end
  memex dream start --user ada --mode dry-run --wait   see what it would change
  memex dream start --user ada --near review --wait    propose what is only probably said twice
  memex dream start --user ada --max-ops 5 --instructions 'look at the addresses'

With --wait the exit code is 0 where the dream was applied, proposed, reported or had nothing to
do, 1 where it ended otherwise, 69 where it has not ended in time.";

/// How often a waiting command asks how the dream stands: at first, and after a while.
const POLL_FIRST: Duration = Duration::from_millis(100);
const POLL_LONGEST: Duration = Duration::from_secs(2);

/// Arguments of `dream start`.
#[derive(Debug, clap::Args)]
pub struct StartArgs {
    #[command(flatten)]
    user: UserArg,
    /// What becomes of the changes; may only be more careful than the workspace's dream_mode
    #[arg(long)]
    mode: Option<ModeArg>,
    /// Who decides the ops; unless given, the workspace's dream_curator
    #[arg(long)]
    curator: Option<CuratorArg>,
    /// Look for probable copies alone, and propose them; unless given, for certain ones
    #[arg(long)]
    near: Option<NearArg>,
    /// The day to take for today, YYYY-MM-DD; unless given, the database's
    #[arg(long, value_name = "DATE")]
    as_of: Option<NaiveDate>,
    /// What the curator should look at
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    instructions: String,
    #[command(flatten)]
    budget: BudgetArgs,
    /// Wait until the dream has ended, and show how
    #[arg(long)]
    wait: bool,
    /// How long to wait at most
    #[arg(long, value_name = "SECONDS", default_value_t = 900, requires = "wait")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    wait_seconds: u64,
}

/// The dream's limits; each may only narrow the workspace's.
#[derive(Debug, clap::Args)]
struct BudgetArgs {
    /// Staged ops at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    max_ops: Option<i32>,
    /// Changed files at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    max_files: Option<i32>,
    /// Bytes of inserted text at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_bytes: Option<i64>,
    /// Bytes of text read at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    max_read_bytes: Option<i64>,
    /// Seconds from claim to finish at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    max_seconds: Option<i32>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ModeArg {
    /// Adopted when it passes the guard
    Apply,
    /// A person decides
    Review,
    /// Reported, never adopted
    DryRun,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum CuratorArg {
    /// Deterministic, without a model
    Builtin,
    /// A model with memory tools
    Llm,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NearArg {
    /// A person decides about each
    Review,
}

impl From<BudgetArgs> for DreamBudget {
    fn from(args: BudgetArgs) -> Self {
        Self {
            max_ops: args.max_ops.unwrap_or_default(),
            max_files: args.max_files.unwrap_or_default(),
            max_bytes: args.max_bytes.unwrap_or_default(),
            max_read_bytes: args.max_read_bytes.unwrap_or_default(),
            max_seconds: args.max_seconds.unwrap_or_default(),
        }
    }
}

impl StartArgs {
    fn into_request(self, user_id: String) -> StartDreamRequest {
        let mode = match self.mode {
            None => DreamMode::Unspecified,
            Some(ModeArg::Apply) => DreamMode::Apply,
            Some(ModeArg::Review) => DreamMode::Review,
            Some(ModeArg::DryRun) => DreamMode::DryRun,
        };
        let curator = match self.curator {
            None => Curator::Unspecified,
            Some(CuratorArg::Builtin) => Curator::Builtin,
            Some(CuratorArg::Llm) => Curator::Llm,
        };
        StartDreamRequest {
            user_id,
            mode: mode.into(),
            curator: curator.into(),
            instructions: self.instructions,
            budget: Some(self.budget.into()),
            as_of: self.as_of.map(|day| day.to_string()).unwrap_or_default(),
            request_id: request_id(),
            near: self.near.map_or(DreamNear::Unspecified, |NearArg::Review| DreamNear::Review).into(),
        }
    }
}

/// `memex dream start`.
pub async fn run(context: &Context, args: StartArgs) -> Result<(), Failure> {
    let wait = args.wait.then(|| Duration::from_secs(args.wait_seconds));
    let (user, user_id) = (args.user.clone(), context.user(&args.user));
    let request = args.into_request(user_id);
    let Some(limit) = wait else {
        let started = start(context, request).await;
        let (dream, created) = started.map_err(|failure| failure.of_user(&user))?;
        return say_started(context, dream, created);
    };
    let stop = Shutdown::on_signals()?;
    let unheard =
        || format!("whether it was asked for is not known: memex dream list{}", user_flag(user.user.as_deref()));
    let started = or_left(&stop, unheard, start(context, request)).await;
    let (dream, _) = started.map_err(|failure| failure.of_user(&user))?;
    let goes_on = goes_on(&dream.dream_id);
    let dream = or_left(&stop, || goes_on, ended(context, dream, limit)).await?;
    say_ended(context, &dream).await
}

/// Shows the dream with what it did; how it ended decides how the command does.
async fn say_ended(context: &Context, dream: &Dream) -> Result<(), Failure> {
    let changeset = show::changeset(context, &dream.dream_id).await?;
    let failure = ended_badly(dream);
    if context.json {
        let mut told = show::as_json(changeset, true);
        told["error"] = json!(failure.as_ref().map(Failure::error_json));
        output::json(&told)?;
    } else {
        show::write_changeset(&mut output::out(), changeset, true)?;
    }
    failure.map_or(Ok(()), |failure| Err(failure.told_in(context.json)))
}

/// The failure of whoever waited for a dream that ended otherwise than it should.
pub fn ended_badly(dream: &Dream) -> Option<Failure> {
    let state = dream.state();
    let said = || format!("the dream ended {}: {}", dream_state(state), safe_line(&dream.cause));
    (!ended_well(state)).then(|| Failure::Incomplete(said()))
}

/// Asks for a dream within a span of its own, so that one trace goes from here to the revisions that come of it. Gives
/// the dream, and whether it is new.
///
/// # Errors
/// As StartDream.
pub async fn start(context: &Context, request: StartDreamRequest) -> Result<(Dream, bool), Failure> {
    let span = tracing::info_span!("memex.dream.start", dream_id = tracing::field::Empty);
    let call = context.call(|| async { context.dreams().start_dream(request.clone()).await });
    let answer = call.instrument(span.clone()).await?;
    let dream = answer.dream.unwrap_or_default();
    span.record("dream_id", dream.dream_id.as_str());
    Ok((dream, answer.created))
}

/// Asks until the dream has ended, or fails with [`Failure::TimedOut`] after `limit`.
///
/// # Errors
/// As GetDream.
pub async fn ended(context: &Context, mut dream: Dream, limit: Duration) -> Result<Dream, Failure> {
    let deadline = Instant::now() + limit;
    let spinner = progress::spinner(String::new(), context.json);
    let request = GetDreamRequest { dream_id: dream.dream_id.clone() };
    let mut pause = POLL_FIRST;
    while is_open(dream.state()) {
        let waits = waiting_for(&dream);
        spinner.set_message(waits.clone());
        let late = |_| {
            let goes_on = goes_on(&request.dream_id);
            let waited = limit.as_secs();
            Failure::TimedOut(format!("the dream has not ended within {waited} s ({waits}); {goes_on}"))
        };
        timeout_at(deadline, sleep(pause)).await.map_err(late)?;
        pause = (pause * 2).min(POLL_LONGEST);
        let call = context.call(|| async { context.dreams().get_dream(request.clone()).await });
        dream = timeout_at(deadline, call).await.map_err(late)??.dream.unwrap_or_default();
    }
    spinner.finish_and_clear();
    Ok(dream)
}

/// What becomes of a dream whose end is waited for no longer.
pub fn goes_on(dream_id: &str) -> String {
    format!("it goes on: memex dream show {dream_id}")
}

/// What an open dream waits for.
pub fn waiting_for(dream: &Dream) -> String {
    match dream.state() {
        DreamState::Requested if dream.attempts > 0 => {
            let (id, failed, cause) = (&dream.dream_id, dream.attempts, safe_line(&dream.cause));
            format!("{id} waits for the back-off; {failed} attempts failed, the last: {cause}")
        }
        DreamState::Requested => format!("{} waits for a worker", dream.dream_id),
        _ => format!("{} runs with {}", dream.dream_id, safe_line(&dream.worker_name)),
    }
}

/// Whether a dream has yet to end.
pub fn is_open(state: DreamState) -> bool {
    matches!(state, DreamState::Requested | DreamState::Running)
}

fn ended_well(state: DreamState) -> bool {
    matches!(state, DreamState::Applied | DreamState::Noop | DreamState::Proposed | DreamState::Reported)
}

fn say_started(context: &Context, dream: Dream, created: bool) -> Result<(), Failure> {
    let state = dream_state(dream.state());
    if context.json {
        return Ok(output::json(&json!({"dream": DreamView::from(dream), "created": created}))?);
    }
    let mut out = output::out();
    let id = dream.dream_id;
    match created {
        true => writeln!(out, "{id} is {state}; see memex dream show {id}")?,
        false => writeln!(out, "{id} was there already and is {state}; see memex dream show {id}")?,
    }
    Ok(())
}
