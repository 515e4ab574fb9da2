//! Dreams as the wire has them.

use memex_core::dream::{DreamState, Mode};
use memex_core::ids::DreamId;
use memex_curation::ledger::Ledger;
use memex_proto::v1 as pb;
use prost::Message as _;

use crate::convert::timestamp;
use crate::store::dreams::DreamRow;

/// A state.
pub fn state(state: DreamState) -> pb::DreamState {
    // The codes are the enum's numbers: a test compares all of them.
    pb::DreamState::try_from(i32::from(state.code())).unwrap_or(pb::DreamState::Unspecified)
}

/// A stored mode.
pub fn mode(word: &str) -> pb::DreamMode {
    match Mode::parse(word) {
        Some(Mode::Apply) => pb::DreamMode::Apply,
        Some(Mode::Review) => pb::DreamMode::Review,
        Some(Mode::DryRun) => pb::DreamMode::DryRun,
        None => pb::DreamMode::Unspecified,
    }
}

/// A stored curator.
pub fn curator(word: &str) -> pb::Curator {
    match word {
        "builtin" => pb::Curator::Builtin,
        "llm" => pb::Curator::Llm,
        _ => pb::Curator::Unspecified,
    }
}

/// Reads the word that says which copies a dream looks for.
pub fn near(word: &str) -> pb::DreamNear {
    match word {
        "review" => pb::DreamNear::Review,
        "adopt" => pb::DreamNear::Adopt,
        _ => pb::DreamNear::Unspecified,
    }
}

/// The sums of an account.
pub fn ledger(ledger: &Ledger) -> pb::DreamLedger {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    pb::DreamLedger {
        statements_before: number(ledger.statements_before),
        kept: number(ledger.kept),
        duplicate: number(ledger.duplicate),
        superseded: number(ledger.superseded),
        merged: number(ledger.merged),
        moved: number(ledger.moved),
        rewritten: number(ledger.rewritten),
        added: number(ledger.added),
        tidied_files: number(ledger.tidied_files),
    }
}

/// A stored account.
pub fn stored_ledger(bytes: Option<Vec<u8>>) -> Option<pb::DreamLedger> {
    bytes.and_then(|bytes| pb::DreamLedger::decode(bytes.as_slice()).ok())
}

/// Stored violations.
pub fn stored_violations(stored: &[Vec<u8>]) -> Vec<pb::DreamViolation> {
    stored.iter().filter_map(|bytes| pb::DreamViolation::decode(bytes.as_slice()).ok()).collect()
}

/// A dream.
pub fn dream(row: DreamRow) -> pb::Dream {
    let id = |id| DreamId { scope: row.scope_id, id }.to_string();
    let elapsed = row.claimed_at.zip(row.ended_at).map(|(from, to)| (to - from).num_milliseconds().max(0));
    pb::Dream {
        dream_id: id(row.dream_id),
        user_id: row.user_id,
        state: DreamState::parse(&row.state).map_or(pb::DreamState::Unspecified, state).into(),
        mode: mode(&row.mode).into(),
        curator: curator(&row.curator).into(),
        requested: row.requested,
        requested_by: row.requested_by,
        instructions: row.instructions,
        as_of: row.as_of.map(|day| day.to_string()).unwrap_or_default(),
        budget: Some(pb::DreamBudget {
            max_ops: row.max_ops,
            max_files: row.max_files,
            max_bytes: row.max_bytes,
            max_read_bytes: row.max_read_bytes,
            max_seconds: row.max_seconds,
        }),
        usage: Some(pb::DreamUsage {
            ops: row.ops,
            files: row.files,
            bytes: row.bytes,
            read_bytes: row.read_bytes,
            model_tokens: row.model_tokens,
            elapsed_ms: elapsed.unwrap_or(0),
            refused_ops: row.refused_ops,
        }),
        snapshot_sequence: row.snapshot_sequence,
        attempts: row.attempts,
        worker_name: row.worker_name,
        cause: row.cause,
        more: row.more,
        ledger: stored_ledger(row.ledger),
        violations: stored_violations(&row.violations),
        paths: row.paths,
        created_at: Some(timestamp(row.created_at)),
        claimed_at: row.claimed_at.map(timestamp),
        lease_expires_at: row.lease_expires_at.map(timestamp),
        ended_at: row.ended_at.map(timestamp),
        trace_id: row.trace_id.as_deref().map(hex::encode).unwrap_or_default(),
        probable_pairs: row.probable_pairs,
        near: near(&row.near).into(),
        decided_by: row.decided_by,
        decided_at: row.decided_at.map(timestamp),
        decision_reason: row.decision_reason,
        expires_at: row.expires_at.map(timestamp),
        rest_of: row.rest_of.map(id).unwrap_or_default(),
        follows: row.follows.map(id).unwrap_or_default(),
        reverts: row.reverts.map(id).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_and_mode_has_its_own_name_on_the_wire() {
        for &known in DreamState::ALL {
            let name = format!("DREAM_STATE_{}", known.as_str().to_uppercase());
            assert_eq!(state(known).as_str_name(), name);
        }
        for &known in Mode::ALL {
            let name = format!("DREAM_MODE_{}", known.as_str().to_uppercase());
            assert_eq!(mode(known.as_str()).as_str_name(), name);
        }
    }
}
