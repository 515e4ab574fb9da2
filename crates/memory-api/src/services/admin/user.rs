//! A user as callers see them.

use memex_proto::v1 as pb;

use crate::convert::timestamp;
use crate::store::users::UserRow;

/// The message of a user.
pub(super) fn message(row: UserRow) -> pb::User {
    pb::User {
        values: row.values().collect(),
        user_id: row.user_id,
        files: row.files,
        size_bytes: row.size_bytes,
        sequence: row.sequence,
        created_at: Some(timestamp(row.created_at)),
        changed_at: row.changed_at.map(timestamp),
        paused: row.paused,
        pause_reason: row.pause_reason,
        parked: row.parked,
        new_changes: row.new_changes,
        due_at: row.due_at.map(timestamp),
    }
}
