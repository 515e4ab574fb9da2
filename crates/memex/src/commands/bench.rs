//! `bench`: measures a deployment, and with `--against raw` what its Postgres does for the same work without it.

mod claim;
mod load;
mod measured;
mod pgbench;
mod raw;
mod report;
mod target;
mod work;

use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::progress;
use raw::Raw;
use report::Report;
use target::Bench;
use work::Work;

/// What the help of `bench` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex bench write
  memex bench read --clients 64 --seconds 30
  memex bench mixed --users 500 --files 20 --json
  memex bench write --hot --clients 64 --against raw --database-url postgres://owner@db/memex
  memex bench claim --database-url postgres://owner@db/memex

With --json \"errors\" counts the calls that failed by their reason: {\"OVERLOADED\": 3}. Where no call
succeeded the exit code is 1, or 69 where memory-api or its Postgres could not be reached.

Makes users named bench-0001 and on, with files of 2 KB, and leaves them: give it a deployment of
its own. It needs an operator's or a backend's token. With --against raw, pgbench runs the service's
own statement and a yardstick in turn with the calls, on the same Postgres.

claim makes no calls. It counts the rows that the service's statement reads to claim a dream for each
user, where every user has 200 and where every user has 20,000 changes that no dream has seen, and
measures how long it takes. Its users are in a transaction that is undone: a minute or more.";

/// How many turns the service and what it is compared with take.
const ROUNDS: u32 = 5;

/// Arguments of `bench`.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// What to measure
    work: Subject,
    /// How many calls are under way at once
    #[arg(long, value_name = "COUNT", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024))]
    clients: u32,
    /// For how long
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=3600))]
    seconds: u64,
    /// Over how many users
    #[arg(long, value_name = "COUNT", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=9999))]
    users: u32,
    /// How many files each user has
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=2000))]
    files: u32,
    /// Only the first user: every client in one scope
    #[arg(long)]
    hot: bool,
    /// What to compare with; for write and read
    #[arg(long, requires = "database_url")]
    against: Option<Against>,
    /// The deployment's Postgres as its owner, for --against and for claim; this machine's list of processes shows it
    #[arg(long, env = "MEMEX_OWNER_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// Calls of clients.
    Calls(Work),
    /// One claim of a worker.
    Claim,
}

impl ValueEnum for Subject {
    fn value_variants<'a>() -> &'a [Self] {
        use Subject::{Calls, Claim};
        const ALL: [Subject; 8] = [
            Calls(Work::Write),
            Calls(Work::Patch),
            Calls(Work::Read),
            Calls(Work::List),
            Calls(Work::Search),
            Calls(Work::Recall),
            Calls(Work::Mixed),
            Claim,
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Subject::Calls(work) => work.to_possible_value(),
            Subject::Claim => Some(PossibleValue::new("claim").help("What a worker's claim reads, by --database-url")),
        }
    }
}

/// What to compare with.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Against {
    /// pgbench on the same Postgres
    Raw,
}

/// `memex bench`.
pub async fn run(context: &Context, args: BenchArgs) -> Result<(), Failure> {
    match (args.work, &args.database_url) {
        (Subject::Calls(work), _) => calls(context, work, &args).await,
        (Subject::Claim, Some(url)) => claim::run(url, args.users, context.json).await,
        (Subject::Claim, None) => Err(Failure::Usage("claim needs --database-url".to_owned())),
    }
}

async fn calls(context: &Context, work: Work, args: &BenchArgs) -> Result<(), Failure> {
    let users = if args.hot { 1 } else { args.users };
    let bench = Bench::new(context, users, args.files);
    bench.fill().await?;
    let raw = match (args.against, &args.database_url) {
        (Some(Against::Raw), Some(url)) => Some(Raw::prepare(url, work, &bench).await?),
        _ => None,
    };
    let rounds = if raw.is_some() { ROUNDS } else { 1 };
    let turn = turn(args.seconds, rounds);
    let mut report = Report::new(work, args.clients, raw.is_some());
    let spinner = progress::spinner(format!("{} with {} clients", work.name(), args.clients), context.json);
    for round in 1..=rounds {
        let product = bench.run(work, args.clients, turn).await;
        report.product.add(product);
        if let Some(raw) = &raw {
            report.raw.add(raw.own(args.clients, turn).await?);
            report.reference.add(raw.reference(args.clients, turn).await?);
        }
        spinner.set_message(format!("round {round} of {rounds}: {:.0} calls a second", report.product.per_second()));
    }
    spinner.finish_and_clear();
    report.print(context.json)?;
    ended(context, &report)
}

/// How long each of so many turns takes.
fn turn(seconds: u64, rounds: u32) -> Duration {
    Duration::from_secs(seconds) / rounds
}

/// A bench in which no call succeeded has measured nothing: it ends as its last call did.
fn ended(context: &Context, report: &Report) -> Result<(), Failure> {
    let product = &report.product;
    match &product.last_failure {
        _ if !product.took.is_empty() => Ok(()),
        Some(status) => Err(context.failure(status).told_in(context.json)),
        None => Err(Failure::Incomplete("no call was made".to_owned()).told_in(context.json)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_work_can_be_measured() {
        let works = Work::value_variants().iter().map(|work| Subject::Calls(*work));
        let all: Vec<Subject> = works.chain([Subject::Claim]).collect();
        assert_eq!(Subject::value_variants(), all);
    }

    #[test]
    fn the_turns_together_take_the_seconds_that_were_asked_for() {
        for seconds in [1, 9, 10, 3_600] {
            assert_eq!(turn(seconds, ROUNDS) * ROUNDS, Duration::from_secs(seconds));
        }
    }
}
