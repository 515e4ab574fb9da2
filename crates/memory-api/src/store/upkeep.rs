//! What the sweep asks of Postgres.

use super::Store;
use crate::error::Result;

/// How many request ids are forgotten in one statement.
const FORGET_BATCH: i64 = 10_000;

/// How many proposals expire in one statement.
const EXPIRE_BATCH: i32 = 1_000;

/// How many months of the access log are kept ready, this one included.
const MONTHS: i32 = 4;

impl Store {
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

    /// Makes the partitions of months whose rows fell to the default partition, which takes them along; returns whether
    /// there were any.
    pub async fn make_missed_partitions(&self) -> Result<bool> {
        let months = sqlx::query_scalar!(
            r#"-- upkeep.missed
            SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC')::date AS "month!" FROM mx_access_log_default LIMIT 12"#
        )
        .fetch_all(self.pool())
        .await?;
        for month in &months {
            sqlx::query!("-- upkeep.missed_partition\nSELECT mx_partition_1($1)", month).fetch_one(self.pool()).await?;
        }
        Ok(!months.is_empty())
    }

    /// Drops the months of the access log that no workspace keeps any longer; returns which.
    pub async fn drop_partitions(&self) -> Result<Vec<String>> {
        let mut dropped = Vec::new();
        while let Some(name) =
            sqlx::query_scalar!("-- upkeep.drop\nSELECT mx_partition_drop_1()").fetch_one(self.pool()).await?
        {
            dropped.push(name);
        }
        Ok(dropped)
    }

    /// Ends the proposals about which nobody decided within `dream_review_days`, at most a batch; returns how many.
    pub async fn expire_proposals(&self) -> Result<i32> {
        let expired = sqlx::query_scalar!(
            r#"-- upkeep.expire
            SELECT mx_expire_1($1) AS "expired!""#,
            EXPIRE_BATCH
        )
        .fetch_one(self.pool())
        .await?;
        Ok(expired)
    }

    /// Forgets request ids beyond `request_retention_hours`, a batch a statement; returns how many. One that somebody is at
    /// is left for the next sweep.
    pub async fn forget_requests(&self) -> Result<u64> {
        let mut forgotten = 0;
        loop {
            let batch = self.forget_some_requests().await?;
            forgotten += batch;
            if batch < FORGET_BATCH.unsigned_abs() {
                return Ok(forgotten);
            }
        }
    }

    async fn forget_some_requests(&self) -> Result<u64> {
        let done = sqlx::query!(
            "-- upkeep.forget_requests
            DELETE FROM mx_request WHERE (scope_id, principal, request_id) IN (
              SELECT scope_id, principal, request_id FROM mx_request
               WHERE at < mx_now() - make_interval(hours => mx_setting_1(0, 'request_retention_hours')::integer) LIMIT $1
                 FOR UPDATE SKIP LOCKED)",
            FORGET_BATCH
        )
        .execute(self.pool())
        .await?;
        Ok(done.rows_affected())
    }
}
