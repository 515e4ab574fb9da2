//! What a worker is told whose dream may not go on.

use memex_proto::reason::Refusal;

use crate::auth::{Caller, DreamContext};
use crate::error::{Error, Result, lease_lost};
use crate::services::context::Context;
use crate::store::dream_view::Denied;

/// The refusal; a dream that was overtaken is ended as such. `logged`: the statement that denied wrote the log row.
pub(super) async fn denied(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    denied: Denied,
    logged: bool,
) -> Result<Error> {
    let reason = denied.reason();
    let refusal = match denied {
        Denied::Lost => lost(context.store.dream_ending(dream, caller).await?.as_deref()),
        Denied::Overtaken => {
            context.store.end_overtaken(dream.id, dream.fence, caller).await?;
            Refusal::new(reason, "the user's files changed while the dream ran; it has ended")
        }
        Denied::Spent(budget) => {
            Refusal::new(reason, format!("the dream's budget of {budget} is spent; finish it")).fact("budget", budget)
        }
    };
    Ok(if logged { Error::logged(refusal) } else { refusal.into() })
}

fn lost(ending: Option<&str>) -> Refusal {
    match ending {
        Some(ending) => lease_lost().fact("ending", ending),
        None => lease_lost(),
    }
}
