//! Whether Postgres answers: asked over a connection that no call can take, so that much work is not mistaken for a
//! Postgres that is away.

use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, PgConnection, PgPool};

use super::Store;
use crate::error::Result;

/// Who asks, with a connection of its own, made with the first question and kept.
pub struct Readiness {
    options: PgConnectOptions,
    pool: PgPool,
    kept: Option<PgConnection>,
}

impl Store {
    /// Who asks whether Postgres answers.
    pub fn readiness(&self) -> Readiness {
        let options = PgConnectOptions::clone(&self.pool().connect_options());
        Readiness { options, pool: self.pool().clone(), kept: None }
    }
}

impl Readiness {
    /// Whether Postgres answers through PL/pgSQL with the schema of this version. A question that is given up takes its
    /// connection along.
    ///
    /// # Errors
    /// Where Postgres cannot be reached, or refuses the statement.
    pub async fn ask(&mut self) -> Result<bool> {
        if let Some(kept) = self.kept.take()
            && let Ok(ready) = self.ask_over(kept).await
        {
            return Ok(ready);
        }
        // That one connection broke says nothing of Postgres as it is now.
        let anew = self.options.connect().await?;
        let ready = self.ask_over(anew).await?;
        if ready {
            // So that the first call does not have to wait for a connection of the pool to be made.
            let pool = self.pool.clone();
            tokio::spawn(async move { drop(pool.acquire().await) });
        }
        Ok(ready)
    }

    async fn ask_over(&mut self, mut connection: PgConnection) -> Result<bool> {
        let row = sqlx::query!(
            "-- upkeep.ready\nSELECT scope_id IS NULL AND mx_setting_1(0, 'max_files') IS NOT NULL AS ready FROM mx_scope_open_1(0, 2::smallint, '', false)"
        )
        .fetch_one(&mut connection)
        .await?;
        self.kept = Some(connection);
        Ok(row.ready.unwrap_or(false))
    }
}
