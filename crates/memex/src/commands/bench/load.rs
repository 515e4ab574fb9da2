//! Fills users with files, and calls from many clients at once.

use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

use super::measured::Measured;
use super::work::{Work, write};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::progress;

/// How many files are filled at once.
const AT_ONCE: usize = 16;

/// How long a client waits after a call that failed, so that it does not drown what it measures in calls that fail.
const PAUSE: Duration = Duration::from_millis(20);

/// A deployment and the users that are measured over.
pub(super) struct Bench<'a> {
    context: &'a Context,
    /// How many users.
    pub users: u32,
    /// How many files each has.
    pub files: u32,
}

impl<'a> Bench<'a> {
    pub(super) fn new(context: &'a Context, users: u32, files: u32) -> Self {
        Self { context, users, files }
    }

    /// The user of a turn.
    pub(super) fn user(&self, turn: u64) -> String {
        format!("bench-{:04}", spread(turn) % u64::from(self.users) + 1)
    }

    /// The path of a turn.
    pub(super) fn path(&self, turn: u64) -> String {
        path((spread(turn) >> 32) % u64::from(self.files) + 1)
    }

    /// Writes every file of every user.
    pub(super) async fn fill(&self) -> Result<(), Failure> {
        let bar = progress::bar((self.users * self.files) as usize, "filling", self.context.json);
        let all = (1..=self.users).flat_map(|user| (1..=self.files).map(move |file| (user, file)));
        let fill = async |(user, file): (u32, u32)| {
            let request = write(format!("bench-{user:04}"), path(file.into()), 0);
            let filled = self.context.call(|| async { self.context.memory().write_file(request.clone()).await }).await;
            bar.inc(1);
            filled
        };
        stream::iter(all).map(fill).buffer_unordered(AT_ONCE).try_for_each(|_| async { Ok(()) }).await?;
        bar.finish_and_clear();
        Ok(())
    }

    /// Calls from `clients` at once until the time is over.
    pub(super) async fn run(&self, work: Work, clients: u32, time: Duration) -> Measured {
        let begun = Instant::now();
        let each = (0..clients).map(|client| {
            let (context, bench) = (self.context.clone(), (self.users, self.files));
            tokio::spawn(async move {
                let bench = Bench { context: &context, users: bench.0, files: bench.1 };
                bench.client(work, client, begun + time).await
            })
        });
        let mut all = Measured::default();
        for measured in join_all(each).await.into_iter().flatten() {
            all.add(measured);
        }
        all.during = begun.elapsed();
        all
    }

    async fn client(&self, work: Work, client: u32, end: Instant) -> Measured {
        let mut measured = Measured::default();
        let mut turn = u64::from(client) << 32 | u64::from(uuid::Uuid::new_v4().as_fields().0);
        loop {
            let begun = Instant::now();
            if begun >= end {
                return measured;
            }
            turn += 1;
            let answer = work.call(self.context, self, turn).await;
            let took = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            let failed = match answer {
                Ok(None) => {
                    measured.took.push(took);
                    continue;
                }
                Ok(Some(shorter)) => {
                    measured.took.push(took);
                    // Not one of the calls that are measured.
                    self.context.memory().write_file(shorter).await.err()
                }
                Err(status) => Some(status),
            };
            if let Some(status) = failed {
                measured.fail(status);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

fn path(file: u64) -> String {
    format!("user/bench-{file}.md")
}

/// Scatters turns that follow each other (the finaliser of SplitMix64).
fn spread(turn: u64) -> u64 {
    let mut bits = turn.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
