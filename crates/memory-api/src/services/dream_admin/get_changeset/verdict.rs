//! The verdict about a changeset, rule by rule, as it is now.

use memex_core::dream::DreamState;
use memex_core::ids::DreamId;
use memex_curation::ledger::Rule;
use memex_proto::v1 as pb;

use crate::convert::dream_message;
use crate::error::Result;
use crate::forgotten::RULE;
use crate::judge::allowed_loss;
use crate::store::Store;
use crate::store::dreams::{self, DreamRow};

/// How a dropped line and its ground stand, by the rules that the changeset broke there.
pub(super) fn grade(row: &DreamRow, dropped: &pb::QuotedLines) -> pb::Grade {
    let (Some(_), Some(lines)) = (&row.ledger, dropped.lines) else { return pb::Grade::Unspecified };
    let broken = dream_message::stored_violations(&row.violations);
    let mut here = broken
        .iter()
        .filter(|one| one.rule != RULE && one.path == dropped.path && (lines.first..=lines.last).contains(&one.line));
    match here.next() {
        None => pb::Grade::Certain,
        Some(one) if one.rule == Rule::OnlyProbable.as_str() => pb::Grade::Probable,
        Some(_) => pb::Grade::Claimed,
    }
}

/// The verdict of a dream that was judged; none of any other.
///
/// # Errors
/// Where Postgres fails.
pub(super) async fn verdict(store: &Store, dream: DreamId, row: &DreamRow) -> Result<Vec<pb::RuleVerdict>> {
    let Some(ledger) = dream_message::stored_ledger(row.ledger.clone()) else { return Ok(Vec::new()) };
    let mut verdict = Vec::new();
    if row.state == DreamState::Proposed.as_str() {
        let denied = dreams::proposal_denied(store.pool(), dream).await?;
        verdict.extend([allowed(denied.as_deref()), unmoved(denied.as_deref())]);
    }
    let broken = dream_message::stored_violations(&row.violations);
    let window = dreams::loss_window(&mut store.pool().acquire().await?, dream).await?;
    let lost = dreams::lost_statements(store.pool(), dream).await?;
    let of_bounds = |one: &&pb::DreamViolation| one.path.is_empty();
    let over: Vec<&str> = broken.iter().filter(of_bounds).map(|one| one.detail.as_str()).collect();
    let most = allowed_loss(&window, lost.scope_statements);
    verdict.push(pb::RuleVerdict {
        rule: "bounds".into(),
        passes: over.is_empty(),
        detail: match over.is_empty() {
            true => format!(
                "{} of {} ops, {} of {} files; it loses {} statements, and {} were lost within 30 days of at most {most}",
                row.ops, row.max_ops, row.files, row.max_files, lost.lost, window.lost
            ),
            false => over.join("; "),
        },
    });
    let forgotten = broken.iter().filter(|one| one.rule == RULE).count();
    let unaccounted = broken.len() - over.len() - forgotten;
    verdict.push(pb::RuleVerdict {
        rule: "ledger".into(),
        passes: unaccounted == 0,
        detail: match unaccounted {
            0 => format!("each of {} statements is accounted for", ledger.statements_before),
            1 => "1 violation".to_owned(),
            more => format!("{more} violations"),
        },
    });
    verdict.push(pb::RuleVerdict {
        rule: RULE.into(),
        passes: forgotten == 0,
        detail: match forgotten {
            0 => "nothing that a person removed, rejected or reverted comes back".to_owned(),
            places => format!("at {places} of its places comes back what a person removed, rejected or reverted"),
        },
    });
    Ok(verdict)
}

fn allowed(denied: Option<&str>) -> pb::RuleVerdict {
    let (passes, detail) = match denied {
        Some("erasing") => (false, "the user is being erased"),
        Some("paused") => (false, "dreaming is paused for this user"),
        Some("off") => (false, "dreaming is switched off"),
        _ => (true, "dreaming is on, and the user is not paused"),
    };
    pb::RuleVerdict { rule: "allowed".into(), passes, detail: detail.into() }
}

fn unmoved(denied: Option<&str>) -> pb::RuleVerdict {
    let moved = denied == Some("moved");
    let detail = if moved {
        "a file that it touches or cites was changed"
    } else {
        "no file that it touches or cites was changed"
    };
    pb::RuleVerdict { rule: "unmoved".into(), passes: !moved, detail: detail.into() }
}
