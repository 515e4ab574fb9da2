//! What the sweep and the readiness check ask of Postgres.

use super::Store;
use crate::error::Result;

/// How many request ids are forgotten in one statement.
const FORGET_BATCH: i64 = 10_000;

/// How many months of the access log are kept ready, this one included.
const MONTHS: i32 = 4;

impl Store {
    /// Whether Postgres answers through PL/pgSQL with the schema of this version.
    pub async fn is_ready(&self) -> Result<bool> {
        let row = sqlx::query!(
            "-- upkeep.ready\nSELECT mx_scope_open_1(0, 2::smallint, '', false) IS NULL AND mx_setting_1(0, 'max_files') IS NOT NULL AS ready"
        )
        .fetch_one(self.pool())
        .await?;
        Ok(row.ready.unwrap_or(false))
    }

    /// Makes the access log's partitions for the months to come.
    pub async fn make_partitions(&self) -> Result<()> {
        for ahead in 0..MONTHS {
            sqlx::query!(
                "-- upkeep.partition\nSELECT mx_partition_1((mx_now() + make_interval(months => $1))::date)",
                ahead
            )
            .fetch_one(self.pool())
            .await?;
        }
        Ok(())
    }

    /// Forgets request ids beyond `request_retention_hours`; returns how many.
    pub async fn forget_requests(&self) -> Result<u64> {
        let done = sqlx::query!(
            "-- upkeep.forget_requests
            DELETE FROM mx_request WHERE (scope_id, principal, request_id) IN (
              SELECT scope_id, principal, request_id FROM mx_request
               WHERE at < mx_now() - make_interval(hours => mx_setting_1(0, 'request_retention_hours')::integer) LIMIT $1)",
            FORGET_BATCH
        )
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected())
    }
}
