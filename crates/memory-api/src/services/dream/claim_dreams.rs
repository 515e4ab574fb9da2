//! ClaimDreams: due users, leased to a worker. Where nobody is due the answer is empty and no row is written.

use memex_core::ids::DreamId;
use memex_core::keys::neutral_phrases;
use memex_core::limits;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_runtime::trace::{set_parent, traceparent_of_current};
use tracing::Span;

use crate::auth::Caller;
use crate::convert::dream_message;
use crate::convert::timestamp;
use crate::error::{Result, field};
use crate::services::context::Context;
use crate::store::dreams::Assignment;

/// The most that a worker may ask for.
const MAX_ASKED: i32 = 100;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    request: pb::ClaimDreamsRequest,
) -> Result<pb::ClaimDreamsResponse> {
    let max = validate(&request)?;
    let claimed = context.store.claim_dreams(&request.worker_name, max, &caller).await?;
    Ok(pb::ClaimDreamsResponse { assignments: claimed.into_iter().map(assignment).collect() })
}

fn validate(request: &pb::ClaimDreamsRequest) -> Result<i32, Refusal> {
    if request.worker_name.len() > limits::MAX_WORKER_NAME_BYTES || request.worker_name.chars().any(char::is_control) {
        return Err(field("worker_name", format!("at most {} bytes of plain text", limits::MAX_WORKER_NAME_BYTES)));
    }
    if !(1..=MAX_ASKED).contains(&request.max) {
        return Err(field("max", format!("must be 1 to {MAX_ASKED}")));
    }
    Ok(request.max.min(i32::try_from(limits::MAX_CLAIM).unwrap_or(MAX_ASKED)))
}

/// The span of one dream's claim: a child of StartDream's, or a root. `dream.run` is its child.
fn claim_span(dream: DreamId, trace_parent: &str) -> Span {
    let span = tracing::info_span!(parent: None, "dream.claim", dream.id = %dream);
    if !trace_parent.is_empty() {
        set_parent(&span, trace_parent);
    }
    span
}

fn assignment(row: Assignment) -> pb::DreamAssignment {
    let dream = DreamId { scope: row.scope_id, id: row.dream_id };
    let parent = claim_span(dream, &row.trace_parent).in_scope(traceparent_of_current);
    let links =
        row.link_traces.into_iter().zip(row.link_spans).map(|(trace_id, span_id)| pb::TraceLink { trace_id, span_id });
    pb::DreamAssignment {
        dream_id: dream.to_string(),
        fence: row.fence,
        lease_expires_at: Some(timestamp(row.lease_expires_at)),
        lease_seconds: row.lease_seconds,
        user_id: row.user_id,
        mode: dream_message::mode(&row.mode).into(),
        curator: dream_message::curator(&row.curator).into(),
        instructions: row.instructions,
        budget: Some(pb::DreamBudget {
            max_ops: row.max_ops,
            max_files: row.max_files,
            max_bytes: row.max_bytes,
            max_read_bytes: row.max_read_bytes,
            max_seconds: row.max_seconds,
        }),
        snapshot_sequence: row.snapshot_sequence,
        as_of: row.as_of.to_string(),
        begin_with: row.begin_with,
        trace_parent: parent.unwrap_or(row.trace_parent),
        links: links.collect(),
        near: dream_message::near(&row.near).into(),
        neutral: neutral_phrases(&row.neutral),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_asks_for_1_to_100_and_is_given_64_at_most() {
        let asked = |max| validate(&pb::ClaimDreamsRequest { worker_name: "w".into(), max }).ok();
        assert_eq!([0, 1, 64, 65, 100, 101].map(asked), [None, Some(1), Some(64), Some(64), Some(64), None]);
    }

    #[test]
    fn a_workers_name_is_short_and_plain() {
        for name in ["a".repeat(129), "a\nb".to_owned()] {
            assert!(validate(&pb::ClaimDreamsRequest { worker_name: name, max: 1 }).is_err());
        }
    }
}
