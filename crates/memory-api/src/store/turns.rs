//! Turns: of the calls that lock one scope in transactions of their own, one at a time has a connection of the pool. In
//! Postgres they would wait for each other just so, each holding a connection that somebody else could use.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

use memex_runtime::metrics::Meters;
use tokio::sync::OwnedMutexGuard;
use tokio::time::{Instant, timeout};

use super::Store;
use super::connect::ACQUIRE;
use super::pool::Connection;
use super::transaction::Transaction;
use crate::error::{Error, Result};
use crate::meters::{Turnout, observe_turns};

/// A scope's turn, for as long as it lives.
pub(super) type Turn = OwnedMutexGuard<()>;

/// The turns of this process. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<i64, Arc<tokio::sync::Mutex<()>>>>>);

impl Turns {
    /// Waits for the scope's turn, first come, first served, as long as for a connection.
    ///
    /// # Errors
    /// OVERLOADED.
    async fn take(&self, scope: i64) -> Result<Turn> {
        timeout(ACQUIRE, self.of(scope).lock_owned()).await.map_err(|_| Error::Overloaded)
    }

    /// Lets the export of metrics ask how many turns are held and waited for.
    pub(super) fn observe(&self, meters: &Meters) {
        let turns = Arc::downgrade(&self.0);
        observe_turns(meters, "scope", move || {
            let Some(turns) = turns.upgrade() else { return Turnout::default() };
            let turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
            // Beside the map itself, whoever holds a turn or waits for it counts.
            let calls = turns.values().map(|turn| Arc::strong_count(turn) - 1).filter(|calls| *calls > 0);
            calls
                .fold(Turnout::default(), |sum, calls| Turnout { held: sum.held + 1, waiting: sum.waiting + calls - 1 })
        });
    }

    fn of(&self, scope: i64) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // No more stay than there are calls: a turn that nobody has or waits for is forgotten.
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(scope).or_default())
    }
}

/// A transaction that locks a scope, in the scope's turn, or one that needs no turn. Dropped, it is undone.
pub struct ScopeTransaction {
    transaction: Transaction,
    _turn: Option<Turn>,
}

impl Store {
    /// Begins a transaction that is to lock `scope`, in the scope's turn.
    ///
    /// # Errors
    /// OVERLOADED where turn or connection do not come; where Postgres fails.
    pub async fn begin_on(&self, scope: i64) -> Result<ScopeTransaction> {
        let turn = self.turn(scope).await?;
        Ok(ScopeTransaction { transaction: self.begin().await?, _turn: Some(turn) })
    }

    /// The scope's turn, for a statement that locks the scope by itself.
    pub(super) async fn turn(&self, scope: i64) -> Result<Turn> {
        let Some(waits) = self.meters.on().and_then(|on| on.turns.as_ref()) else {
            return self.turns.take(scope).await;
        };
        let began = Instant::now();
        let turn = self.turns.take(scope).await?;
        waits.record(began.elapsed().as_secs_f64(), &[]);
        Ok(turn)
    }
}

impl From<Transaction> for ScopeTransaction {
    fn from(transaction: Transaction) -> Self {
        Self { transaction, _turn: None }
    }
}

impl ScopeTransaction {
    /// Makes it stand.
    ///
    /// # Errors
    /// Where Postgres fails; it may stand then.
    pub async fn commit(self) -> Result<()> {
        self.transaction.commit().await
    }

    /// Undoes it.
    ///
    /// # Errors
    /// Where Postgres fails; it is undone all the same.
    pub async fn rollback(self) -> Result<()> {
        self.transaction.rollback().await
    }
}

impl Deref for ScopeTransaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.transaction
    }
}

impl DerefMut for ScopeTransaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.transaction
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_scope_has_one_turn_at_a_time_and_another_scope_has_its_own() {
        let turns = Turns::default();
        let first = turns.take(1).await.unwrap();
        let _other = turns.take(2).await.unwrap();
        assert!(turns.take(1).now_or_never().is_none(), "two have the turn of one scope");
        drop(first);
        turns.take(1).await.unwrap();
    }

    #[tokio::test]
    async fn turns_that_nobody_has_are_forgotten() {
        let turns = Turns::default();
        let held = turns.take(1).await.unwrap();
        for scope in 2..100 {
            turns.take(scope).await.unwrap();
        }
        let kept = turns.0.lock().unwrap().len();
        assert!(kept <= 2, "{kept} turns are kept");
        drop(held);
    }
}
