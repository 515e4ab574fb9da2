//! The connection that a batch runs on, and what its failure means.

use std::time::Duration;

use memex_runtime::trace::add_link;
use sqlx::postgres::PgConnectOptions;
use tokio::time::timeout;
use tracing::{Instrument as _, Span};

use super::super::pool::{Connection, Pool};
use super::work::{Item, Work, lane_label};
use crate::error::{Error, Result, tell_of_deadlock, waited_in_vain};
use crate::meters::StoreMeters;

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
pub(super) struct Door {
    pool: Pool,
    own: Option<Own>,
    meters: StoreMeters,
}

/// A lane's own connection, made when it is needed and kept. Without it, each batch takes one of the pool's.
struct Own {
    options: Box<PgConnectOptions>,
    connection: Option<Connection>,
}

impl Door {
    /// A connection as the pool's are, but for `settings`.
    pub(super) fn own(pool: &Pool, meters: &StoreMeters, settings: &'static [(&'static str, &'static str)]) -> Self {
        let options = Box::new(pool.connect_options().options(settings.iter().copied()));
        Self { pool: pool.clone(), own: Some(Own { options, connection: None }), meters: meters.clone() }
    }

    /// One of the pool's connections, for each batch.
    pub(super) fn of_pool(pool: Pool, meters: StoreMeters) -> Self {
        Self { pool, own: None, meters }
    }

    /// Counts a batch that raised.
    pub(super) fn batch_raised<W: Work>(&self) {
        if let Some(raised) = self.meters.on().and_then(|on| on.raised.as_ref()) {
            raised.add(1, &[lane_label(W::NAME)]);
        }
    }

    /// Waits, over a connection of the pool, until nobody else holds the scope.
    pub(super) async fn until_free<W: Work>(pool: &Pool, scope: i64) -> Result<(), Failed> {
        let mut connection = acquire(pool).await?;
        let free = answered(W::until_free(&mut connection, scope)).await;
        close_broken(connection, &free);
        free
    }

    /// Does the items in one statement.
    pub(super) async fn attempt<W: Work>(&mut self, items: &[Item<W>]) -> Result<Vec<W::Answer>, Failed> {
        let Some(own) = &mut self.own else {
            let mut connection = acquire(&self.pool).await?;
            let answers = run(&mut connection, &self.meters, items).await;
            close_broken(connection, &answers);
            return answers;
        };
        let kept = match own.connection.take() {
            Some(kept) => Ok(Ok(kept)),
            None => timeout(CONNECT, self.pool.connect(&own.options)).await,
        };
        let mut kept = match kept {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) => return Err(unreachable(&error)),
            Err(_) => return Err(unreachable(&"connecting took too long")),
        };
        let answers = run(&mut kept, &self.meters, items).await;
        if !is_broken(&answers) {
            own.connection = Some(kept);
        }
        answers
    }
}

async fn run<W: Work>(
    connection: &mut Connection,
    meters: &StoreMeters,
    items: &[Item<W>],
) -> Result<Vec<W::Answer>, Failed> {
    let statement = answered(W::run(connection, items));
    let answers = match meters.on() {
        None => statement.await?,
        Some(on) => {
            if let Some(batches) = &on.batches {
                batches.record(items.len() as u64, &[lane_label(W::NAME)]);
            }
            let span = if on.spans { span_of(items) } else { Span::none() };
            statement.instrument(span).await?
        }
    };
    if answers.len() == items.len() {
        Ok(answers)
    } else {
        Err(Failed::Unexpected("a lane's statement gave another number of answers"))
    }
}

/// The span of a batch. It belongs to no call alone, so it is a trace of its own, with a link to each call.
fn span_of<W: Work>(items: &[Item<W>]) -> Span {
    let span = tracing::info_span!(parent: None, "memex.lane.batch", memex.lane.kind = W::NAME, items = items.len());
    for ids in items.iter().filter_map(|item| item.trace) {
        add_link(&span, ids.trace_id, ids.span_id);
    }
    span
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

async fn acquire(pool: &Pool) -> Result<Connection, Failed> {
    pool.acquire().await.map_err(|error| match error {
        sqlx::Error::PoolTimedOut => Failed::Late,
        error => unreachable(&error),
    })
}

/// What is not returned to the pool is closed.
fn close_broken<T>(connection: Connection, answer: &Result<T, Failed>) {
    if is_broken(answer) {
        connection.close();
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
