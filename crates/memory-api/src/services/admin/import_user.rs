//! ImportUser: an archive into an empty scope, all or nothing.

use memex_proto::v1 as pb;
use tonic::Streaming;

use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context};

pub(super) async fn handle(
    _context: &Context,
    _caller: Caller,
    _about: AboutCell,
    _request: Streaming<pb::ImportUserRequest>,
) -> Result<pb::ImportUserResponse> {
    Err(Error::Unexpected("not built yet"))
}
