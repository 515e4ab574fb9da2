//! One bounded dream: read the snapshot, curate it, stage the ops, finish.

mod ending;
mod staging;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use memex_core::clock::Clock;
use memex_curation::{Pair, PlannedOp};
use memex_proto::v1::DreamAssignment;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::assignment::Assignment;
use crate::calls::{Calls, DreamCalls, Interruption};
use crate::curator::{CuratorError, Curators, View};
use crate::doors::{self, Point};
use crate::{lease, view};

/// The most that a dream keeps of its seconds for finishing; a tenth of them where that is less.
const FINISHING: Duration = Duration::from_secs(5);

/// What all dreams of a worker share.
#[derive(Clone)]
pub(crate) struct Dreamer {
    pub(crate) calls: Calls,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) curators: Curators,
    /// Cancelled when what still runs is to be handed back.
    pub(crate) release: CancellationToken,
}

/// How the worker's part of a dream ended.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Pass {
    /// Everything was looked at.
    Complete,
    /// The budget or the time ended first; these paths are left.
    More(Vec<String>),
    /// It could not be done, in words without content.
    Failed(String),
    /// The worker shuts down.
    Released,
    /// The dream is no longer this worker's: nothing is said to memory-api any more.
    Over(String),
}

/// The counts of a dream for its span, its log line and its summary. It holds counts, sizes and places, and no text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Tally {
    files_read: usize,
    read_bytes: u64,
    ops_staged: u32,
    ops_dropped: u32,
    lines_dropped: usize,
    probable: Vec<Pair>,
}

impl Dreamer {
    /// Runs one dream to its end, whatever that is; nothing is left to the caller.
    pub(crate) async fn dream(&self, claimed: DreamAssignment, claimed_at: Instant) {
        let assignment = Assignment::of(claimed, claimed_at, self.clock.as_ref());
        let span = assignment.span();
        self.run(&assignment).instrument(span).await;
    }

    async fn run(&self, assignment: &Assignment) {
        let seconds = Duration::from_secs(assignment.budget.max_seconds.into());
        let until = assignment.claimed_at + (seconds - FINISHING.min(seconds / 10));
        let Some(calls) = self.calls.within(assignment, until) else {
            tracing::error!("a dream was claimed whose id cannot be sent; its lease will run out");
            return;
        };
        let mut tally = Tally::default();
        let stop = CancellationToken::new();
        let pass = {
            // However this ends, a curator that still works is told.
            let _told = stop.clone().drop_guard();
            tokio::select! {
                biased;
                end = lease::keep(&calls, assignment) => Pass::Over(ending::lease_end(end)),
                () = self.release.cancelled() => Pass::Released,
                pass = self.pass(&calls, assignment, until, stop, &mut tally) => pass,
            }
        };
        ending::end(&calls, assignment, pass, &tally).await;
    }

    async fn pass(
        &self,
        calls: &DreamCalls,
        assignment: &Assignment,
        until: Instant,
        stop: CancellationToken,
        tally: &mut Tally,
    ) -> Pass {
        doors::pass(Point::Claimed).await;
        let considered = timeout_at(until, self.consider(calls, assignment, stop, tally)).await;
        let (unread, ops) = match considered {
            Ok(Ok(considered)) => considered,
            Ok(Err(interruption)) => return interruption.into(),
            // Nothing was staged and nothing is known of what is left, so that there is nothing to say `more` of.
            Err(_) => return Pass::Failed("its seconds passed before everything was read and thought over".to_owned()),
        };
        let mut queue = staging::Queue::new(ops, assignment.budget);
        // Time that passes here leaves the rest in the queue.
        match timeout_at(until, queue.stage(calls, tally)).await {
            Ok(Ok(())) | Ok(Err(Interruption::OutOfTime(_))) | Err(_) => {}
            Ok(Err(interruption)) => return interruption.into(),
        }
        doors::pass(Point::BeforeFinish).await;
        let left = queue.left_after(unread);
        if left.is_empty() { Pass::Complete } else { Pass::More(left) }
    }

    /// Reads and curates: the paths that were not read, and the ops.
    async fn consider(
        &self,
        calls: &DreamCalls,
        assignment: &Assignment,
        stop: CancellationToken,
        tally: &mut Tally,
    ) -> Result<(Vec<String>, Vec<PlannedOp>), Interruption> {
        let failed = |error: CuratorError| Interruption::Failed(error.to_string());
        let curator = self.curators.of(assignment.curator).map_err(failed)?;
        let snapshot = view::read(calls, assignment).await?;
        tally.files_read = snapshot.files.len();
        tally.read_bytes = snapshot.read_bytes;
        let view = View {
            files: snapshot.files,
            today: assignment.today,
            instructions: assignment.instructions.clone(),
            near: assignment.near,
            neutral: assignment.neutral.clone(),
            partial: !snapshot.unread.is_empty(),
        };
        let curated = AssertUnwindSafe(curator.curate(view, stop)).catch_unwind().await;
        let plan = curated.unwrap_or(Err(CuratorError::Panicked)).map_err(failed)?;
        tally.probable = plan.probable;
        Ok((snapshot.unread, plan.ops))
    }
}

impl From<Interruption> for Pass {
    fn from(interruption: Interruption) -> Self {
        match interruption {
            Interruption::Over(reason) => Self::Over(memex_proto::reason::short_name(reason).to_owned()),
            Interruption::OutOfTime(cause) | Interruption::Failed(cause) => Self::Failed(cause),
        }
    }
}
