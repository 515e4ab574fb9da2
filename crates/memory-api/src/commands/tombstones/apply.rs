//! Erasing again, in a database that was restored from a backup, whom a file of tombstones says were erased since.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use memex_core::user_id::UserId;
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::settings::Mistakes;
use uuid::Uuid;

use crate::args::{DatabaseArgs, ErasureArgs};
use crate::commands::{CommandError, owner_pool, refused};
use crate::erase;
use crate::erasure_key::ErasureKey;
use crate::error::{Error, Result};
use crate::store::Store;
use crate::store::erasures::{Begun, begin, lock_user, newest, readmit};
use crate::store::tombstones::{Known, Tombstone};

/// How often it is looked whether the rows are gone, and how long is waited between: older transactions hold the end.
const LOOKS: u32 = 600;
const WAIT: Duration = Duration::from_millis(200);

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Users who were erased again.
    pub erased: usize,
    /// Users of whom nothing was here, and whose ids are refused from now on.
    pub refused: usize,
    /// Erasures that this database knew already, or that a later one of the same user makes up for.
    pub known: usize,
    /// Erasures in workspaces that are not in this database.
    pub elsewhere: usize,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { erased, refused, known, elsewhere } = self;
        write!(f, "users erased again: {erased}; of whom nothing was here, refused from now on: {refused}; ")?;
        write!(f, "erasures that needed nothing: {known}; of workspaces that are not here: {elsewhere}")
    }
}

/// A workspace and the mark of one of its users.
type Mark = (i64, String);

/// Erases again whom the file says were erased and this database does not know as erased. Ends when their rows are gone.
/// To be run before the restored database is served: what a service lets in meanwhile may be missed.
///
/// # Errors
/// Bad settings, another key than the one of the file or of the database, a file that is no such file, a database that
/// cannot be reached, transactions that hold the end for longer than two minutes.
pub async fn apply(file: &Path, erasure: &ErasureArgs, database: &DatabaseArgs) -> Result<Applied, CommandError> {
    let mut mistakes = Mistakes::new();
    let key = erasure.key(&mut mistakes);
    mistakes.into_result()?;
    let key = key.ok_or_else(|| CommandError::Refused("--erasure-key-file: must be given".to_owned()))?;
    let (of_file, saved) = super::read(file)?;
    let store = Store::new(owner_pool(database).await?).with_erasure_key(Some(key.clone()));
    let of_database = store.tombstone_key().await.map_err(refused)?.map(hex::encode);
    if [Some(of_file), of_database].into_iter().flatten().any(|id| !id.is_empty() && id != hex::encode(key.id())) {
        let message = "--erasure-key-file: is not the key under which users were erased; give that one";
        return Err(CommandError::Refused(message.to_owned()));
    }
    let mut applied = Applied::default();
    let unknown = unknown(&store, saved, &mut applied).await.map_err(refused)?;
    let erased = erase_again(&store, &key, &unknown).await.map_err(refused)?;
    end(&store, &erased).await?;
    applied.erased = erased.len();
    for (mark, tombstone) in unknown {
        match (erased.get(&mark), tombstone.readmitted_by) {
            (Some(&erasure), Some(token)) => readmit_again(&store, erasure, token).await.map_err(refused)?,
            (None, None) => {
                store.keep_tombstone(&tombstone, &key).await.map_err(refused)?;
                applied.refused += 1;
            }
            (None, Some(_)) => applied.known += 1,
            (Some(_), None) => {}
        }
    }
    Ok(applied)
}

/// The newest erasure of each user of whom this database has none as new: what was restored is older than it.
async fn unknown(store: &Store, saved: Vec<Tombstone>, applied: &mut Applied) -> Result<HashMap<Mark, Tombstone>> {
    let here = newest_of_each(store.tombstones().await?);
    let all = saved.len();
    let mut unknown = newest_of_each(saved);
    unknown.retain(|mark, saved| here.get(mark).is_none_or(|here| here.requested_at < saved.requested_at));
    applied.known = all - unknown.len();
    let workspaces = store.workspaces().await?;
    let everywhere = unknown.len();
    unknown.retain(|_, saved| workspaces.contains(&(saved.workspace_id, saved.workspace.clone())));
    applied.elsewhere = everywhere - unknown.len();
    Ok(unknown)
}

/// They come in the order in which they were asked for.
fn newest_of_each(tombstones: Vec<Tombstone>) -> HashMap<Mark, Tombstone> {
    tombstones.into_iter().map(|tombstone| ((tombstone.workspace_id, tombstone.user.clone()), tombstone)).collect()
}

/// Begins the erasures of those who are here; gives the number of each.
async fn erase_again(
    store: &Store,
    key: &ErasureKey,
    unknown: &HashMap<Mark, Tombstone>,
) -> Result<HashMap<Mark, i64>> {
    let mut begun = HashMap::new();
    let mut known = store.users_of_tokens().await?;
    let mut after = 0;
    loop {
        for Known { workspace_id, user_id, memory } in known {
            let user = UserId::parse(&user_id).map_err(|_| Error::Unexpected("a stored user id is none"))?;
            let mark = (workspace_id, hex::encode(key.user(workspace_id, &user)));
            let of_them = unknown.get(&mark).filter(|saved| is_meant(saved, memory.map(|(_, since)| since)));
            if let Some(tombstone) = of_them {
                let erasure = erase_one(store, key, &user, tombstone).await?;
                begun.insert(mark, erasure);
            }
            after = memory.map_or(after, |(scope, _)| scope);
        }
        known = store.users_after(after).await?;
        if known.is_empty() {
            return Ok(begun);
        }
    }
}

/// Whether the erasure was of this memory. One whose id was readmitted may have come after it.
fn is_meant(tombstone: &Tombstone, memory_since: Option<DateTime<Utc>>) -> bool {
    tombstone.readmitted_by.is_none() || memory_since.is_some_and(|since| since <= tombstone.requested_at)
}

/// Begins one erasure, as EraseUser does.
async fn erase_one(store: &Store, key: &ErasureKey, user: &UserId, tombstone: &Tombstone) -> Result<i64> {
    let workspace_id = tombstone.workspace_id;
    let mut tx = store.begin().await?;
    lock_user(&mut tx, &key.user(workspace_id, user)).await?;
    let begun = begin(&mut tx, workspace_id, user, key, tombstone.token_id).await?;
    let erasure = newest(&mut *tx, workspace_id, user, key).await?;
    tx.commit().await?;
    match (begun, erasure) {
        (Begun::Standing { .. }, Some(erasure)) => Ok(erasure.erasure_id),
        _ => Err(Error::Unexpected("an erasure could not be begun again")),
    }
}

/// Goes on with the erasures until none of these is left.
async fn end(store: &Store, begun: &HashMap<Mark, i64>) -> Result<(), CommandError> {
    let shutdown = Shutdown::manual();
    for _ in 0..LOOKS {
        erase::once(store, &shutdown).await.map_err(refused)?;
        let running = store.running_erasures().await.map_err(refused)?;
        if !begun.values().any(|erasure| running.contains(erasure)) {
            return Ok(());
        }
        tokio::time::sleep(WAIT).await;
    }
    let message = "older transactions hold the end of the erasures; end them and apply the file again";
    Err(CommandError::Refused(message.to_owned()))
}

async fn readmit_again(store: &Store, erasure: i64, token: Uuid) -> Result<()> {
    let mut tx = store.begin().await?;
    readmit(&mut tx, erasure, token).await?;
    tx.commit().await?;
    Ok(())
}
