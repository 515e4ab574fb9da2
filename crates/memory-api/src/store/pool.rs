//! The connections to Postgres. Each of them watches its statements; a service's statement has no other way to sqlx.

use std::fmt;
use std::future::Future;

use futures::future::BoxFuture;
use memex_runtime::metrics::{KeyValue, Meters};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgStatement, PgTypeInfo};
use sqlx::{ConnectOptions as _, Execute, Executor, PgConnection, PgPool, Postgres, SqlStr};
use tokio::time::Instant;

use super::statements::{OneRow, Steps, TIMED_OUT, Taken, pool_label, watch_row, watch_steps};
use crate::meters::StoreMeters;

/// The pool. Clones share it.
#[derive(Clone)]
pub struct Pool {
    pool: PgPool,
    meters: StoreMeters,
}

/// One connection, of the pool or beside it.
pub struct Connection {
    held: Held,
    meters: StoreMeters,
}

enum Held {
    /// Dropped, it goes back.
    OfPool(PoolConnection<Postgres>),
    /// Dropped, it is closed.
    Own(Box<PgConnection>),
}

impl Pool {
    /// Over sqlx's pool.
    pub(super) fn new(pool: PgPool, meters: StoreMeters) -> Self {
        Self { pool, meters }
    }

    /// A connection for more than one statement.
    pub(crate) async fn acquire(&self) -> Result<Connection, sqlx::Error> {
        let wait = self.meters.on().map(|instruments| (instruments, Instant::now()));
        let acquired = self.pool.acquire().await;
        if let Some((instruments, began)) = wait {
            match &acquired {
                Ok(_) => instruments.waited(began.elapsed()),
                Err(sqlx::Error::PoolTimedOut) => instruments.gave_up_waiting(Some(TIMED_OUT)),
                Err(_) => {}
            }
        }
        Ok(Connection { held: Held::OfPool(acquired?), meters: self.meters.clone() })
    }

    /// How its connections are made, for one that is made beside it.
    pub(super) fn connect_options(&self) -> PgConnectOptions {
        PgConnectOptions::clone(&self.pool.connect_options())
    }

    /// Connects beside the pool.
    pub(super) fn connect(
        &self,
        options: &PgConnectOptions,
    ) -> impl Future<Output = Result<Connection, sqlx::Error>> + Send + use<> {
        let (options, meters) = (options.clone(), self.meters.clone());
        async move { Ok(Connection { held: Held::Own(Box::new(options.connect().await?)), meters }) }
    }

    /// Connections at most.
    pub(super) fn max_connections(&self) -> u32 {
        self.pool.options().get_max_connections()
    }

    /// Lets the export of metrics ask how many connections there are.
    pub(super) fn observe(&self, meters: &Meters) {
        let pool = self.pool.clone();
        let (name, unit) = ("db.client.connection.count", "{connection}");
        meters.observed(name, unit, "Connections of the pool that are idle or used", move || {
            // Two readings of a pool that is at work: a connection may have been taken between them.
            let idle = pool.num_idle().min(pool.size() as usize);
            let used = pool.size() as usize - idle;
            let of = |state| [pool_label(), KeyValue::new("db.client.connection.state", state)];
            vec![(idle as i64, of("idle")), (used as i64, of("used"))]
        });
        let most = i64::from(self.max_connections());
        meters.observed("db.client.connection.max", unit, "Connections of the pool at most", move || {
            vec![(most, [pool_label()])]
        });
    }
}

impl Connection {
    /// Closes it: what is of the pool does not go back.
    pub(super) fn close(self) {
        match self.held {
            Held::OfPool(connection) => drop(connection.detach()),
            Held::Own(connection) => drop(connection),
        }
    }

    fn split(&mut self) -> (&mut PgConnection, &StoreMeters) {
        let connection = match &mut self.held {
            Held::OfPool(connection) => &mut **connection,
            Held::Own(connection) => &mut **connection,
        };
        (connection, &self.meters)
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pool").field(&self.pool).finish()
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

impl<'c> Executor<'c> for &'c Pool {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, Q>(self, query: Q) -> Steps<'e>
    where
        'c: 'e,
        Q: Execute<'q, Postgres> + 'q,
    {
        match self.meters.on() {
            None => self.pool.fetch_many(query),
            Some(on) => watch_steps((on, Taken::FromPool), query, |query| self.pool.fetch_many(query)),
        }
    }

    fn fetch_optional<'e, 'q: 'e, Q>(self, query: Q) -> OneRow<'e>
    where
        'c: 'e,
        Q: Execute<'q, Postgres> + 'q,
    {
        match self.meters.on() {
            None => self.pool.fetch_optional(query),
            Some(on) => watch_row((on, Taken::FromPool), query, |query| self.pool.fetch_optional(query)),
        }
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.pool.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.pool.describe(sql)
    }
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, Q>(self, query: Q) -> Steps<'e>
    where
        'c: 'e,
        Q: Execute<'q, Postgres> + 'q,
    {
        let (connection, meters) = self.split();
        match meters.on() {
            None => connection.fetch_many(query),
            Some(on) => watch_steps((on, Taken::Before), query, |query| connection.fetch_many(query)),
        }
    }

    fn fetch_optional<'e, 'q: 'e, Q>(self, query: Q) -> OneRow<'e>
    where
        'c: 'e,
        Q: Execute<'q, Postgres> + 'q,
    {
        let (connection, meters) = self.split();
        match meters.on() {
            None => connection.fetch_optional(query),
            Some(on) => watch_row((on, Taken::Before), query, |query| connection.fetch_optional(query)),
        }
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        self.split().0.prepare_with(sql, parameters)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<sqlx::Describe<Postgres>, sqlx::Error>>
    where
        'c: 'e,
    {
        self.split().0.describe(sql)
    }
}
