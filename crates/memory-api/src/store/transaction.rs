//! The one way to begin a transaction. Its connection serves another call only after Postgres answered its end.

use std::ops::{Deref, DerefMut};

use tokio::runtime::Handle;
use tokio::time::timeout;

use super::Store;
use super::connect::ABANDONED;
use super::pool::Connection;
use crate::error::Result;

/// Why the connection of a transaction is there: only its own drop takes it away.
const HELD: &str = "a transaction has its connection until it is dropped";

/// A transaction on a connection of the pool. Dropped, it is undone.
///
/// sqlx has a type for this too. Where a call is dropped while BEGIN is on its way, sqlx sends no ROLLBACK: the connection
/// goes back to the pool, BEGIN is answered there, and what later calls are told was done is undone with that transaction.
/// So clippy refuses sqlx's `begin`, and this type is told by Postgres alone that a transaction has ended.
pub struct Transaction {
    connection: Option<Connection>,
    state: State,
    /// [`Guards::transactions`](crate::guards::Guards).
    guarded: bool,
}

/// What Postgres answered so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// BEGIN may be on its way.
    Beginning,
    /// BEGIN was answered.
    Open,
    /// COMMIT or ROLLBACK was answered.
    Ended,
}

impl Store {
    /// Begins a transaction.
    ///
    /// # Errors
    /// OVERLOADED where no connection comes; where Postgres fails.
    pub async fn begin(&self) -> Result<Transaction> {
        self.begin_with("BEGIN").await
    }

    /// Begins a transaction with this statement.
    pub(super) async fn begin_with(&self, statement: &'static str) -> Result<Transaction> {
        let connection = Some(self.pool().acquire().await?);
        // Before BEGIN is sent: wherever this future is dropped, the transaction is.
        let mut transaction = Transaction { connection, state: State::Beginning, guarded: self.guards.transactions };
        sqlx::raw_sql(statement).execute(&mut *transaction).await?;
        transaction.state = State::Open;
        Ok(transaction)
    }
}

impl Transaction {
    /// Makes it stand.
    ///
    /// # Errors
    /// Where Postgres fails; it may stand then.
    pub async fn commit(self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// Undoes it.
    ///
    /// # Errors
    /// Where Postgres fails; it is undone all the same.
    pub async fn rollback(self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    async fn end(mut self, statement: &'static str) -> Result<()> {
        sqlx::raw_sql(statement).execute(&mut *self).await?;
        self.state = State::Ended;
        Ok(())
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        match (self.state, Handle::try_current()) {
            // What is dropped goes back to the pool.
            (State::Ended, _) => {}
            (State::Beginning, _) if !self.guarded => {}
            (_, Ok(runtime)) => drop(runtime.spawn(undo(connection))),
            // Postgres undoes what its client leaves.
            (_, Err(_)) => connection.close(),
        }
    }
}

/// Undoes a transaction that was left, and closes its connection where Postgres does not say soon that this was done: a
/// statement may still run on it, and BEGIN or COMMIT may be on their way.
async fn undo(mut connection: Connection) {
    let undone = timeout(ABANDONED, sqlx::raw_sql("ROLLBACK").execute(&mut connection)).await;
    if !matches!(undone, Ok(Ok(_))) {
        tracing::debug!("a transaction was left and its end was not seen: its connection is closed");
        connection.close();
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect(HELD)
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect(HELD)
    }
}
