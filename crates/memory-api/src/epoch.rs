//! What begins another life of the database, after a dump was restored or a standby took over: what the numbers of its
//! transactions stand in is set back, beside the calls and batch by batch, so that no call waits for all of it.

use crate::error::Result;
use crate::store::Store;

/// Begins the database's present life, where that has not begun; false where somebody holds what must be set back first,
/// and it is to be tried again soon.
pub async fn begin(store: &Store) -> Result<bool> {
    if !store.has_epoch().await? {
        let mut after = Some(0);
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
