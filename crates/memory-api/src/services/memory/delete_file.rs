//! DeleteFile: a deletion is a revision too, and the path's versions go on.

use memex_core::actor::{Operation, Source};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;

use super::place::{place, writable};
use crate::auth::Caller;
use crate::convert;
use crate::convert::file_message::{changed, not_found};
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::request::{CallDigest, request_id};
use crate::store::commit::{Change, Conflict, RequestKey};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::DeleteFileRequest,
) -> Result<pb::DeleteFileResponse> {
    let place = place(context, &caller, &about, &request.user_id, &request.path).await?;
    writable(&caller, &place.path, false)?;
    let reason = convert::reason(&request.reason)?;
    let expected = expected(request.expected_version)?;
    let id = request_id(&request.request_id)?;
    let digest = CallDigest::of("DeleteFile")
        .optional(place.whose.user.as_ref().map(|user| user.as_str().as_bytes()))
        .text(place.path.as_str())
        .optional(expected.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice))
        .text(&reason)
        .finish();
    // Nobody's first call is a deletion: it would open a scope for nothing.
    let Some(scope) = place.scope else { return Err(not_found().into()) };
    let mut change = Change {
        scope,
        operation: Operation::Delete,
        path: place.path.clone(),
        text: None,
        expected,
        request: id.map(|id| RequestKey { id, digest }),
        actor: caller.actor.clone(),
        principal: caller.token_id,
        source: Source::Agent,
        reason,
        dream: None,
        conflict: Conflict::Stale,
    };
    let outcome = context.store.change(&place.whose, &mut change).await?;
    let changed = changed(change.scope, &place.path, outcome, change.conflict)?;
    Ok(pb::DeleteFileResponse { version: changed.file.version, revision_id: changed.revision_id })
}

/// The version that a file which is to be there must be at.
pub(super) fn expected(given: Option<i64>) -> Result<Option<i64>, Refusal> {
    match given {
        Some(version) if version < 1 => Err(field("expected_version", "must be 1 or more")),
        given => Ok(given),
    }
}
