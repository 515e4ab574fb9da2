//! RedactRevision: empties the text of one revision wherever it lies.

mod answers;
mod dreams;

use std::sync::Arc;

use memex_core::ids::{DreamId, RevisionId};
use memex_core::redaction::Telling;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use crate::auth::Caller;
use crate::convert;
use crate::convert::revision_message::{no_revision, revision};
use crate::error::erased;
use crate::error::{Error, Result, field};
use crate::forgotten::catch_up;
use crate::services::context::{AboutCell, Context};
use crate::services::history::get_revision::reached;
use crate::services::once::Once;
use crate::services::request::CallDigest;
use crate::store::changesets::revisions_at;
use crate::store::dreams::lock_scope;
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;
use crate::store::redactions::{Redactable, redact, redactable, texts_between};

/// The most revisions that an answer lists.
const MOST_CONTAINED: usize = 1_000;

/// Texts that are read at once: with the largest 16 MiB.
const PAGE: i64 = 16;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::RedactRevisionRequest,
) -> Result<pb::RedactRevisionResponse> {
    let (id, _) = reached(context, &caller, "", &request.revision_id).await?;
    about.scope(id.scope);
    let reason = convert::reason(&request.reason)?;
    let digest = CallDigest::of("RedactRevision").number(id.scope).number(id.sequence).text(&reason).finish();
    let once = Once::new(context.guards, &caller, LogPlace::of(id.scope), &request.request_id, digest)?;
    let found = redactable(context.store.pool(), id.scope, id.sequence).await?.ok_or_else(no_revision)?;
    about.path(&found.path);
    let search = search(context, id, &found).await?;
    if search.is_some() {
        // What people removed is known from the texts: an emptied one tells nothing any more.
        catch_up(&context.store, id.scope).await?;
    }

    let mut tx = context.store.begin_on(id.scope).await?;
    if lock_scope(&mut tx, id.scope).await?.erasing {
        return Err(erased().into());
    }
    let once = Once { path: &found.path, ..once };
    once.run(tx, async |tx| {
        let now = redactable(&mut *tx, id.scope, id.sequence).await?.ok_or_else(no_revision)?;
        match search {
            Some(search) if !now.redacted => emptied(tx, id, &now, search, &reason).await,
            _ => Ok(pb::RedactRevisionResponse::default()),
        }
    })
    .await
}

/// What a redaction looks for, and the revisions that were found to contain it, up to `searched`.
struct Search {
    telling: Arc<Telling>,
    contained: Vec<i64>,
    searched: i64,
}

/// Searches the history before the scope is locked, since that takes time with its length; `None` where the text is gone
/// already.
///
/// # Errors
/// FIELD_INVALID for a deletion, REVISION_IS_HEAD. What is no head never becomes one again.
async fn search(context: &Context, id: RevisionId, found: &Redactable) -> Result<Option<Search>> {
    if found.redacted {
        return Ok(None);
    }
    let Some(text) = found.text.clone() else {
        return Err(field("revision_id", "is a deletion, which has no text; give the revision before it").into());
    };
    if found.head {
        let rule = "this is the file's current revision; write the file without the text, or delete it, then redact";
        return Err(Refusal::new(ErrorReason::RevisionIsHead, rule).into());
    }
    let before = context.store.text_before(id.scope, found.file_id, found.version).await?;
    let telling = Arc::new(Telling::of(&text, before.as_deref()));
    let mut connection = context.store.pool().acquire().await?;
    let contained = contained(&mut connection, id, &telling, (0, found.newest)).await?;
    Ok(Some(Search { telling, contained, searched: found.newest }))
}

/// The sequences of the scope's other revisions that contain a telling line, newest first, from after `above` up to `last`.
async fn contained(
    connection: &mut Connection,
    id: RevisionId,
    telling: &Arc<Telling>,
    (above, last): (i64, i64),
) -> Result<Vec<i64>> {
    let mut contained = Vec::new();
    let mut below = last.saturating_add(1);
    while contained.len() < MOST_CONTAINED {
        let page = texts_between(&mut *connection, id.scope, (above, below), PAGE).await?;
        let Some((oldest, _)) = page.last() else { break };
        below = *oldest;
        let telling = Arc::clone(telling);
        let matches = move || {
            let told = page.into_iter().filter(|(sequence, text)| *sequence != id.sequence && telling.is_in(text));
            told.map(|(sequence, _)| sequence).collect::<Vec<i64>>()
        };
        let found = tokio::task::spawn_blocking(matches).await;
        contained.extend(found.map_err(|_| Error::Unexpected("looking through a history panicked"))?);
    }
    contained.truncate(MOST_CONTAINED);
    Ok(contained)
}

/// Empties it everywhere, under the scope's lock.
async fn emptied(
    tx: &mut Connection,
    id: RevisionId,
    target: &Redactable,
    search: Search,
    reason: &str,
) -> Result<pb::RedactRevisionResponse> {
    let mut sequences = contained(tx, id, &search.telling, (search.searched, target.newest)).await?;
    sequences.extend(search.contained);
    sequences.truncate(MOST_CONTAINED);
    redact(tx, id.scope, id.sequence, reason).await?;
    let ended = dreams::end(tx, id.scope, target, &search.telling).await?;
    dreams::empty(tx, id.scope, &search.telling, reason).await?;
    dreams::take_pairs_out(tx, id.scope, target).await?;
    if let Some(dream) = &target.imported_dream {
        dreams::empty_imported(tx, id.scope, dream, reason).await?;
    }
    answers::empty(tx, id, reason).await?;
    let mut rows = revisions_at(tx, id.scope, &sequences).await?;
    rows.reverse();
    Ok(pb::RedactRevisionResponse {
        changed: true,
        still_contained: rows.into_iter().map(|row| revision(id.scope, row)).collect(),
        ended_dream_ids: ended.into_iter().map(|dream| DreamId { scope: id.scope, id: dream }.to_string()).collect(),
    })
}
