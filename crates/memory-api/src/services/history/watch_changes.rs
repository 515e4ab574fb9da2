//! WatchChanges: every change once, in order within a scope.

use futures::stream::BoxStream;
use memex_proto::v1 as pb;
use tonic::Status;

use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context};

/// The stream of a watch.
pub(super) type Changes = BoxStream<'static, Result<pb::WatchChangesResponse, Status>>;

pub(super) async fn handle(
    _context: &Context,
    _caller: Caller,
    _about: AboutCell,
    _request: pb::WatchChangesRequest,
) -> Result<Changes> {
    Err(Error::Unexpected("not built yet"))
}
