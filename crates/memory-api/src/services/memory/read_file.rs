//! ReadFile: one file with its text.

use memex_core::actor::Operation;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_proto::v1::read_file_request::At;

use super::answer::{file, not_found};
use super::in_dream;
use super::place::place;
use crate::auth::Caller;
use crate::error::{Error, Result, field};
use crate::services::context::{AboutCell, Context};
use crate::store::files::{Asked, Found};

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
    current(&request)?;
    let log_scope = match place.scope {
        Some(scope) => scope,
        None => context.store.shared_scope(caller.workspace_id).await?,
    };
    let path = place.path.as_str().to_owned();
    let asked = Asked { scope: place.scope, log_scope, path, refused: ErrorReason::Unspecified };
    let mut found = context.store.read_files(&[asked], NO_LIMIT, Operation::Read, &caller).await?;
    match found.pop() {
        Some(Found::File(row, content)) => Ok(pb::ReadFileResponse {
            file: Some(pb::FileContent { file: Some(file(row)), content, asserted_on: Vec::new() }),
        }),
        _ => Err(Error::logged(not_found())),
    }
}

/// Only the current state is served so far.
fn current(request: &pb::ReadFileRequest) -> Result<(), Refusal> {
    match &request.at {
        None => Ok(()),
        Some(At::Version(_)) => Err(field("version", "is not served yet; leave it out for the current one")),
        Some(At::AtTime(_)) => Err(field("at_time", "is not served yet; leave it out for the current one")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_state_is_not_served_yet() {
        assert!(current(&pb::ReadFileRequest::default()).is_ok());
        for at in [At::Version(1), At::AtTime(prost_types::Timestamp::default())] {
            let refusal = current(&pb::ReadFileRequest { at: Some(at), ..Default::default() }).unwrap_err();
            assert_eq!(refusal.reason, ErrorReason::FieldInvalid);
        }
    }
}
