//! Never again: what people removed, rejected or reverted does not come back through a dream. It is known by digests under
//! a key of the scope, never by its text.

mod derive;
mod digest;
mod sites;

use std::collections::HashSet;

use memex_core::ids::DreamId;
use memex_proto::v1 as pb;
use uuid::Uuid;

pub use derive::{Derived, catch_up, derive};
pub use digest::{Digest, ForgetKey};
pub use sites::{Site, Texts, cited_places, of_changeset, of_op, of_probable};

use crate::error::{Error, Result};
use crate::guards::Guards;
use crate::store::changesets::{staged_ops, texts_by_path};
use crate::store::forgotten as rows;
use crate::store::pool::Connection;

/// The rule that a changeset breaks which would bring it back. No guard and no approval lifts it.
pub const RULE: &str = "forgotten";

/// Remembers the pairs of lines of a changeset that a person said no to; `by`: the dream that keeps them.
///
/// # Errors
/// Where Postgres fails.
pub async fn remember_pairs(
    tx: &mut Connection,
    guards: Guards,
    dream: DreamId,
    paths: Option<&HashSet<String>>,
    by: Uuid,
) -> Result<()> {
    let pairs = pairs(tx, guards, dream, paths).await?;
    rows::forget(tx, dream.scope, Some(by), &pairs).await
}

/// Lifts the pairs of lines of these files of a changeset: a person wants them after all.
///
/// # Errors
/// Where Postgres fails.
pub async fn lift_pairs(tx: &mut Connection, guards: Guards, dream: DreamId, paths: &HashSet<String>) -> Result<()> {
    let pairs = pairs(tx, guards, dream, Some(paths)).await?;
    rows::lift(tx, dream.scope, &pairs).await
}

async fn pairs(
    tx: &mut Connection,
    guards: Guards,
    dream: DreamId,
    paths: Option<&HashSet<String>>,
) -> Result<Vec<Digest>> {
    let mut ops = staged_ops(&mut *tx, dream).await?;
    ops.retain(|op| paths.is_none_or(|paths| paths.contains(&op.path)));
    let (key, _) = rows::key(&mut *tx, dream.scope).await?;
    let texts = texts(tx, dream.scope, &cited_places(&ops, guards)?).await?;
    let sites = blocking(move || of_changeset(&key, &ops, &texts, guards)).await??;
    Ok(sites.into_iter().filter(|site| site.treatment.is_some()).map(|site| site.digest).collect())
}

/// The texts at these places. A redacted one is empty.
pub async fn texts(tx: &mut Connection, scope: i64, places: &[(String, i64)]) -> Result<Texts> {
    let found = texts_by_path(&mut *tx, scope, places).await?;
    Ok(found.into_iter().map(|(place, text)| (place, text.text)).collect())
}

/// The rules that these sites break now, under the scope's lock.
///
/// # Errors
/// Where Postgres fails.
pub async fn violations(tx: &mut Connection, scope: i64, sites: &[Site]) -> Result<Vec<pb::DreamViolation>> {
    let known = rows::known(tx, scope, &sites.iter().map(|site| site.digest).collect::<Vec<_>>()).await?;
    let broken = sites.iter().filter(|site| known.contains(&site.digest)).map(Site::violation);
    let mut seen = HashSet::new();
    Ok(broken.filter(|one| seen.insert((one.path.clone(), one.line, one.detail.clone()))).collect())
}

/// Stores what was derived, under the scope's lock. Where another has stored it meanwhile, that stands.
///
/// # Errors
/// Where Postgres fails.
pub async fn store(tx: &mut Connection, scope: i64, dream: Option<Uuid>, derived: &Derived) -> Result<()> {
    if derived.through == derived.base || !rows::pass(tx, scope, derived.base, derived.through).await? {
        return Ok(());
    }
    rows::lift(tx, scope, &derived.lift).await?;
    rows::forget(tx, scope, dream, &derived.forget).await
}

/// Runs what takes time with the length of texts.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Error::Unexpected("reading statements panicked"))
}
