//! The connection that a batch runs on, and what its failure means.

use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, PgPool, Postgres};
use tokio::time::timeout;

use super::lane::{Item, Work};
use crate::error::{Error, Result, tell_of_deadlock, waited_in_vain};

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(2);

/// How long an answer is waited for: longer than any statement_timeout, so that only a connection that is dead without
/// saying so takes that long.
const ANSWER: Duration = Duration::from_secs(15);

/// Why a batch has no answers.
#[derive(Debug)]
pub(super) enum Failed {
    /// Undone: a lock that it needs is somebody else's.
    Busy,
    /// Undone: it took longer than it may, or there was no connection to be had.
    Late,
    /// Undone: one of its items raised.
    Raised(Error),
    /// Never sent: Postgres cannot be reached.
    Unreachable,
    /// Undone: Postgres stores nothing now; with its code.
    Unwritable(String),
    /// It may stand: the connection broke.
    Unknown,
    /// It stands, and its answer breaks a rule.
    Unexpected(&'static str),
}

impl Failed {
    fn of(error: Error) -> Self {
        let source = match error {
            Error::Database(source) => source,
            Error::Unexpected(what) => return Failed::Unexpected(what),
            Error::Unwritable { code } => return Failed::Unwritable(code),
            Error::Away | Error::Overloaded => return Failed::Unknown,
            refused @ Error::Refused { .. } => return Failed::Raised(refused),
        };
        let Some(code) = source.as_database_error().and_then(|database| database.code()) else {
            return Failed::Unknown;
        };
        tell_of_deadlock(&code);
        match code.as_ref() {
            code if waited_in_vain(code) => Failed::Busy,
            "57014" => Failed::Late,
            lost if lost.starts_with("08") || lost.starts_with("57P") => Failed::Unknown,
            _ => Failed::Raised(Error::Database(source)),
        }
    }
}

/// Where batches run.
pub(super) enum Door {
    /// A lane's own connection, made when it is needed and kept.
    Own { options: Box<PgConnectOptions>, connection: Option<PgConnection> },
    /// One of the pool's, for one batch.
    Pool(PgPool),
}

impl Door {
    /// A connection as the pool's are, but for `settings`.
    pub(super) fn own(pool: &PgPool, settings: &'static [(&'static str, &'static str)]) -> Self {
        let options = PgConnectOptions::clone(&pool.connect_options()).options(settings.iter().copied());
        Door::Own { options: Box::new(options), connection: None }
    }

    /// Waits, over a connection of the pool, until nobody else holds the scope.
    pub(super) async fn until_free<W: Work>(pool: &PgPool, scope: i64) -> Result<(), Failed> {
        let mut connection = acquire(pool).await?;
        let free = answered(W::until_free(&mut connection, scope)).await;
        close_broken(connection, &free);
        free
    }

    /// Does the items in one statement.
    pub(super) async fn attempt<W: Work>(&mut self, items: &[Item<W>]) -> Result<Vec<W::Answer>, Failed> {
        match self {
            Door::Pool(pool) => {
                let mut connection = acquire(pool).await?;
                let answers = run(&mut connection, items).await;
                close_broken(connection, &answers);
                answers
            }
            Door::Own { options, connection } => {
                let kept = match connection.take() {
                    Some(kept) => Ok(Ok(kept)),
                    None => timeout(CONNECT, options.connect()).await,
                };
                let mut kept = match kept {
                    Ok(Ok(kept)) => kept,
                    Ok(Err(error)) => return Err(unreachable(&error)),
                    Err(_) => return Err(unreachable(&"connecting took too long")),
                };
                let answers = run(&mut kept, items).await;
                if !is_broken(&answers) {
                    *connection = Some(kept);
                }
                answers
            }
        }
    }
}

async fn run<W: Work>(connection: &mut PgConnection, items: &[Item<W>]) -> Result<Vec<W::Answer>, Failed> {
    let answers = answered(W::run(connection, items)).await?;
    if answers.len() == items.len() {
        Ok(answers)
    } else {
        Err(Failed::Unexpected("a lane's statement gave another number of answers"))
    }
}

async fn answered<T>(statement: impl Future<Output = Result<T>>) -> Result<T, Failed> {
    match timeout(ANSWER, statement).await {
        Ok(answer) => answer.map_err(Failed::of),
        Err(_) => Err(Failed::Unknown),
    }
}

/// Whether the connection can be used no more. Where Postgres has become a standby, a new connection may lead to the new
/// primary.
fn is_broken<T>(answer: &Result<T, Failed>) -> bool {
    matches!(answer, Err(Failed::Unknown | Failed::Unwritable(_)))
}

async fn acquire(pool: &PgPool) -> Result<PoolConnection<Postgres>, Failed> {
    pool.acquire().await.map_err(|error| match error {
        sqlx::Error::PoolTimedOut => Failed::Late,
        error => unreachable(&error),
    })
}

/// What is not returned to the pool is closed.
fn close_broken<T>(connection: PoolConnection<Postgres>, answer: &Result<T, Failed>) {
    if is_broken(answer) {
        drop(connection.detach());
    }
}

fn unreachable(error: &dyn std::fmt::Display) -> Failed {
    tracing::warn!(%error, "a lane has no connection to Postgres");
    Failed::Unreachable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_word_of_postgres_leaves_the_outcome_unknown() {
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert!(matches!(Failed::of(Error::Database(sqlx::Error::Io(broken))), Failed::Unknown));
        assert!(matches!(Failed::of(Error::Unexpected("x")), Failed::Unexpected("x")));
    }
}
