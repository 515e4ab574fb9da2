//! ReadFile: one file with its text, as it is or as it was.

use memex_core::actor::Operation;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_proto::v1::read_file_request::At;

use super::as_proposed::AsProposed;
use super::in_dream;
use super::place::place;
use crate::auth::Caller;
use crate::convert;
use crate::convert::file_message::{file, not_found};
use crate::convert::revision_message::{no_revision, redacted};
use crate::error::{Error, Result, field};
use crate::services::context::{AboutCell, Context};
use crate::store::earlier::{FoundThen, Then};
use crate::store::files::{Asked, FileRow, Found};

/// One text is never too much: its own limit is far below a message's.
const NO_LIMIT: i64 = i64::MAX;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::ReadFileRequest,
) -> Result<pb::ReadFileResponse> {
    if let Some(dream) = caller.dream {
        about.scope(dream.id.scope);
        current(&request)?;
        return in_dream::read_file(context, &caller, dream, &about, &request.path).await;
    }
    let place = place(context, &caller, &about, &request.user_id, &request.path).await?;
    let then = request.at.as_ref().map(then).transpose()?;
    let proposed = AsProposed::of(context, &caller, place.scope).await?;
    if caller.proposal.is_some() && then.is_some() {
        return Err(field("at", "a proposal has no past; leave it out").into());
    }
    let log = context.store.log_place(place.scope, &caller).await?;
    if let Some(then) = then {
        let path = place.path.as_str();
        return match context.store.read_then((place.scope, log), path, then, &caller).await? {
            FoundThen::File(row, content) => Ok(answer(row, content)),
            FoundThen::Refused(reason) => Err(Error::logged(refusal(reason))),
        };
    }
    let path = place.path.as_str().to_owned();
    let asked = Asked { scope: place.scope, log, path: path.clone(), refused: ErrorReason::Unspecified };
    let mut found = context.store.read_files(&[asked], NO_LIMIT, Operation::Read, &caller).await?;
    match found.pop().map(|found| proposed.found(&path, found)) {
        Some(Found::File(row, content)) => Ok(answer(row, content)),
        _ => Err(Error::logged(not_found())),
    }
}

fn answer(row: FileRow, content: String) -> pb::ReadFileResponse {
    pb::ReadFileResponse { file: Some(pb::FileContent { file: Some(file(row)), content, origins: Vec::new() }) }
}

fn refusal(reason: ErrorReason) -> Refusal {
    match reason {
        ErrorReason::RevisionRedacted => redacted(),
        ErrorReason::RevisionNotFound => no_revision(),
        _ => Refusal::new(ErrorReason::FileNotFound, "there was no file at this path then"),
    }
}

/// The state that is asked for.
fn then(at: &At) -> Result<Then, Refusal> {
    match at {
        At::Version(version) if *version >= 1 => Ok(Then::Version(*version)),
        At::Version(_) => Err(field("version", "must be 1 or more; leave it out for the current one")),
        At::AtTime(at) => {
            convert::time(at).map(Then::Time).ok_or_else(|| field("at_time", "must be a time of the years 1 to 9999"))
        }
    }
}

/// A dream reads its own view, which has no past.
fn current(request: &pb::ReadFileRequest) -> Result<(), Refusal> {
    match &request.at {
        None => Ok(()),
        Some(At::Version(_)) => Err(field("version", "a dream reads the current state alone; leave it out")),
        Some(At::AtTime(_)) => Err(field("at_time", "a dream reads the current state alone; leave it out")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dream_reads_no_earlier_state() {
        assert!(current(&pb::ReadFileRequest::default()).is_ok());
        for at in [At::Version(1), At::AtTime(prost_types::Timestamp::default())] {
            let refusal = current(&pb::ReadFileRequest { at: Some(at), ..Default::default() }).unwrap_err();
            assert_eq!(refusal.reason, ErrorReason::FieldInvalid);
        }
    }

    #[test]
    fn a_version_counts_from_1_and_a_time_is_one_that_postgres_keeps() {
        assert_eq!(then(&At::Version(1)).unwrap(), Then::Version(1));
        let beyond = At::AtTime(prost_types::Timestamp { seconds: i64::MAX, nanos: 0 });
        for at in [At::Version(0), At::Version(-1), beyond] {
            assert_eq!(then(&at).unwrap_err().reason, ErrorReason::FieldInvalid);
        }
    }
}
