//! A revision as callers see it.

use memex_core::ids::{DreamId, RevisionId};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;

use crate::convert::{operation_out, source_out, timestamp};
use crate::store::revisions::RevisionRow;

/// The record of one revision of a scope.
pub fn revision(scope: i64, row: RevisionRow) -> pb::Revision {
    let imported = row.imported_actor.map(|actor| pb::Imported {
        actor,
        created_at: row.imported_at.map(timestamp),
        dream_id: row.imported_dream.unwrap_or_default(),
    });
    pb::Revision {
        revision_id: RevisionId { scope, sequence: row.sequence }.to_string(),
        path: row.path,
        version: row.version,
        sequence: row.sequence,
        operation: operation_out(row.operation).into(),
        size_bytes: if row.redacted { 0 } else { row.size.into() },
        sha256: if row.redacted { Vec::new() } else { row.sha256 },
        actor: row.actor,
        source: source_out(row.source).into(),
        reason: row.reason,
        request_id: row.request_id.map(|id| id.to_string()).unwrap_or_default(),
        dream_id: row.dream_id.map(|id| DreamId { scope, id }.to_string()).unwrap_or_default(),
        trace_id: hex::encode(row.trace_id.as_deref().unwrap_or_default()),
        span_id: hex::encode(row.span_id.as_deref().unwrap_or_default()),
        hidden_unicode: row.hidden_unicode,
        created_at: Some(timestamp(row.at)),
        moved_from: row.moved_from.unwrap_or_default(),
        redacted: row.redacted,
        imported,
    }
}

/// The refusal of a revision whose text was redacted.
pub fn redacted() -> Refusal {
    Refusal::new(ErrorReason::RevisionRedacted, "the text of this revision was redacted")
}

/// The refusal of a version or id that there is not.
pub fn no_revision() -> Refusal {
    Refusal::new(ErrorReason::RevisionNotFound, "there is no such revision")
}
