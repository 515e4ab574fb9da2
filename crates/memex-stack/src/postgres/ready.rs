//! Waits until a server that was just started answers.

use std::time::Duration;

use sqlx::Connection;

use super::instance::Instance;
use super::process::Postmaster;
use super::{PostgresError, databases};

/// How often the server is asked.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Ends when the server answers; fails when it ends, when it refuses the password, or after `wait`.
pub(super) async fn wait_until(
    postmaster: &Postmaster,
    url: &str,
    wait: Duration,
    instance: &Instance,
    log_begins: u64,
) -> Result<(), PostgresError> {
    let mut last = None;
    let asked = async {
        loop {
            match ask(url).await {
                Ok(()) => return Ok(()),
                Err(error) if is_final(&error) => {
                    return Err(PostgresError::Sql { doing: "open the embedded database".into(), source: error });
                }
                Err(error) => last = Some(error),
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
    };
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(wait, asked) => outcome,
        status = postmaster.exited() => {
            return Err(PostgresError::Died { status, log: instance.log(), tail: instance.log_tail(log_begins) });
        }
    };
    outcome.unwrap_or_else(|_| {
        Err(PostgresError::NotReady { waited: wait, log: instance.log(), tail: instance.log_tail(log_begins), last })
    })
}

/// Asks through PL/pgSQL, which every write of memory runs in: an installation whose language module is missing
/// or does not load answers a plain `SELECT` and nothing that matters.
async fn ask(url: &str) -> Result<(), sqlx::Error> {
    let mut connection = databases::connect(url).await?;
    sqlx::raw_sql("-- stack.ready\nDO $$ BEGIN PERFORM 1; END $$").execute(&mut connection).await?;
    connection.close().await
}

/// Whether asking again cannot help: the server is up and means what it says (class 28, bad credentials).
fn is_final(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(|error| error.code()).is_some_and(|code| code.starts_with("28"))
}
