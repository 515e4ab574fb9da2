//! Keeps a dream's lease while it runs, and says when it is over.

use memex_proto::v1::StopReason;
use memex_runtime::failpoints::{self, Point};
use memex_runtime::retry::Backoff;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::assignment::Assignment;
use crate::calls::{DreamCalls, describe, reason_of};

/// Why a lease is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeaseEnd {
    /// memory-api said so.
    Stopped(StopReason),
    /// No renewal got through in time. memory-api may not know yet, but will refuse what comes.
    RanOut,
}

/// Renews every third of the lease; returns only when the lease is over. Dropped, it stops renewing.
///
/// The lease is counted from before each call that grants it, so that this worker never believes in it longer than
/// memory-api does.
pub(crate) async fn keep(calls: &DreamCalls, assignment: &Assignment) -> LeaseEnd {
    let length = assignment.lease;
    let mut granted_at = assignment.claimed_at;
    loop {
        sleep_until(granted_at + length / 3).await;
        let expires_at = granted_at + length;
        match timeout_at(expires_at, renewed(calls, assignment, expires_at)).await {
            Ok(Ok(asked_at)) => granted_at = asked_at,
            Ok(Err(reason)) => return LeaseEnd::Stopped(reason),
            Err(_) => return LeaseEnd::RanOut,
        }
    }
}

/// Asks until there is an answer: when the renewal that succeeded was sent, or why to stop.
async fn renewed(calls: &DreamCalls, assignment: &Assignment, until: Instant) -> Result<Instant, StopReason> {
    let mut waits = Backoff::new(assignment.lease / 60, assignment.lease / 6);
    loop {
        failpoints::pass(Point::InRenewal).await;
        let asked_at = Instant::now();
        match calls.renew(until).await {
            Ok(answer) => match answer.stop() {
                StopReason::Unspecified => return Ok(asked_at),
                stop => return Err(stop),
            },
            // The contract makes a lost lease a stop; a refusal that says so all the same is taken at its word.
            Err(status) if reason_of(&status) == Some(memex_proto::v1::ErrorReason::LeaseLost) => {
                return Err(StopReason::LeaseLost);
            }
            Err(status) => {
                tracing::debug!(dream.id = %assignment.dream_id, code = describe(&status), "a renewal failed");
                sleep(waits.next_after(crate::calls::asked_wait(&status))).await;
            }
        }
    }
}
