//! One bounded dream: read the snapshot, curate it, stage the ops, finish.

mod ending;
mod meter;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use memex_core::clock::Clock;
use memex_curation::Pair;
use memex_proto::v1::DreamAssignment;
use memex_runtime::failpoints::{self, Point};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::Instrument as _;

use crate::assignment::Assignment;
use crate::calls::{Calls, DreamCalls, Interruption};
use crate::curator::{CuratorError, Curators, Stage, View};
use crate::{lease, view};
pub(crate) use meter::DreamMeter;

/// The most that a dream keeps of its seconds for finishing; a tenth of them where that is less.
const FINISHING: Duration = Duration::from_secs(5);

/// Why a dream failed that came to no op in its time.
const TOO_LATE: &str = "its seconds passed before everything was read and thought over";

/// What all dreams of a worker share.
#[derive(Clone)]
pub(crate) struct Dreamer {
    pub(crate) calls: Calls,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) curators: Curators,
    /// Cancelled when what still runs is to be handed back.
    pub(crate) release: CancellationToken,
    pub(crate) meter: DreamMeter,
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
pub(crate) struct Tally {
    pub(crate) files_read: usize,
    pub(crate) read_bytes: u64,
    pub(crate) ops_staged: u32,
    pub(crate) ops_dropped: u32,
    pub(crate) lines_dropped: usize,
    pub(crate) probable: Vec<Pair>,
    pub(crate) model_tokens: u64,
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
        let state = ending::end(&calls, assignment, &pass, &tally).await;
        self.meter.ended(assignment.claimed_at, &pass, state);
    }

    async fn pass(
        &self,
        calls: &DreamCalls,
        assignment: &Assignment,
        until: Instant,
        stop: CancellationToken,
        tally: &mut Tally,
    ) -> Pass {
        failpoints::pass(Point::Claimed).await;
        let curator = match self.curators.of(assignment.curator) {
            Ok(curator) => curator,
            Err(error) => return Pass::Failed(error.to_string()),
        };
        let snapshot = match timeout_at(until, view::read(calls, assignment)).await {
            Ok(Ok(snapshot)) => snapshot,
            Ok(Err(interruption)) => return interruption.into(),
            Err(_) => return Pass::Failed(TOO_LATE.to_owned()),
        };
        tally.files_read = snapshot.files.len();
        tally.read_bytes = snapshot.read_bytes;
        let read: Vec<String> = snapshot.files.iter().map(|file| file.path.clone()).collect();
        let view = View {
            files: snapshot.files,
            today: assignment.today,
            instructions: assignment.instructions.clone(),
            near: assignment.near,
            neutral: assignment.neutral.clone(),
            partial: !snapshot.unread.is_empty(),
        };
        let mut stage = Stage::new(calls, assignment.budget, tally);
        let curating = AssertUnwindSafe(curator.curate(view, &mut stage, stop)).catch_unwind();
        let curated = timeout_at(until, curating).await;
        let mut model_tokens = 0;
        match (curated.map(|ended| ended.unwrap_or(Err(CuratorError::Panicked))), stage.take_interruption()) {
            (Ok(Ok(spent)), _) => model_tokens = spent.model_tokens,
            // The time is over: the ops on the stage still count.
            (_, Some(Interruption::OutOfTime(_))) => {}
            (_, Some(interruption)) => return interruption.into(),
            (Ok(Err(error)), None) => return Pass::Failed(error.to_string()),
            (Err(_), None) if stage.was_used() => stage.cut_short(read),
            // Nothing is known of what is left, so that there is nothing to say `more` of.
            (Err(_), None) => return Pass::Failed(TOO_LATE.to_owned()),
        }
        failpoints::pass(Point::BeforeFinish).await;
        let left = stage.left_after(snapshot.unread);
        tally.model_tokens = model_tokens;
        if left.is_empty() { Pass::Complete } else { Pass::More(left) }
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
