//! ListDreams: newest first.

use memex_core::dream::DreamState;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use uuid::Uuid;

use crate::auth::Caller;
use crate::convert::dream_message;
use crate::convert::time_of_micros;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::page::{Listing, expired, page_size};
use crate::services::request::CallDigest;
use crate::store::dreams::{DreamFilter, DreamRow, ListedAfter};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::ListDreamsRequest,
) -> Result<pb::ListDreamsResponse> {
    let size = page_size(request.page_size)?;
    let states = states(&request)?;
    let scope = match request.user_id.as_str() {
        "" if caller.bound_user.is_none() => None,
        asked => Some(context.known_scope(&caller, &caller.user(asked, context.guards.scope)?).await?),
    };
    let log_scope = match scope {
        Some(scope) => scope,
        None => context.store.shared_scope(caller.workspace_id).await?,
    };
    about.scope(log_scope);
    let listing = listing(&caller, scope, &states);
    let after = listing.last(&request.page_token)?.map(|last| listed_after(&last)).transpose()?;
    let filter = DreamFilter { scope, states, after };
    let limit = i64::try_from(size + 1).unwrap_or(i64::MAX);
    let mut rows = context.store.list_dreams(&filter, limit, log_scope, &caller).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    let next_page_token = rows.last().filter(|_| more).map(|row| listing.token(&place_of(row))).unwrap_or_default();
    Ok(pb::ListDreamsResponse { dreams: rows.into_iter().map(dream_message::dream).collect(), next_page_token })
}

/// The states asked for, as the rows have them.
fn states(request: &pb::ListDreamsRequest) -> Result<Vec<String>, Refusal> {
    let known = |&number: &i32| {
        let state = i16::try_from(number).ok().and_then(DreamState::from_code);
        state
            .map(|state| state.as_str().to_owned())
            .ok_or_else(|| field("states", "has a state that this version does not know"))
    };
    let mut states = request.states.iter().map(known).collect::<Result<Vec<_>, _>>()?;
    states.sort_unstable();
    states.dedup();
    Ok(states)
}

fn listing(caller: &Caller, scope: Option<i64>, states: &[String]) -> Listing {
    let digest = CallDigest::of("ListDreams").number(caller.workspace_id).number(scope.unwrap_or(0));
    Listing::of(states.iter().fold(digest, |digest, state| digest.text(state)))
}

fn place_of(row: &DreamRow) -> Vec<u8> {
    [row.created_at.timestamp_micros().to_be_bytes().as_slice(), row.dream_id.as_bytes()].concat()
}

fn listed_after(last: &[u8]) -> Result<ListedAfter, Refusal> {
    let read = || {
        let (at, id) = last.split_at_checked(8)?;
        let created_at = time_of_micros(i64::from_be_bytes(at.try_into().ok()?))?;
        Some(ListedAfter { created_at, dream_id: Uuid::from_slice(id).ok()? })
    };
    read().ok_or_else(expired)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use memex_proto::v1::ErrorReason;

    use super::*;

    #[test]
    fn states_are_asked_for_in_any_order_and_unknown_ones_refused() {
        let request = |states: &[i32]| pb::ListDreamsRequest { states: states.to_vec(), ..Default::default() };
        assert_eq!(states(&request(&[5, 4, 5])).unwrap(), ["applied", "noop"]);
        assert!(states(&request(&[])).unwrap().is_empty());
        for unknown in [0, 18, -1, 70_000] {
            assert_eq!(states(&request(&[unknown])).unwrap_err().reason, ErrorReason::FieldInvalid);
        }
    }

    #[test]
    fn a_place_in_the_list_is_read_back() {
        let created_at = DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap();
        let bytes = [created_at.timestamp_micros().to_be_bytes().as_slice(), Uuid::from_u128(7).as_bytes()].concat();
        assert_eq!(listed_after(&bytes).unwrap(), ListedAfter { created_at, dream_id: Uuid::from_u128(7) });
        for broken in [&bytes[..7], &bytes[..20], &[]] {
            assert_eq!(listed_after(broken).unwrap_err().reason, ErrorReason::CursorExpired);
        }
    }
}
