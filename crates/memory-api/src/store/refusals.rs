//! Refusals beyond a rate, and failures that cannot be written when they come: counted in memory, and written as one row
//! for many instead of filling the disk.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use memex_core::actor::Operation;
use memex_proto::v1::ErrorReason;
use tokio::time::Instant;
use uuid::Uuid;

use super::Store;
use super::access_log::{LogRow, add_for_many};
use super::log_place::LogPlace;
use crate::auth::Caller;
use crate::error::Result;

/// The time over which a token's refusals are counted.
const WINDOW: Duration = Duration::from_secs(60);

/// How many refusals of one token for one reason have rows of their own within [`WINDOW`].
const ROWS: u32 = 100;

/// How many rows may be held back in memory; beyond it a refusal has its own row again.
const HELD: usize = 10_000;

/// The refusals that are counted: cheap where nobody is refused.
#[derive(Default)]
pub struct Refusals(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    /// By token and reason: since when, and how many had rows since then.
    windows: HashMap<(Uuid, i32), (Instant, u32)>,
    held: HashMap<HeldKey, Held>,
}

/// What the refusals of one held row have in common: token, reason, place, call.
type HeldKey = (Uuid, i32, LogPlace, i16);

/// One row to come.
#[derive(Clone)]
struct Held {
    place: LogPlace,
    operation: Operation,
    reason: ErrorReason,
    caller: Caller,
    /// How many refusals it stands for, itself included.
    refusals: i32,
}

impl Held {
    fn of(row: &LogRow<'_>, caller: &Caller) -> Self {
        Self { place: row.place, operation: row.operation, reason: row.reason, caller: caller.clone(), refusals: 1 }
    }

    fn key(&self) -> HeldKey {
        (self.caller.token_id, self.reason.into(), self.place, self.operation.code())
    }
}

impl Refusals {
    /// Whether a refusal has its own row; else it is held, and a later row counts it.
    fn has_row(&self, now: Instant, row: &LogRow<'_>, caller: &Caller) -> bool {
        // Within a dream each row carries that dream.
        if caller.dream.is_some() {
            return true;
        }
        let mut counted = self.lock();
        let (since, rows) = counted.windows.entry((caller.token_id, row.reason.into())).or_insert((now, 0));
        if now.duration_since(*since) >= WINDOW {
            (*since, *rows) = (now, 0);
        }
        if *rows < ROWS {
            *rows += 1;
            return true;
        }
        !counted.hold(Held::of(row, caller))
    }

    /// Holds a row back; where there is no room it is lost.
    fn hold(&self, row: &LogRow<'_>, caller: &Caller) {
        self.lock().hold(Held::of(row, caller));
    }

    /// Everything that is held, and no window that is over.
    fn take(&self, now: Instant) -> Vec<Held> {
        let mut counted = self.lock();
        counted.windows.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        std::mem::take(&mut counted.held).into_values().collect()
    }

    fn lock(&self) -> MutexGuard<'_, Counted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counted {
    /// Adds to what is held; false where there is no room.
    fn hold(&mut self, held: Held) -> bool {
        if let Some(known) = self.held.get_mut(&held.key()) {
            known.refusals = known.refusals.saturating_add(held.refusals);
            return true;
        }
        let room = self.held.len() < HELD;
        if room {
            self.held.insert(held.key(), held);
        }
        room
    }
}

impl Store {
    /// The row of a refusal that was decided outside a statement, or beyond the rate its count.
    pub async fn log_refusal(
        &self,
        place: LogPlace,
        operation: Operation,
        path: &str,
        reason: ErrorReason,
        caller: &Caller,
    ) -> Result<()> {
        let row = LogRow { place, operation, path, reason };
        if self.refusals.has_row(Instant::now(), &row, caller) {
            add_for_many(self.pool(), row, 0, caller).await?;
        }
        Ok(())
    }

    /// The row of a call that failed. Where Postgres is away or busy it waits for its turn in memory, so that what fails
    /// asks no more of it; so does one that cannot be written.
    pub async fn log_failure(
        &self,
        place: LogPlace,
        operation: Operation,
        path: &str,
        reason: ErrorReason,
        caller: &Caller,
    ) {
        let row = LogRow { place, operation, path, reason };
        let waits = matches!(reason, ErrorReason::DatabaseUnavailable | ErrorReason::Overloaded);
        if waits || self.log_refusal(place, operation, path, reason, caller).await.is_err() {
            self.refusals.hold(&row, caller);
        }
    }

    /// Writes the rows that are held. Where one cannot be written, it and the rest stay held.
    pub async fn write_held_refusals(&self) -> Result<()> {
        let mut rows = self.refusals.take(Instant::now()).into_iter();
        while let Some(held) = rows.next() {
            if let Err(error) = self.write_held(&held).await {
                let mut counted = self.refusals.lock();
                for held in std::iter::once(held).chain(rows) {
                    counted.hold(held);
                }
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Store {
    /// Writes one held row; of a user who was erased meanwhile under the workspace's shared scope.
    async fn write_held(&self, held: &Held) -> Result<()> {
        let write = |place| {
            let row = LogRow { place, operation: held.operation, path: "", reason: held.reason };
            add_for_many(self.pool(), row, held.refusals - 1, &held.caller)
        };
        match write(held.place).await {
            Err(error) if error.is_of_an_erased_scope() && held.caller.workspace_id != 0 => {
                write(LogPlace::shared(self.shared_scope(held.caller.workspace_id).await?)).await
            }
            // A worker's row belonged to the erased scope alone.
            Err(error) if error.is_of_an_erased_scope() => Ok(()),
            written => written,
        }
    }
}

#[cfg(test)]
mod tests {
    use memex_core::actor::Role;

    use super::*;

    fn caller(token: u128) -> Caller {
        Caller {
            token_id: Uuid::from_u128(token),
            workspace_id: 1,
            role: Role::Agent,
            bound_user: None,
            actor: "agent".into(),
            dream: None,
            proposal: None,
        }
    }

    fn row(scope: i64, reason: ErrorReason) -> LogRow<'static> {
        LogRow { place: LogPlace::of(scope), operation: Operation::Read, path: "", reason }
    }

    #[test]
    fn rows_and_what_they_count_together_are_all_refusals() {
        let refusals = Refusals::default();
        let (now, one) = (Instant::now(), caller(1));
        let mut rows = 0;
        for call in 0..1_000 {
            rows += i32::from(refusals.has_row(now, &row(call % 3, ErrorReason::WrongUser), &one));
        }
        assert_eq!(rows, 100);
        let held = refusals.take(now);
        assert_eq!((held.len(), held.iter().map(|held| held.refusals).sum::<i32>()), (3, 900));
        assert!(refusals.take(now).is_empty());
    }

    #[test]
    fn tokens_and_reasons_are_counted_apart_and_a_minute_later_anew() {
        let refusals = Refusals::default();
        let now = Instant::now();
        for _ in 0..100 {
            assert!(refusals.has_row(now, &row(1, ErrorReason::WrongUser), &caller(1)));
        }
        assert!(!refusals.has_row(now, &row(1, ErrorReason::WrongUser), &caller(1)));
        assert!(refusals.has_row(now, &row(1, ErrorReason::FileNotFound), &caller(1)));
        assert!(refusals.has_row(now, &row(1, ErrorReason::WrongUser), &caller(2)));
        assert!(refusals.has_row(now + WINDOW, &row(1, ErrorReason::WrongUser), &caller(1)));
    }

    #[test]
    fn what_finds_no_room_has_its_own_row() {
        let refusals = Refusals::default();
        let (now, one) = (Instant::now(), caller(1));
        for _ in 0..100 {
            refusals.has_row(now, &row(0, ErrorReason::WrongUser), &one);
        }
        for scope in 0..i64::try_from(HELD).unwrap() {
            assert!(!refusals.has_row(now, &row(scope, ErrorReason::WrongUser), &one));
        }
        assert!(refusals.has_row(now, &row(-1, ErrorReason::WrongUser), &one));
        assert!(!refusals.has_row(now, &row(5, ErrorReason::WrongUser), &one));
    }
}
