//! Where a watch goes on: opaque to callers, and good for one watch of one life of the database.

use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use crate::services::page::Listing;
use crate::services::request::CallDigest;
use crate::store::watch::{Reach, Window};

/// Which watch a cursor belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursors(Listing);

/// A place in a life of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Which life.
    pub epoch: Uuid,
    /// Which place. Of one user: `from` and `to` are 0, and so is `scope` as long as the user has none.
    pub at: Window,
}

impl Cursor {
    /// Whether it is of this life of the database, and of no later moment. One that is was told of what a copy of the
    /// disks that was put back has not: what comes now would be taken for known.
    pub fn is_within(&self, reach: Reach) -> bool {
        let last = reach.scope.map_or(i64::MAX, |(last, _)| last);
        Some(self.epoch) == reach.epoch && self.at.to <= reach.horizon && self.at.sequence <= last
    }
}

impl Cursors {
    /// Of a user, or with `None` of all of a workspace.
    pub fn of(workspace_id: i64, user: Option<&str>) -> Self {
        let digest = CallDigest::of("WatchChanges").number(workspace_id).optional(user.map(str::as_bytes));
        Self(Listing::of(digest))
    }

    /// The cursor as text.
    pub fn text(&self, cursor: Cursor) -> String {
        let Window { from, to, scope, sequence } = cursor.at;
        let numbers = [from, to, scope, sequence].map(i64::to_be_bytes).concat();
        self.0.token(&[cursor.epoch.as_bytes().as_slice(), &numbers].concat())
    }

    /// The cursor of a text; `None` for an empty one.
    ///
    /// # Errors
    /// CURSOR_EXPIRED where it is of another watch, or none.
    pub fn read(&self, text: &str) -> Result<Option<Cursor>, Refusal> {
        let Some(bytes) = self.0.last(text).map_err(|_| expired())? else { return Ok(None) };
        let (epoch, rest) = bytes.split_first_chunk::<16>().ok_or_else(expired)?;
        let numbers: [u8; 32] = rest.try_into().map_err(|_| expired())?;
        let (numbers, _) = numbers.as_chunks::<8>();
        let [from, to, scope, sequence] = [0, 1, 2, 3].map(|place| i64::from_be_bytes(numbers[place]));
        Ok(Some(Cursor { epoch: Uuid::from_bytes(*epoch), at: Window { from, to, scope, sequence } }))
    }
}

/// The refusal of a cursor that leads nowhere.
pub(super) fn expired() -> Refusal {
    let message = "this cursor is of another watch, or of the database before it was restored; list again, then watch without one";
    Refusal::new(ErrorReason::CursorExpired, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_life_and_for_nothing_that_the_database_has_not_seen() {
        let epoch = Uuid::from_u128(7);
        let reach = Reach { epoch: Some(epoch), horizon: 100, scope: Some((5, false)) };
        let at = |to, sequence| Cursor { epoch, at: Window { from: 0, to, scope: 3, sequence } };
        assert!(at(0, 5).is_within(reach) && at(100, 0).is_within(reach));
        assert!(!at(0, 6).is_within(reach) && !at(101, 0).is_within(reach));
        // Of a workspace, whose cursor is of a scope among many.
        assert!(at(100, 9).is_within(Reach { scope: None, ..reach }));
        for other in [None, Some(Uuid::from_u128(8))] {
            assert!(!at(0, 5).is_within(Reach { epoch: other, ..reach }));
        }
    }

    #[test]
    fn a_cursor_leads_its_own_watch_on_and_no_other() {
        let cursor = Cursor { epoch: Uuid::from_u128(7), at: Window { from: 1, to: 2, scope: 3, sequence: i64::MAX } };
        let text = Cursors::of(1, Some("ada")).text(cursor);
        assert_eq!(Cursors::of(1, Some("ada")).read(&text).unwrap(), Some(cursor));
        for other in [Cursors::of(2, Some("ada")), Cursors::of(1, Some("bob")), Cursors::of(1, None)] {
            assert_eq!(other.read(&text).unwrap_err().reason, ErrorReason::CursorExpired);
        }
        for foreign in ["x", "AAAA", &text[..text.len() - 4], &format!("{text}AAAA")] {
            assert_eq!(Cursors::of(1, Some("ada")).read(foreign).unwrap_err().reason, ErrorReason::CursorExpired);
        }
        assert_eq!(Cursors::of(1, None).read("").unwrap(), None);
    }
}
