//! DiffRevisions: two versions as a unified diff.

use memex_core::actor::Operation;
use memex_core::diff::{DiffStat, unified_within};
use memex_core::limits;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_runtime::server::MAX_MESSAGE_BYTES;

use crate::auth::Caller;
use crate::convert::file_message::not_found;
use crate::convert::revision_message::{no_revision, redacted, revision};
use crate::error::{Error, Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::memory::place::place;
use crate::store::earlier::Version;

/// Lines of context where nothing is said.
const CONTEXT: i32 = 3;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::DiffRevisionsRequest,
) -> Result<pb::DiffRevisionsResponse> {
    let place = place(context, &caller, &about, &request.user_id, &request.path).await?;
    let lines = context_lines(request.context_lines)?;
    let (from, to) = (version("from_version", request.from_version)?, version("to_version", request.to_version)?);
    let Some(scope) = place.scope else { return Err(missing(to).into()) };
    let path = place.path.as_str();
    let to = context.store.version_of(scope, path, to).await?.ok_or_else(|| missing(to))?;
    let from = match from {
        0 => context.store.version_before(scope, to.file_id, to.row.version).await?,
        from => Some(context.store.version_of(scope, path, from).await?.ok_or_else(no_revision)?),
    };
    if to.row.redacted || from.as_ref().is_some_and(|from| from.row.redacted) {
        return Err(redacted().into());
    }
    let answer = tokio::task::spawn_blocking(move || compared(scope, from, to, lines))
        .await
        .map_err(|_| Error::Unexpected("a comparison panicked"))?;
    fits(&answer)?;
    context.store.log_ok(scope, Operation::Diff, path, &caller).await?;
    Ok(answer)
}

/// A deletion is compared as an empty text.
fn compared(scope: i64, from: Option<Version>, to: Version, lines: usize) -> pb::DiffRevisionsResponse {
    let label = |version: &Version| format!("{}@{}", version.row.path, version.row.version);
    let before = from.as_ref().map_or_else(|| "/dev/null".to_owned(), label);
    let old = from.as_ref().and_then(|from| from.text.as_deref()).unwrap_or_default();
    let new = to.text.as_deref().unwrap_or_default();
    let stat = DiffStat::of(old, new);
    let count = |lines: u32| i32::try_from(lines).unwrap_or(i32::MAX);
    pb::DiffRevisionsResponse {
        diff: unified_within(old, new, [&before, &label(&to)], lines),
        from: from.map(|from| revision(scope, from.row)),
        to: Some(revision(scope, to.row)),
        added_lines: count(stat.added_lines),
        deleted_lines: count(stat.removed_lines),
    }
}

/// Refuses an answer that no client would take.
pub(super) fn fits(answer: &impl prost::Message) -> Result<(), Refusal> {
    if answer.encoded_len() <= MAX_MESSAGE_BYTES {
        return Ok(());
    }
    Err(Refusal::new(ErrorReason::MessageTooLarge, "the answer would be over 4 MiB; read the versions themselves"))
}

/// Why a version is not there: 0 is the current state.
pub(super) fn missing(version: i64) -> Refusal {
    if version == 0 { not_found() } else { no_revision() }
}

/// A version, or 0.
pub(super) fn version(name: &str, version: i64) -> Result<i64, Refusal> {
    if version < 0 { Err(field(name, "must be 1 or more, or 0")) } else { Ok(version) }
}

fn context_lines(asked: Option<i32>) -> Result<usize, Refusal> {
    let lines = asked.unwrap_or(CONTEXT);
    usize::try_from(lines)
        .ok()
        .filter(|_| lines <= limits::MAX_CONTEXT_LINES)
        .ok_or_else(|| field("context_lines", format!("must be 0 to {}", limits::MAX_CONTEXT_LINES)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn context_is_0_to_1000_lines_and_3_where_nothing_is_said() {
        assert_eq!(context_lines(None).unwrap(), 3);
        assert_eq!((context_lines(Some(0)).unwrap(), context_lines(Some(1000)).unwrap()), (0, 1000));
        for lines in [-1, 1001] {
            assert_eq!(context_lines(Some(lines)).unwrap_err().reason, ErrorReason::FieldInvalid);
        }
    }
}
