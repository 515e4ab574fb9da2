//! A claimed dream in the worker's own types, read once from the wire.

use std::time::Duration;

use chrono::NaiveDate;
use memex_core::budget::Budget;
use memex_core::clock::Clock;
use memex_core::limits::MAX_WRITE_LINKS;
use memex_proto::v1::{Curator, DreamAssignment, DreamBudget, DreamMode, DreamNear};
use memex_runtime::trace::{add_link, set_parent};
use tokio::time::Instant;
use tracing::Span;

/// One dream, leased to this worker.
#[derive(Debug, Clone)]
pub(crate) struct Assignment {
    /// The opaque id, `drm_…`.
    pub(crate) dream_id: String,
    /// The number that proves the lease.
    pub(crate) fence: i64,
    /// The user whose files these are; never logged.
    pub(crate) user_id: String,
    /// What becomes of the changeset.
    pub(crate) mode: DreamMode,
    /// Who decides the ops.
    pub(crate) curator: Curator,
    /// What a person asked the curator to look at.
    pub(crate) instructions: String,
    /// It looks for probable copies alone.
    pub(crate) near: bool,
    /// Parts of a context that say nothing in the user's workspace.
    pub(crate) neutral: Vec<String>,
    /// The hard limits.
    pub(crate) budget: Budget,
    /// How long a lease is.
    pub(crate) lease: Duration,
    /// Today, as the curator must see it.
    pub(crate) today: NaiveDate,
    /// The paths to begin with.
    pub(crate) begin_with: Vec<String>,
    /// Before the claim was sent: the lease cannot have begun earlier, so counting from here is never too long.
    pub(crate) claimed_at: Instant,
    trace_parent: String,
    links: Vec<([u8; 16], [u8; 8])>,
}

impl Assignment {
    /// Reads what a claim gave. A day that is missing or malformed is the clock's.
    pub(crate) fn of(wire: DreamAssignment, claimed_at: Instant, clock: &dyn Clock) -> Self {
        let links = wire.links.iter().take(MAX_WRITE_LINKS).filter_map(|link| {
            Some((
                <[u8; 16]>::try_from(link.trace_id.as_slice()).ok()?,
                <[u8; 8]>::try_from(link.span_id.as_slice()).ok()?,
            ))
        });
        Self {
            fence: wire.fence,
            mode: wire.mode(),
            near: wire.near() != DreamNear::Unspecified,
            curator: wire.curator(),
            budget: budget(wire.budget.as_ref()),
            lease: Duration::from_secs(u64::try_from(wire.lease_seconds).unwrap_or(0).max(1)),
            today: wire.as_of.parse().unwrap_or_else(|_| clock.now().date_naive()),
            claimed_at,
            links: links.collect(),
            dream_id: wire.dream_id,
            user_id: wire.user_id,
            instructions: wire.instructions,
            neutral: wire.neutral,
            begin_with: wire.begin_with,
            trace_parent: wire.trace_parent,
        }
    }

    /// The dream's span: a child of StartDream's, or a root of its own that links to the writes that made the user due.
    pub(crate) fn span(&self) -> Span {
        let span = tracing::info_span!(
            parent: None,
            "dream.run",
            dream.id = %self.dream_id,
            dream.mode = short(self.mode.as_str_name(), "DREAM_MODE_"),
            dream.curator = short(self.curator.as_str_name(), "CURATOR_"),
            dream.state = tracing::field::Empty,
            dream.files_read = tracing::field::Empty,
            dream.read_bytes = tracing::field::Empty,
            dream.ops_staged = tracing::field::Empty,
            dream.ops_dropped = tracing::field::Empty,
            dream.left = tracing::field::Empty,
        );
        if !self.trace_parent.is_empty() {
            set_parent(&span, &self.trace_parent);
        }
        for &(trace_id, span_id) in &self.links {
            add_link(&span, trace_id, span_id);
        }
        span
    }
}

/// The word of an enum's value without the enum's prefix: `dry_run`.
pub(crate) fn short(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase()
}

/// What the server said, and the defaults for what it did not; it enforces its own numbers whatever is read here.
fn budget(wire: Option<&DreamBudget>) -> Budget {
    let Some(wire) = wire else { return Budget::DEFAULT };
    let small = |said: i32, default: u32| u32::try_from(said).ok().filter(|&n| n > 0).unwrap_or(default);
    let large = |said: i64, default: u64| u64::try_from(said).ok().filter(|&n| n > 0).unwrap_or(default);
    let default = Budget::DEFAULT;
    Budget {
        max_ops: small(wire.max_ops, default.max_ops),
        max_files: small(wire.max_files, default.max_files),
        max_bytes: large(wire.max_bytes, default.max_bytes),
        max_read_bytes: large(wire.max_read_bytes, default.max_read_bytes),
        max_seconds: small(wire.max_seconds, default.max_seconds),
    }
}
