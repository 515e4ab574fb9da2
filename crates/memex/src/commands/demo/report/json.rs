//! The demonstration as one JSON value.

use std::path::Path;

use serde_json::{Value, json};

use super::{Account, Decided, Decisions, Dreamt, Expectations, Loaded, Orders, Pairs, Proof};
use crate::commands::demo::account::total;
use crate::commands::demo::dreams::Applied;
use memex_view::{DreamView, FileChangeView, LedgerView};

/// All of it.
#[allow(clippy::too_many_arguments, reason = "the one place where everything comes together")]
pub fn value(
    kept: Option<&Path>,
    loaded: &Loaded,
    dreamt: &[Dreamt],
    account: &Account,
    pairs: &[Pairs],
    orders: &Orders,
    proof: &Proof,
    decisions: &Decisions,
    expect: &Expectations,
) -> Value {
    let people: Vec<Value> = dreamt
        .iter()
        .zip(account.ledgers.iter().zip(pairs))
        .map(|(person, ((_, sums), pairs))| {
            let dreams: Vec<Value> = person.applied.iter().map(dream).collect();
            json!({
                "user": person.user, "files": loaded.files.get(person.user), "dreams": dreams,
                "settled": person.settled, "ledger": LedgerView::from(*sums), "pairs": pairs.adopted, "probable": pairs.probable,
            })
        })
        .collect();
    let total = total(account.ledgers.iter().map(|(_, sums)| sums));
    json!({
        "people": people,
        "ledger": LedgerView::from(total),
        "revisions": account.revisions,
        "access_rows": account.access,
        "orders": {
            "given": orders.given, "standing": orders.standing, "untouched": orders.untouched, "touched": orders.touched,
        },
        "revert": {
            "user": proof.user, "dream_id": proof.dream_id, "revisions": proof.revisions, "changed_files": proof.changed,
            "compared_files": proof.compared, "differing": proof.differing, "sha256_before": proof.before,
            "sha256_after": proof.after,
        },
        "decisions": told(decisions),
        "expectations": expect.looked_at(),
        "data_dir": kept,
    })
}

fn told(decisions: &Decisions) -> Value {
    let Decisions { approved, revisions, rejected, reason, next: (next, ended), again } = decisions;
    let proposal = |one: &Decided| json!({"user": one.user, "dream_id": one.dream_id, "pairs": one.pairs});
    let (mut approved, mut rejected) = (proposal(approved), proposal(rejected));
    approved["revisions"] = json!(revisions);
    rejected["reason"] = json!(reason);
    json!({
        "approved": approved, "rejected": rejected,
        "next": {"dream_id": next, "state": ended, "again": again},
    })
}

fn dream(applied: &Applied) -> Value {
    let files: Vec<FileChangeView> = applied.files.iter().cloned().map(Into::into).collect();
    json!({"dream": DreamView::from(applied.dream.clone()), "files": files})
}
