//! Starts a new epoch after a restore or a failover. Stored transaction ids (`feed_xid`) are reset to 0 in batches, in
//! the background, so that no call waits for the whole reset.

use crate::error::Result;
use crate::store::Store;

/// Begins the database's present epoch, where that has not begun; false where another transaction has locked what must
/// be reset first: the caller tries again soon.
pub async fn begin(store: &Store) -> Result<bool> {
    if !store.has_epoch().await? {
        // Below every scope: shared scopes have negative ids.
        let mut after = Some(i64::MIN);
        while let Some(scope) = after {
            after = store.set_scopes_back(scope).await?;
        }
        loop {
            match store.begin_epoch().await? {
                (true, _) => break,
                (false, 0) => return Ok(false),
                (false, _) => {}
            }
        }
    }
    store.epoch_has_begun();
    Ok(true)
}
