//! ExportUser: a user's whole memory as the lines of an archive.

use futures::stream::BoxStream;
use memex_proto::v1 as pb;
use tonic::Status;

use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context};

/// The stream of an export.
pub(super) type Archive = BoxStream<'static, Result<pb::ExportUserResponse, Status>>;

pub(super) async fn handle(
    _context: &Context,
    _caller: Caller,
    _about: AboutCell,
    _request: pb::ExportUserRequest,
) -> Result<Archive> {
    Err(Error::Unexpected("not built yet"))
}
