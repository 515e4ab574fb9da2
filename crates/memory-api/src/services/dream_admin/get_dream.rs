//! GetDream: one dream.

use memex_core::actor::Operation;
use memex_proto::v1 as pb;

use super::reach::{not_found, reach};
use crate::auth::Caller;
use crate::convert::dream_message;
use crate::error::Result;
use crate::services::context::{AboutCell, Context};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::GetDreamRequest,
) -> Result<pb::GetDreamResponse> {
    let dream = reach(context, &caller, &about, "", &request.dream_id).await?;
    let row = context.store.show_dream(dream, Operation::GetDream, &caller).await?.ok_or_else(not_found)?;
    Ok(pb::GetDreamResponse { dream: Some(dream_message::dream(row)) })
}
