//! The lives of the database: whether the present one has begun, and what begins it, batch by batch.

use std::time::Duration;

use super::Store;
use crate::error::Result;

/// How many rows one statement sets back: well within its time, and nobody waits long for a scope among them.
const BATCH: i64 = 1_000;

/// How long a call waits for a life that is about to begin: most have nothing to set back.
const SOON: Duration = Duration::from_secs(2);

impl Store {
    /// Whether the database's present life has begun.
    pub async fn has_epoch(&self) -> Result<bool> {
        let has = sqlx::query_scalar!("-- epochs.has\nSELECT mx_epoch_1() IS NOT NULL AS \"has!\"");
        Ok(has.fetch_one(self.pool()).await?)
    }

    /// Sets back the next scopes beyond this one; gives the last of them, `None` after the last that there is.
    pub async fn set_scopes_back(&self, after: i64) -> Result<Option<i64>> {
        let last = sqlx::query_scalar!("-- epochs.scopes\nSELECT mx_epoch_scopes_1($1, $2)", after, BATCH);
        Ok(last.fetch_one(self.pool()).await?)
    }

    /// Sets back the next revisions, and begins the life where none is left: whether it has begun, and how many they were.
    pub async fn begin_epoch(&self) -> Result<(bool, i64)> {
        let row = sqlx::query!(
            r#"-- epochs.begin
            SELECT epoch IS NOT NULL AS "begun!", rows AS "rows!" FROM mx_epoch_begin_1($1)"#,
            BATCH
        );
        let row = row.fetch_one(self.pool()).await?;
        Ok((row.begun, row.rows))
    }

    /// Asks for the present life to be begun, which the work of erasures does first, and waits until it has, but not for
    /// long.
    pub(crate) async fn epoch_begins(&self) {
        let begun = self.begun.notified();
        tokio::pin!(begun);
        // Listens before it asks, so that the answer is not missed.
        begun.as_mut().enable();
        self.go_on_erasing();
        // What it waited for is looked at again, whichever it was.
        let _ = tokio::time::timeout(SOON, begun).await;
    }

    /// Says that the present life has begun.
    pub(crate) fn epoch_has_begun(&self) {
        self.begun.notify_waiters();
    }
}
