//! What remembered answers say of a redacted revision: its record, with the hash and the reason that it had.

use memex_core::actor::Operation;
use memex_core::ids::RevisionId;
use memex_proto::v1 as pb;

use crate::error::Result;
use crate::services::once::with_records;
use crate::store::pool::Connection;
use crate::store::redactions::{answers_naming, replace_answer};

/// Empties the record in each remembered answer. One that nobody can read is forgotten; its request id stays used.
pub(super) async fn empty(tx: &mut Connection, id: RevisionId, reason: &str) -> Result<()> {
    let name = id.to_string();
    for remembered in answers_naming(&mut *tx, id.scope, &name).await? {
        let operation = Operation::from_code(remembered.operation);
        let answer = operation.and_then(|operation| emptied(operation, &remembered.answer, &name, reason));
        replace_answer(&mut *tx, id.scope, &remembered, answer.as_deref()).await?;
    }
    Ok(())
}

/// The answer without what it said of the revision.
fn emptied(operation: Operation, answer: &[u8], id: &str, reason: &str) -> Option<Vec<u8>> {
    with_records(operation, answer, |record| empty_record(record, id, reason))
}

fn empty_record(record: &mut pb::Revision, id: &str, reason: &str) {
    if record.revision_id == id {
        record.redacted = true;
        record.size_bytes = 0;
        record.sha256.clear();
        reason.clone_into(&mut record.reason);
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    fn records() -> Vec<pb::Revision> {
        let record = |id: &str| pb::Revision {
            revision_id: id.into(),
            sha256: vec![7; 32],
            size_bytes: 9,
            reason: "quoted".into(),
            ..Default::default()
        };
        vec![record("rev_a"), record("rev_b")]
    }

    fn is_emptied(records: &[pb::Revision]) {
        assert!(records[0].redacted && records[0].sha256.is_empty() && records[0].size_bytes == 0);
        assert_eq!(records[0].reason, "why");
        assert_eq!(records[1], self::records()[1]);
    }

    #[test]
    fn the_record_is_emptied_in_an_answer_of_either_call_and_the_rest_of_it_stays() {
        let redaction = pb::RedactRevisionResponse {
            changed: true,
            still_contained: records(),
            ended_dream_ids: vec!["drm_a".into()],
        };
        let bytes = emptied(Operation::Redact, &redaction.encode_to_vec(), "rev_a", "why").unwrap();
        let read = pb::RedactRevisionResponse::decode(bytes.as_slice()).unwrap();
        assert!(read.changed && read.ended_dream_ids == ["drm_a"]);
        is_emptied(&read.still_contained);
        let dream = pb::Dream { dream_id: "drm_b".into(), ..Default::default() };
        let revert = pb::RevertDreamResponse { dream: Some(dream.clone()), revisions: records(), ..Default::default() };
        let bytes = emptied(Operation::RevertDream, &revert.encode_to_vec(), "rev_a", "why").unwrap();
        let read = pb::RevertDreamResponse::decode(bytes.as_slice()).unwrap();
        assert_eq!(read.dream, Some(dream));
        is_emptied(&read.revisions);
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_forgotten() {
        assert_eq!(emptied(Operation::Redact, b"\x0a\xff", "rev_a", "why"), None);
    }
}
