//! `demo`: three people's messy memory, dreamt over by the real pair, shown, undone, proved and decided
//! about; from nothing each time.

mod account;
mod decisions;
mod dreams;
mod expectations;
mod interrupt;
mod load;
mod memory;
mod orders;
mod pairs;
mod people;
mod progress;
mod proof;
mod report;

use std::time::Duration;

use memex_runtime::lifecycle::Shutdown;
use memex_stack::pair::{Pair, PairOptions};
use tempfile::TempDir;

use crate::failure::Failure;
use crate::output::progress::spinner;
use crate::process::quiet_telemetry;
use expectations::Expectations;
use people::People;
use progress::Progress;
use report::Report;

/// What the help of `demo` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex demo            start from nothing, dream, undo, prove, decide; some seconds
  memex demo --keep     and keep the database, to look around in with `memex up --data-dir`
  memex demo --json     what happened as one JSON value

The exit code is 0 where everything was as it must be, 1 where it was not (it says what), 69 where
no Postgres is found, 130 after Ctrl-C.";

/// The day that the sample's dreams take for today: a week after its last session.
const AS_OF: &str = "2026-11-22";

/// How long a service of the demonstration may take to end.
const DRAIN: Duration = Duration::from_secs(5);

/// How often its worker asks for a dream: nobody should have to wait for it.
const POLL: Duration = Duration::from_millis(100);

/// Arguments of `demo`.
#[derive(Debug, clap::Args)]
pub struct DemoArgs {
    /// Keep the directory with the database, the tokens and the logs
    #[arg(long)]
    keep: bool,
}

/// `memex demo`.
pub async fn run(args: DemoArgs, json: bool) -> Result<(), Failure> {
    let telemetry = quiet_telemetry()?;
    let shutdown = interrupt::heard()?;
    let program = crate::process::own_program()?;
    let place = tempfile::Builder::new().prefix("memex-demo-").tempdir()?;
    let options = PairOptions {
        durable: false,
        poll: Some(POLL),
        drain: DRAIN,
        dream_enabled: Some(true),
        ..PairOptions::new(place.path(), program)
    };
    let outcome = with_pair(options, &args, json, &shutdown).await;
    let outcome = outcome.and(close(place, args.keep, &shutdown));
    telemetry.shutdown().await;
    outcome
}

/// Whatever comes in between, every process has ended when this returns.
async fn with_pair(options: PairOptions, args: &DemoArgs, json: bool, shutdown: &Shutdown) -> Result<(), Failure> {
    let spinner = spinner("starting Postgres, memory-api and dream-worker".to_owned(), json);
    let started = Pair::start(options, shutdown).await;
    spinner.finish_and_clear();
    let pair = started?;
    let outcome = tokio::select! {
        told = tell(&pair, args, json) => told,
        ended = pair.ended() => Err(ended.into()),
        () = shutdown.triggered() => Err(Failure::Interrupted),
    };
    pair.stop().await;
    outcome
}

/// The demonstration itself: load, dream, account, pairs, orders, revert, a person's decisions.
async fn tell(pair: &Pair, args: &DemoArgs, json: bool) -> Result<(), Failure> {
    let progress = Progress::new(json);
    let report = Report(&progress);
    let mut expect = Expectations::default();
    report.pair(pair)?;
    let people = People::introduce(pair).await?;
    decisions::nothing_by_itself(&people.operator).await?;
    let loaded = load::load(&people, &progress).await?;
    let dreamt = dreams::dream_for_all(&people, json, |applied| report.dream(applied), &mut expect).await?;
    let account = account::take(&people, &dreamt, &mut expect).await?;
    report.account(&dreamt, &account)?;
    let pairs = pairs::take(&dreamt, &mut expect);
    report.pairs(&pairs)?;
    let orders = orders::look(&people, &loaded, &dreamt, &mut expect).await?;
    report.orders(&orders)?;
    let proof = proof::undo_one(&people, &dreamt, &mut expect).await?;
    report.proof(&proof)?;
    let decisions = decisions::decide(&people, proof.user, &mut expect).await?;
    report.decisions(&decisions)?;
    let kept = args.keep.then(|| pair.data_dir());
    report.end(kept, &loaded, &dreamt, &account, &pairs, &orders, &proof, &decisions, &expect)?;
    expect.into_result()
}

/// Removes the directory, or keeps it where that was asked for and nobody interrupted.
fn close(place: TempDir, keep: bool, shutdown: &Shutdown) -> Result<(), Failure> {
    if keep && !shutdown.is_triggered() {
        let _kept = place.keep();
        return Ok(());
    }
    let path = place.path().to_path_buf();
    place.close().map_err(|error| Failure::local(path, format_args!("could not be removed: {error}")))
}
