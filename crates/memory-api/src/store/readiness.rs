//! Whether Postgres answers and stores changes: asked over a connection that no call can take, so that much work is not
//! mistaken for a Postgres that is away.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::time::{Instant, timeout};

use super::Store;
use super::connect::ACQUIRE;
use super::pool::{Connection, Pool};
use crate::error::{Error, Result};

/// How often readiness asks.
pub const EVERY: Duration = Duration::from_secs(1);

/// How long one such question may take.
const WAIT: Duration = Duration::from_secs(2);

/// How often mx_alive is written while that succeeds; a third of what mx_gap_1 takes for an outage.
const ALIVE: Duration = Duration::from_secs(5);

/// Who asks, with a connection of its own, made with the first question and kept.
pub struct Readiness {
    options: PgConnectOptions,
    pool: Pool,
    kept: Option<Connection>,
    /// When mx_alive was last written.
    alive: Option<Instant>,
    away: Arc<Away>,
}

/// When Postgres last did not answer, or stored nothing.
#[derive(Debug, Default)]
pub(super) struct Away(Mutex<Option<Instant>>);

impl Away {
    fn now(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Whether a call may have waited for a connection while Postgres was away.
    fn is_recent(&self) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| last.elapsed() < ACQUIRE + EVERY)
    }
}

impl Store {
    /// Who asks whether Postgres answers.
    pub fn readiness(&self) -> Readiness {
        let options = self.pool().connect_options();
        Readiness { options, pool: self.pool().clone(), kept: None, alive: None, away: self.away.clone() }
    }

    /// The same error; `Away` where a call found no connection because Postgres was away, and not for much work. The pool
    /// does not tell these apart: it goes on connecting while Postgres is not there. A call whose connection broke says it
    /// of those that come after.
    pub(crate) fn overloaded_or_away(&self, error: Error) -> Error {
        if error.is_out_of_reach() {
            self.away.now();
        }
        if matches!(error, Error::Overloaded) && self.away.is_recent() { Error::Away } else { error }
    }
}

impl Readiness {
    /// Whether Postgres answers through PL/pgSQL with the schema of this version, and stores a change. A question that is
    /// given up takes its connection along.
    ///
    /// # Errors
    /// Where Postgres cannot be reached, refuses a statement, or does not answer in time.
    pub async fn ask(&mut self) -> Result<bool> {
        let answer = match timeout(WAIT, self.ask_and_write()).await {
            Ok(answer) => answer.inspect_err(|_| self.away.now()),
            // A machine that is slow is no Postgres that is away: what gets no connection meanwhile is shed as before.
            Err(_) => Err(Error::Away),
        };
        if answer.is_err() {
            self.alive = None;
        }
        answer
    }

    async fn ask_and_write(&mut self) -> Result<bool> {
        if let Some(kept) = self.kept.take()
            && let Ok(ready) = self.ask_over(kept).await
        {
            return Ok(ready);
        }
        // That one connection broke says nothing of Postgres as it is now.
        let anew = self.pool.connect(&self.options).await?;
        let ready = self.ask_over(anew).await?;
        if ready {
            // So that the first call does not have to wait for a connection of the pool to be made.
            let pool = self.pool.clone();
            tokio::spawn(async move { drop(pool.acquire().await) });
        }
        Ok(ready)
    }

    async fn ask_over(&mut self, mut connection: Connection) -> Result<bool> {
        let row = sqlx::query!(
            "-- upkeep.ready\nSELECT scope_id IS NULL AND mx_setting_1(0, 'max_files') IS NOT NULL AS ready FROM mx_scope_open_1(0, 2::smallint, '', false)"
        )
        .fetch_one(&mut connection)
        .await?;
        if self.alive.is_none_or(|at| at.elapsed() >= ALIVE) {
            sqlx::query!("-- upkeep.alive\nSELECT mx_alive_1()").fetch_one(&mut connection).await?;
            self.alive = Some(Instant::now());
        }
        self.kept = Some(connection);
        Ok(row.ready.unwrap_or(false))
    }
}
