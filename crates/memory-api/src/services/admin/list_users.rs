//! ListUsers: users of the workspace by id.

use memex_core::actor::Operation;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;

use super::user::message;
use crate::auth::Caller;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::page::{Listing, expired, page_size};
use crate::services::request::CallDigest;
use crate::store::users::UserRange;

/// Above every id, since none has a character that does not show.
const ABOVE_ALL: &str = "\u{10FFFF}";

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    _about: AboutCell,
    request: pb::ListUsersRequest,
) -> Result<pb::ListUsersResponse> {
    if !request.prefix.is_empty() {
        // Whatever an id may begin with may be an id.
        UserId::parse(&request.prefix).map_err(|refusal| field("prefix", refusal.to_string()))?;
    }
    let size = page_size(request.page_size)?;
    let listing = Listing::of(CallDigest::of("ListUsers").number(caller.workspace_id).text(&request.prefix));
    let range = UserRange {
        from: request.prefix.clone(),
        after: after(&listing, &request.page_token)?,
        below: below(&request.prefix),
        limit: i64::try_from(size).unwrap_or(i64::MAX).saturating_add(1),
    };
    let mut rows = context.store.list_users(caller.workspace_id, &range).await?;
    let more = rows.len() > size;
    rows.truncate(size);
    let next_page_token = rows.last().filter(|_| more).map(|row| listing.token(row.user_id.as_bytes()));
    let scope = context.store.shared_scope(caller.workspace_id).await?;
    context.store.log_ok(scope, Operation::ListUsers, "", &caller).await?;
    Ok(pb::ListUsersResponse {
        users: rows.into_iter().map(message).collect(),
        next_page_token: next_page_token.unwrap_or_default(),
    })
}

/// The id above which the page begins. A token is not secret, so that what stands in it is judged like any id.
fn after(listing: &Listing, page_token: &str) -> Result<String, Refusal> {
    let Some(last) = listing.last(page_token)? else { return Ok(String::new()) };
    String::from_utf8(last).ok().filter(|id| UserId::parse(id).is_ok()).ok_or_else(expired)
}

/// The least text above all that begins with `prefix`: byte order and the order of characters are one in UTF-8, so that
/// the last character's successor takes its place.
fn below(prefix: &str) -> String {
    let mut text: Vec<char> = prefix.chars().collect();
    while let Some(last) = text.pop() {
        // The range leaves the surrogates out.
        if let Some(next) = (last..=char::MAX).nth(1) {
            return text.into_iter().chain([next]).collect();
        }
    }
    ABOVE_ALL.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_range_of_ids_in_byte_order() {
        for (prefix, inside, outside) in [
            ("a", ["a", "ab", "a\u{10FFFD}"], ["b", "A", "B"]),
            ("a_", ["a_", "a_b", "a__"], ["a", "ab", "a`"]),
            ("50%", ["50%", "50%x", "50%%"], ["50", "500", "50&"]),
            ("\u{D7FF}", ["\u{D7FF}", "\u{D7FF}a", "\u{D7FF}\u{E000}"], ["\u{E000}", "\u{D7FE}", "a"]),
            ("", ["", "a", "\u{10FFFD}"], ["\u{10FFFF}", "\u{10FFFF}a", "\u{10FFFF}\u{10FFFF}"]),
        ] {
            let within = |id: &str| id >= prefix && *id < *below(prefix);
            assert!(inside.into_iter().all(within), "{prefix}");
            assert!(!outside.into_iter().any(within), "{prefix}");
        }
    }
}
