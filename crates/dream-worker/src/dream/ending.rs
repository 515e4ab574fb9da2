//! Ends a dream: says to memory-api how the pass ended, and to the log what became of it.

use std::time::Duration;

use memex_core::limits::{MAX_LEFT_PATHS, MAX_PROBABLE_PAIRS};
use memex_proto::v1::{DreamState, ErrorReason, FinishDreamRequest, FinishDreamResponse, FinishOutcome};
use memex_runtime::failpoints::{self, Point};
use tonic::Status;
use tracing::Span;

use super::{Pass, Tally};
use crate::assignment::{Assignment, short};
use crate::calls::{DreamCalls, describe, reason_of};
use crate::lease::LeaseEnd;
use crate::wire;

/// How long a dream that is handed back waits for memory-api. The drain is over by then; without an answer the lease
/// runs out instead.
const RELEASING: Duration = Duration::from_secs(3);

/// Why the lease is over, in the log's words.
pub(super) fn lease_end(end: LeaseEnd) -> String {
    match end {
        LeaseEnd::Stopped(reason) => short(reason.as_str_name(), "STOP_REASON_"),
        LeaseEnd::RanOut => "its lease ran out without a renewal that got through".to_owned(),
    }
}

/// The state of a dream that ended without this worker.
const OVER: &str = "over";

/// The state of a dream whose end memory-api did not hear.
const UNFINISHED: &str = "unfinished";

/// Finishes the dream unless it is over, and writes its one line. Gives the state that it ended in.
pub(super) async fn end(calls: &DreamCalls, assignment: &Assignment, pass: &Pass, tally: &Tally) -> String {
    record(tally);
    let id = assignment.dream_id.as_str();
    let Some((request, patience)) = request(pass, tally, assignment.lease) else {
        if let Pass::Over(why) = pass {
            Span::current().record("dream.state", OVER);
            tracing::info!(dream.id = id, ops_staged = tally.ops_staged, "dream {id} is over and was left: {why}");
        }
        return OVER.to_owned();
    };
    let left = request.left.len();
    Span::current().record("dream.left", left);
    let outcome = short(request.outcome().as_str_name(), "FINISH_OUTCOME_");
    match calls.finish(request, patience).await {
        Ok(answer) => {
            failpoints::pass(Point::AfterFinish).await;
            finished(id, &outcome, pass, tally, left, &answer)
        }
        Err(status) => unfinished(id, &outcome, &status).to_owned(),
    }
}

fn request(pass: &Pass, tally: &Tally, lease: Duration) -> Option<(FinishDreamRequest, Duration)> {
    let (outcome, patience) = match pass {
        Pass::Complete => (FinishOutcome::Complete, lease),
        Pass::More(_) => (FinishOutcome::More, lease),
        Pass::Failed(_) => (FinishOutcome::Failed, lease),
        Pass::Released => (FinishOutcome::Released, RELEASING),
        Pass::Over(_) => return None,
    };
    let left = match pass {
        Pass::More(left) => left.iter().take(MAX_LEFT_PATHS).cloned().collect(),
        _ => Vec::new(),
    };
    let probable = match pass {
        Pass::Complete | Pass::More(_) => tally.probable.as_slice(),
        _ => &[],
    };
    let request = FinishDreamRequest {
        outcome: outcome.into(),
        summary: summary(pass, tally),
        left,
        probable_pairs: probable.iter().take(MAX_PROBABLE_PAIRS).cloned().map(wire::probable_pair).collect(),
        probable_count: i32::try_from(probable.len()).unwrap_or(i32::MAX),
        model_tokens: i64::try_from(tally.model_tokens).unwrap_or(i64::MAX),
        ..FinishDreamRequest::default()
    };
    Some((request, patience))
}

/// For people, in counts: memory-api shows it beside the ledger and never instead of it.
fn summary(pass: &Pass, tally: &Tally) -> String {
    let Tally { files_read, ops_staged, ops_dropped, lines_dropped, probable, .. } = tally;
    match pass {
        Pass::Failed(cause) => return cause.clone(),
        Pass::Released => return "the worker shut down".to_owned(),
        Pass::Complete | Pass::More(_) | Pass::Over(_) => {}
    }
    let mut told = format!("read {files_read} files, staged {ops_staged} ops that drop {lines_dropped} lines");
    if *ops_dropped > 0 {
        told.push_str(&format!("; {ops_dropped} ops were refused"));
    }
    if !probable.is_empty() {
        told.push_str(&format!("; {} probable pairs were left alone", probable.len()));
    }
    told
}

fn record(tally: &Tally) {
    let span = Span::current();
    span.record("dream.files_read", tally.files_read);
    span.record("dream.read_bytes", tally.read_bytes);
    span.record("dream.ops_staged", tally.ops_staged);
    span.record("dream.ops_dropped", tally.ops_dropped);
}

fn finished(id: &str, outcome: &str, pass: &Pass, tally: &Tally, left: usize, answer: &FinishDreamResponse) -> String {
    let state = short(answer.state().as_str_name(), "DREAM_STATE_");
    Span::current().record("dream.state", state.as_str());
    let (files_read, ops_staged, ops_dropped) = (tally.files_read, tally.ops_staged, tally.ops_dropped);
    let violations = answer.violations.len();
    match pass {
        Pass::Failed(cause) => {
            tracing::warn!(dream.id = id, outcome, state, files_read, ops_staged, "dream {id} failed: {cause}");
        }
        _ if answer.state() == DreamState::Refused => {
            tracing::warn!(
                dream.id = id,
                outcome,
                state,
                ops_staged,
                violations,
                "dream {id} was refused by the guard"
            );
        }
        _ => tracing::info!(
            dream.id = id,
            outcome,
            state,
            files_read,
            ops_staged,
            ops_dropped,
            left,
            violations,
            "dream {id} ended: {state}"
        ),
    }
    state
}

fn unfinished(id: &str, outcome: &str, status: &Status) -> &'static str {
    if reason_of(status) == Some(ErrorReason::LeaseLost) {
        Span::current().record("dream.state", OVER);
        tracing::info!(dream.id = id, outcome, "dream {id} was over before it was finished");
        OVER
    } else {
        let code = describe(status);
        tracing::warn!(dream.id = id, outcome, code, "dream {id} could not be finished; its lease will run out");
        UNFINISHED
    }
}

#[cfg(test)]
mod tests {
    use memex_curation::{Grade, LineRange, Pair, StandsAt};
    use memex_proto::v1::StopReason;

    use super::*;

    #[test]
    fn a_stop_is_said_in_its_own_word() {
        assert_eq!(lease_end(LeaseEnd::Stopped(StopReason::Canceled)), "canceled");
    }

    #[test]
    fn no_more_paths_are_left_than_the_call_takes() {
        let pass = Pass::More((0..MAX_LEFT_PATHS + 1).map(|n| format!("user/{n}.md")).collect());
        let (request, _) = request(&pass, &Tally::default(), Duration::from_secs(60)).unwrap();
        assert_eq!((request.left.len(), request.left[0].as_str()), (MAX_LEFT_PATHS, "user/0.md"));
    }

    #[test]
    fn probable_pairs_are_counted_and_the_first_of_them_listed_unless_the_pass_failed() {
        let at = |line| StandsAt { path: "user/a.md".into(), version: 3, lines: LineRange { first: line, last: line } };
        let pair = |line| Pair { grade: Grade::Probable, dropped: at(line), kept: at(9_999) };
        let tally = Tally { probable: (1..=201).map(pair).collect(), ..Tally::default() };
        let (request, _) = super::request(&Pass::Complete, &tally, Duration::from_secs(60)).unwrap();
        assert_eq!((request.probable_pairs.len(), request.probable_count), (MAX_PROBABLE_PAIRS, 201));
        let first = request.probable_pairs[0].dropped.clone().unwrap();
        assert_eq!((first.path.as_str(), first.version, first.lines.unwrap().first), ("user/a.md", 3, 1));
        assert!(request.summary.ends_with("drop 0 lines; 201 probable pairs were left alone"), "{}", request.summary);
        let failed = Pass::Failed("why".to_owned());
        let (request, _) = super::request(&failed, &tally, Duration::from_secs(60)).unwrap();
        assert_eq!((request.probable_pairs.len(), request.probable_count, request.summary.as_str()), (0, 0, "why"));
    }
}
