//! Makes and drops the databases of an embedded server.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::{Embedded, PostgresError};

/// The longest name that Postgres keeps whole.
const LONGEST_NAME: usize = 63;
/// "duplicate_database".
const DUPLICATE_DATABASE: &str = "42P04";

impl Embedded {
    /// Makes an empty database. Fails with [`PostgresError::DatabaseExists`] when it is there, and with
    /// [`PostgresError::InvalidName`] for a name of anything but `a-z`, `0-9` and `_`.
    pub async fn create_database(&self, name: &str) -> Result<(), PostgresError> {
        let sql = format!("-- stack.create_database\nCREATE DATABASE {} TEMPLATE template0", quoted(name)?);
        self.run(sql, "create", name).await
    }

    /// Makes a database unless it is there.
    pub async fn ensure_database(&self, name: &str) -> Result<(), PostgresError> {
        match self.create_database(name).await {
            Err(PostgresError::DatabaseExists { .. }) => Ok(()),
            outcome => outcome,
        }
    }

    /// Makes a database as a copy of `template`, to which nobody may be connected meanwhile. Fails as
    /// [`create_database`](Self::create_database) does.
    pub async fn create_database_from_template(&self, name: &str, template: &str) -> Result<(), PostgresError> {
        let (quoted_name, quoted_template) = (quoted(name)?, quoted(template)?);
        let sql = format!("-- stack.copy_database\nCREATE DATABASE {quoted_name} TEMPLATE {quoted_template}");
        self.run(sql, "copy a template to", name).await
    }

    /// Drops a database and cuts off who is connected to it. Does nothing when it is not there.
    pub async fn drop_database(&self, name: &str) -> Result<(), PostgresError> {
        let sql = format!("-- stack.drop_database\nDROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name)?);
        self.run(sql, "drop", name).await
    }

    async fn run(&self, sql: String, doing: &str, name: &str) -> Result<(), PostgresError> {
        let outcome = async {
            let mut connection = connect(&self.owner_url("postgres")).await?;
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
            connection.close().await
        };
        outcome.await.map_err(|source| match source.as_database_error().and_then(|error| error.code()) {
            Some(code) if code == DUPLICATE_DATABASE => PostgresError::DatabaseExists { name: name.to_owned() },
            _ => PostgresError::Sql { doing: format!("{doing} the database {name}"), source },
        })
    }
}

/// One connection, its statements not logged: the names of databases are not news.
pub(super) async fn connect(url: &str) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect_with(&PgConnectOptions::from_str(url)?.disable_statement_logging()).await
}

/// The name as an identifier; only such names as need no quotes pass, so that they also stand in a URL as they are.
fn quoted(name: &str) -> Result<String, PostgresError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let starts_well = name.bytes().next().is_some_and(|first| !first.is_ascii_digit());
    if starts_well && name.len() <= LONGEST_NAME && name.bytes().all(allowed) {
        return Ok(format!("\"{name}\""));
    }
    Err(PostgresError::InvalidName { name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_could_be_more_than_a_name_is_refused() {
        let long = "a".repeat(64);
        for name in ["", "1a", "A", "a-b", "a\"b", "a b", "ä", "a;b", "a/b", long.as_str()] {
            assert!(quoted(name).is_err(), "{name:?} passed");
        }
        for name in ["a", "_a1", "user", &long[1..]] {
            assert_eq!(quoted(name).unwrap(), format!("\"{name}\""));
        }
    }
}
