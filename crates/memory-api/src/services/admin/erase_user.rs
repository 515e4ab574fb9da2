//! EraseUser: begins an erasure.

use memex_proto::v1 as pb;

use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context};

pub(super) async fn handle(
    _context: &Context,
    _caller: Caller,
    _about: AboutCell,
    _request: pb::EraseUserRequest,
) -> Result<pb::EraseUserResponse> {
    Err(Error::Unexpected("not built yet"))
}
