//! RenewLease: extends a lease, or says stop.

use memex_core::dream::DreamState;
use memex_proto::v1 as pb;
use memex_proto::v1::StopReason;

use super::dream_id;
use crate::auth::Caller;
use crate::convert::timestamp;
use crate::error::Result;
use crate::services::context::Context;
use crate::store::dreams::{Lease, Renewal};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    request: pb::RenewLeaseRequest,
) -> Result<pb::RenewLeaseResponse> {
    let dream = dream_id(&request.dream_id)?;
    let renewal = context.store.renew_lease(dream, request.fence, &caller).await?;
    if renewal.lease == Lease::Overtaken {
        context.store.end_overtaken(dream, request.fence, &caller).await?;
    }
    Ok(pb::RenewLeaseResponse {
        lease_expires_at: renewal.lease_expires_at.map(timestamp),
        stop: stop(&renewal).into(),
    })
}

/// Why the worker must stop; `Unspecified`: it goes on. What ended the dream is told to the worker that held it.
fn stop(renewal: &Renewal) -> StopReason {
    match renewal.lease {
        Lease::Held | Lease::Sealed => StopReason::Unspecified,
        Lease::Overtaken => StopReason::Overtaken,
        Lease::OutOfTime => StopReason::Deadline,
        Lease::Lost => match renewal.state.as_deref().and_then(DreamState::parse) {
            Some(DreamState::Canceled) => StopReason::Canceled,
            Some(DreamState::Overtaken) => StopReason::Overtaken,
            _ => StopReason::LeaseLost,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_hears_what_ended_its_dream() {
        let stop = |lease, state: Option<&str>| {
            stop(&Renewal { lease, state: state.map(str::to_owned), lease_expires_at: None })
        };
        assert_eq!(stop(Lease::Held, Some("running")), StopReason::Unspecified);
        assert_eq!(stop(Lease::Sealed, Some("running")), StopReason::Unspecified);
        assert_eq!(stop(Lease::Lost, Some("canceled")), StopReason::Canceled);
        assert_eq!(stop(Lease::Lost, Some("overtaken")), StopReason::Overtaken);
        assert_eq!(stop(Lease::Overtaken, Some("running")), StopReason::Overtaken);
        assert_eq!(stop(Lease::OutOfTime, Some("running")), StopReason::Deadline);
        for state in [None, Some("lost"), Some("running"), Some("applied"), Some("requested")] {
            assert_eq!(stop(Lease::Lost, state), StopReason::LeaseLost, "{state:?}");
        }
    }
}
