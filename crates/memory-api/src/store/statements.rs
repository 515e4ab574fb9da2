//! Counts, times and traces every statement, by the name in its first line. This is the one place that does.
//!
//! A statement is watched by handing sqlx a query that says when its SQL is taken. That is the moment when a connection
//! has it, so that the wait for the connection is known too. Nothing else is sent, and dropping works as without it.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::Stream;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use memex_runtime::metrics::KeyValue;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgQueryResult, PgRow, PgStatement};
use sqlx::{Either, Execute, Postgres, SqlStr};
use tokio::time::Instant;
use tracing::Span;

use crate::meters::Instruments;

/// What a statement gives, step by step.
pub(super) type Steps<'e> = BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>;

/// What a statement of one row gives.
pub(super) type OneRow<'e> = BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>;

/// Where a statement's connection comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// sqlx takes one from the pool for it, and may have to wait.
    FromPool,
    /// The caller has it.
    Before,
}

/// How a statement ended whose caller did not wait for its end.
const CANCELLED: &str = "cancelled";

/// Watches a statement whose rows come as a stream.
pub(super) fn watch_steps<'e, 'q: 'e, Q>(
    (instruments, taken): (&Arc<Instruments>, Taken),
    query: Q,
    run: impl FnOnce(Watched<Q>) -> Steps<'e>,
) -> Steps<'e>
where
    Q: Execute<'q, Postgres> + 'q,
{
    let (query, watch) = watched(instruments, taken, query);
    Box::pin(WatchedSteps { steps: run(query), watch })
}

/// Watches a statement of at most one row.
pub(super) fn watch_row<'e, 'q: 'e, Q>(
    (instruments, taken): (&Arc<Instruments>, Taken),
    query: Q,
    run: impl FnOnce(Watched<Q>) -> OneRow<'e>,
) -> OneRow<'e>
where
    Q: Execute<'q, Postgres> + 'q,
{
    let (query, mut watch) = watched(instruments, taken, query);
    let row = run(query);
    Box::pin(async move {
        watch.begin();
        let row = row.await;
        watch.end(row.as_ref().err());
        row
    })
}

fn watched<Q>(instruments: &Arc<Instruments>, taken: Taken, query: Q) -> (Watched<Q>, Watch) {
    let sent = Arc::new(OnceLock::new());
    let watch =
        Watch { instruments: Arc::clone(instruments), taken, sent: Arc::clone(&sent), began: None, ended: false };
    (Watched { query, sent, spans: instruments.spans }, watch)
}

/// The name in a statement's first line. A statement without one, such as BEGIN, is named by its first word. Every
/// statement is a literal of this crate, so there are no more names than statements.
fn name_of(sql: &str) -> &str {
    let first = sql.lines().next().unwrap_or_default();
    first.strip_prefix("-- ").unwrap_or_else(|| first.split(' ').next().unwrap_or_default()).trim()
}

/// A statement that a connection has taken.
#[derive(Debug)]
struct Sent {
    name: String,
    at: Instant,
    span: Option<Span>,
}

impl Sent {
    fn now(sql: &str, spans: bool) -> Self {
        let name = name_of(sql).to_owned();
        // What no call and no batch asks, such as readiness each second, is no trace of its own.
        let span = (spans && !Span::current().is_none()).then(|| {
            tracing::info_span!(
                "db.statement",
                otel.name = name,
                otel.kind = "client",
                otel.status_code = tracing::field::Empty,
                db.system.name = "postgresql",
                db.query.summary = name,
                "error.type" = tracing::field::Empty,
            )
        });
        Self { name, at: Instant::now(), span }
    }
}

/// A query that notes when sqlx takes its SQL.
pub(super) struct Watched<Q> {
    query: Q,
    sent: Arc<OnceLock<Sent>>,
    spans: bool,
}

impl<'q, Q: Execute<'q, Postgres>> Execute<'q, Postgres> for Watched<Q> {
    fn sql(self) -> SqlStr {
        let sql = self.query.sql();
        self.sent.get_or_init(|| Sent::now(sql.as_str(), self.spans));
        sql
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.query.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxDynError> {
        self.query.take_arguments()
    }

    fn persistent(&self) -> bool {
        self.query.persistent()
    }
}

/// Waits for the end of a statement. Dropped before, the statement's caller has gone.
#[derive(Debug)]
struct Watch {
    instruments: Arc<Instruments>,
    taken: Taken,
    sent: Arc<OnceLock<Sent>>,
    /// When it was first polled. sqlx does nothing before.
    began: Option<Instant>,
    ended: bool,
}

impl Watch {
    fn begin(&mut self) {
        self.began.get_or_insert_with(Instant::now);
    }

    fn end(&mut self, error: Option<&sqlx::Error>) {
        self.end_as(error.map(kind_of));
    }

    fn end_as(&mut self, error: Option<String>) {
        let Some(began) = self.began.filter(|_| !self.ended) else { return };
        self.ended = true;
        let Some(sent) = self.sent.get() else {
            // Only the pool's wait comes before.
            return self.instruments.gave_up_waiting(error.as_deref());
        };
        let Sent { name, at, span } = sent;
        if self.taken == Taken::FromPool {
            self.instruments.waited(at.saturating_duration_since(began));
        }
        if let (Some(span), Some(error)) = (span, &error) {
            span.record("otel.status_code", "error");
            span.record("error.type", error.as_str());
        }
        let Some(statements) = &self.instruments.statements else { return };
        let error = error.map(|error| KeyValue::new("error.type", error));
        let labels = [KeyValue::new("db.system.name", "postgresql"), KeyValue::new("db.query.summary", name.clone())];
        let labels: Vec<_> = labels.into_iter().chain(error).collect();
        statements.record((*at).max(began).elapsed().as_secs_f64(), &labels);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.end_as(Some(CANCELLED.to_owned()));
    }
}

impl Instruments {
    /// A connection of the pool came after this long.
    pub(super) fn waited(&self, wait: Duration) {
        if let Some(waits) = &self.waits {
            waits.record(wait.as_secs_f64(), &[pool_label()]);
        }
    }

    /// No connection came.
    pub(super) fn gave_up_waiting(&self, error: Option<&str>) {
        if let (Some(timeouts), Some(TIMED_OUT)) = (&self.timeouts, error) {
            timeouts.add(1, &[pool_label()]);
        }
    }
}

/// The kind of an error that no connection came in time.
pub(super) const TIMED_OUT: &str = "pool_timed_out";

/// The SQLSTATE where Postgres gave one, else which side failed.
fn kind_of(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(|database| database.code());
    match (code, error) {
        (Some(code), _) => code.into_owned(),
        (None, sqlx::Error::PoolTimedOut) => TIMED_OUT.to_owned(),
        (None, sqlx::Error::Io(_)) => "io".to_owned(),
        (None, _) => "_OTHER".to_owned(),
    }
}

/// A statement's rows, watched.
struct WatchedSteps<'e> {
    steps: Steps<'e>,
    watch: Watch,
}

impl Stream for WatchedSteps<'_> {
    type Item = Result<Either<PgQueryResult, PgRow>, sqlx::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.watch.begin();
        let polled = self.steps.as_mut().poll_next(cx);
        match &polled {
            Poll::Ready(None) => self.watch.end(None),
            Poll::Ready(Some(Err(error))) => self.watch.end(Some(error)),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.steps.size_hint()
    }
}

/// How the pool is named in metrics.
pub(super) fn pool_label() -> KeyValue {
    KeyValue::new("db.client.connection.pool.name", "memory-api")
}

#[cfg(test)]
mod tests {
    use super::name_of;

    #[test]
    fn a_statement_is_named_by_its_first_line_else_by_its_first_word() {
        let named = "-- dreams.claim\nSELECT 1";
        for (sql, name) in
            [(named, "dreams.claim"), ("BEGIN ISOLATION LEVEL x", "BEGIN"), ("COMMIT", "COMMIT"), ("", "")]
        {
            assert_eq!(name_of(sql), name, "{sql}");
        }
    }
}
