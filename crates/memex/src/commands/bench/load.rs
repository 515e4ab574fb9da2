//! Fills users with files, and calls from many clients at once.

use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::Instant;

use super::measured::Measured;
use super::target::{Bench, path};
use super::work::{Work, write};
use crate::failure::Failure;
use crate::output::progress;

/// How many files are filled at once.
const AT_ONCE: usize = 16;

/// How long a client waits after a call that failed, so that it does not drown what it measures in calls that fail.
const PAUSE: Duration = Duration::from_millis(20);

impl Bench<'_> {
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
                let bench = Bench::new(&context, bench.0, bench.1);
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
