//! The metrics of dreams: counters of what is judged and refused, and the figures of GetStatus over all workspaces, asked
//! for as long as metrics are exported. CONFIGURATION.md lists every metric.

use std::sync::{Arc, Mutex, PoisonError};

use memex_proto::v1::{DreamViolation, ErrorReason};
use memex_runtime::metrics::{Counter, KeyValue, Meters};

use crate::error::Result;
use crate::store::Store;
use crate::store::status::{EndingCount, Status};

/// The counters, or none. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct DreamMeters {
    violations: Option<Counter<u64>>,
    refused: Option<Counter<u64>>,
    decided: Option<Counter<u64>>,
}

impl DreamMeters {
    /// The counters that `meters` makes.
    pub fn new(meters: &Meters) -> Self {
        Self {
            violations: meters.counter(
                "memex.dream.violations",
                "{violation}",
                "What judged changesets broke, by rule",
            ),
            refused: meters.counter(
                "memex.dream.ops.refused",
                "{op}",
                "Ops that were refused when a dream was to stage them, by reason",
            ),
            decided: meters.counter(
                "memex.dream.decisions",
                "{dream}",
                "What people decided about dreams: approved, approved_in_part, rejected, canceled, reverted",
            ),
        }
    }

    /// Counts the rules that a judged changeset broke.
    pub fn judged(&self, broken: &[DreamViolation]) {
        let Some(counter) = &self.violations else { return };
        // Rules are words of ours, never a caller's.
        broken.iter().for_each(|one| counter.add(1, &[KeyValue::new("memex.dream.rule", one.rule.clone())]));
    }

    /// Counts an op that was refused.
    pub fn refused(&self, reason: ErrorReason) {
        let Some(counter) = &self.refused else { return };
        let word = reason.as_str_name().trim_start_matches("ERROR_REASON_");
        counter.add(1, &[KeyValue::new("memex.reason", word)]);
    }

    /// Counts a decision of a person.
    pub fn decided(&self, decision: &'static str) {
        let Some(counter) = &self.decided else { return };
        counter.add(1, &[KeyValue::new("memex.dream.decision", decision)]);
    }
}

/// The figures of GetStatus: the counts of now, and the endings of the last day.
type Told = (Status, Vec<EndingCount>);

/// The figures of all workspaces as they were asked for last.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    last: Arc<Mutex<Option<Told>>>,
    on: bool,
}

impl Figures {
    /// Lets the export of metrics ask for them.
    pub fn new(meters: &Meters) -> Self {
        let figures = Self { last: Arc::default(), on: meters.meter().is_some() };
        let users = figures.clone();
        meters.observed("memex.dream.users", "{user}", "Users who are due, parked or paused", move || {
            let of = |state| [KeyValue::new("memex.user.state", state)];
            users.told(|status, _| {
                vec![(status.due, of("due")), (status.parked, of("parked")), (status.paused, of("paused"))]
            })
        });
        let dreams = figures.clone();
        meters.observed(
            "memex.dream.count",
            "{dream}",
            "Dreams that are requested, running or wait for a person",
            move || {
                let of = |state| [KeyValue::new("memex.dream.state", state)];
                dreams.told(|status, _| {
                    vec![
                        (status.requested, of("requested")),
                        (status.running, of("running")),
                        (status.waiting, of("proposed")),
                    ]
                })
            },
        );
        let oldest = figures.clone();
        meters.observed("memex.dream.due.age", "s", "How long the longest waiting user has been due", move || {
            oldest.told(|status, _| vec![(age(status), [])])
        });
        let endings = figures.clone();
        meters.observed("memex.dream.endings", "{dream}", "Dreams that ended within the last day", move || {
            endings.told(|_, endings| endings.iter().map(ending).collect())
        });
        figures
    }

    /// Asks for them again, where anybody exports them.
    ///
    /// # Errors
    /// Where Postgres fails; then nothing is told until it answers again.
    pub async fn refresh(&self, store: &Store) -> Result<()> {
        if !self.on {
            return Ok(());
        }
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
        let now = (store.status_of_all().await?, store.endings_of_all().await?);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        Ok(())
    }

    fn told<T>(&self, tell: impl FnOnce(&Status, &[EndingCount]) -> Vec<T>) -> Vec<T> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().map(|(status, endings)| tell(status, endings)).unwrap_or_default()
    }
}

fn age(status: &Status) -> i64 {
    status.oldest_due_at.map_or(0, |since| (status.at - since).num_seconds().max(0))
}

fn ending(count: &EndingCount) -> (i64, [KeyValue; 2]) {
    let labels = [
        KeyValue::new("memex.dream.state", count.state.clone()),
        KeyValue::new("memex.dream.cause", count.cause.clone()),
    ];
    (count.dreams, labels)
}
