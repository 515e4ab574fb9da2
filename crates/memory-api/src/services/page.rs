//! Pages of a listing: their size, and the token that goes on where the last one ended.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memex_core::limits;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;

use super::request::CallDigest;
use crate::error::field;

/// Bytes of the listing's digest within a token: enough that two listings do not meet by chance.
const DIGEST_BYTES: usize = 16;

/// How many rows a page has: 0 means [`limits::DEFAULT_PAGE_SIZE`].
///
/// # Errors
/// FIELD_INVALID outside 0 to [`limits::MAX_PAGE_SIZE`].
pub fn page_size(asked: i32) -> Result<usize, Refusal> {
    match u32::try_from(asked) {
        Ok(0) => Ok(limits::DEFAULT_PAGE_SIZE as usize),
        Ok(size) if size <= limits::MAX_PAGE_SIZE => Ok(size as usize),
        _ => Err(field(
            "page_size",
            format!("must be 1 to {}, or 0 for {}", limits::MAX_PAGE_SIZE, limits::DEFAULT_PAGE_SIZE),
        )),
    }
}

/// Which listing a token belongs to: what was asked, and by whom it was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listing([u8; DIGEST_BYTES]);

impl Listing {
    /// The listing with this digest of its call's fields, the page's own left out.
    pub fn of(digest: CallDigest) -> Self {
        let mut short = [0; DIGEST_BYTES];
        short.copy_from_slice(&digest.finish()[..DIGEST_BYTES]);
        Self(short)
    }

    /// The token of the page that comes after `last`.
    pub fn token(&self, last: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode([self.0.as_slice(), last].concat())
    }

    /// Where the page before ended; `None` for the first page.
    ///
    /// # Errors
    /// CURSOR_EXPIRED where the token is of another listing, or none.
    pub fn last(&self, token: &str) -> Result<Option<Vec<u8>>, Refusal> {
        if token.is_empty() {
            return Ok(None);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok();
        let last = bytes.as_deref().and_then(|bytes| bytes.strip_prefix(self.0.as_slice()));
        Ok(Some(last.ok_or_else(expired)?.to_vec()))
    }
}

/// The refusal of a token that this listing did not give.
pub fn expired() -> Refusal {
    Refusal::new(ErrorReason::CursorExpired, "this page_token is of another listing; begin again without one")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listing(user: &str) -> Listing {
        Listing::of(CallDigest::of("ListFiles").text(user).text("user/"))
    }

    #[test]
    fn a_token_goes_on_where_its_own_listing_ended() {
        let token = listing("ada").token(b"user/a.md");
        assert_eq!(listing("ada").last(&token).unwrap().as_deref(), Some(b"user/a.md".as_slice()));
        assert_eq!(listing("ada").last("").unwrap(), None);
    }

    #[test]
    fn a_token_of_another_listing_has_expired() {
        let token = listing("ada").token(b"user/a.md");
        for foreign in [token.as_str(), "x", "not a token", "AAAA"] {
            assert_eq!(listing("bob").last(foreign).unwrap_err().reason, ErrorReason::CursorExpired);
        }
    }

    #[test]
    fn a_page_has_1_to_1000_rows_and_100_where_nothing_is_said() {
        assert_eq!((page_size(0).unwrap(), page_size(1).unwrap(), page_size(1000).unwrap()), (100, 1, 1000));
        assert!(page_size(-1).is_err() && page_size(1001).is_err());
    }
}
