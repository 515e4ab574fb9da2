//! RestoreRevision: an earlier text comes back as a new revision.

use memex_core::actor::{Operation, Source};
use memex_core::ids::RevisionId;
use memex_core::limits::MAX_TEXT_BYTES_CEILING;
use memex_core::path::MemoryPath;
use memex_core::text::MemoryText;
use memex_proto::v1 as pb;
use memex_proto::v1::restore_revision_request::Precondition as Given;
use memex_proto::v1::write_file_request;
use memex_runtime::failpoints::{self, Point};

use super::get_revision::reached;
use crate::auth::Caller;
use crate::convert;
use crate::convert::file_message::{changed, too_large};
use crate::convert::revision_message::{no_revision, redacted};
use crate::error::{Error, Result, erased, field};
use crate::services::context::{AboutCell, Context};
use crate::services::memory::place::writable;
use crate::services::memory::write_file::{Precondition, precondition};
use crate::services::request::{CallDigest, request_id};
use crate::store::commit::{Change, Conflict, Outcome, RequestKey, commit};
use crate::store::dreams::lock_scope;
use crate::store::revisions::{Restorable, restorable};
use crate::store::turns::ScopeTransaction;

/// At which no file ever is.
const NO_VERSION: i64 = -1;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::RestoreRevisionRequest,
) -> Result<pb::RestoreRevisionResponse> {
    let (id, _) = reached(context, &caller, "", &request.revision_id).await?;
    about.scope(id.scope);
    let precondition = precondition(request.precondition.map(given))?;
    let reason = convert::reason(&request.reason)?;
    let digest = digest(id, precondition, &reason);
    let key = request_id(&request.request_id)?.map(|id| RequestKey { id, digest });

    let mut tx = context.store.begin_on(id.scope).await?;
    // Before looking at the text: it could be redacted, or its file moved, before it is written again.
    if lock_scope(&mut tx, id.scope).await?.erasing {
        return Err(erased().into());
    }
    let found = restorable(&mut tx, id.scope, id.sequence).await?.ok_or_else(no_revision)?;
    let path = convert::path(&found.path)?;
    about.path(path.as_str());
    writable(&caller, &path, false)?;
    if found.redacted && key.is_none() {
        return Err(redacted().into());
    }
    let change = Change {
        scope: id.scope,
        operation: Operation::Restore,
        path: path.clone(),
        text: Some(text(&found)?),
        // A redacted text comes back in no way; but a repeat has the first answer, which is looked for before the version.
        expected: if found.redacted { Some(NO_VERSION) } else { precondition.expected() },
        request: key,
        actor: caller.actor.clone(),
        principal: caller.token_id,
        source: Source::from_code(found.source).ok_or(Error::Unexpected("a revision has an unknown source"))?,
        reason,
        dream: None,
        conflict: if found.redacted { Conflict::TriedAgain } else { precondition.conflict() },
    };
    let outcome = restored(tx, &change).await?;
    if found.redacted && matches!(outcome, Outcome::VersionConflict { .. }) {
        return Err(redacted().into());
    }
    if let Outcome::TextTooLarge { limit } = outcome {
        return Err(Error::logged(too_large("revision_id", Some(limit))));
    }
    let path = answered_at(context, id.scope, &outcome, path).await?;
    let changed = changed(change.scope, &path, outcome, change.conflict)?;
    Ok(pb::RestoreRevisionResponse {
        file: Some(changed.file),
        changed: changed.changed,
        revision_id: changed.revision_id,
    })
}

/// Makes the change and ends its transaction: what it was refused for is logged there, and stays.
async fn restored(mut tx: ScopeTransaction, change: &Change) -> Result<Outcome> {
    failpoints::pass(Point::BeforeStatement).await;
    let outcome = commit(&mut *tx, std::slice::from_ref(change)).await?.pop();
    tx.commit().await?;
    failpoints::pass(Point::BeforeReply).await;
    outcome.ok_or(Error::Unexpected("a change had no outcome"))
}

/// The path that the answer names. The file may have been moved since a call that is repeated: its first answer named
/// the path of then.
async fn answered_at(context: &Context, scope: i64, outcome: &Outcome, path: MemoryPath) -> Result<MemoryPath> {
    let Outcome::Repeated { head: Some(head), .. } = outcome else { return Ok(path) };
    let first = restorable(&mut context.store.pool().acquire().await?, scope, head.sequence).await?;
    let first = first.ok_or_else(no_revision)?;
    Ok(convert::path(&first.written_at)?)
}

/// The precondition as a write has it.
fn given(given: Given) -> write_file_request::Precondition {
    match given {
        Given::ExpectedVersion(version) => write_file_request::Precondition::ExpectedVersion(version),
        Given::Overwrite(overwrite) => write_file_request::Precondition::Overwrite(overwrite),
    }
}

/// The text to bring back; of a redacted revision an empty one, which is never written.
fn text(found: &Restorable) -> Result<MemoryText> {
    let none = found.redacted.then(String::new);
    let Some(text) = found.text.clone().or(none) else {
        return Err(field("revision_id", "is a deletion, which has no text; give the revision before it").into());
    };
    Ok(MemoryText::parse(text, MAX_TEXT_BYTES_CEILING)
        .map_err(|refusal| convert::invalid_text("revision_id", &refusal))?)
}

/// What was asked. The id names the scope too.
fn digest(id: RevisionId, precondition: Precondition, reason: &str) -> [u8; 32] {
    CallDigest::of("RestoreRevision")
        .number(id.scope)
        .number(id.sequence)
        .number(precondition.expected().unwrap_or(-1))
        .number(i64::from(precondition == Precondition::Unsaid))
        .text(reason)
        .finish()
}
