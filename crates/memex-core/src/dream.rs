//! The states of a dream, how it may end, and when the next may come.

use crate::{limits, words::word_enum};

word_enum! {
    /// What becomes of a changeset that passes the guard; each further one may do less.
    Mode {
        /// Adopted.
        Apply = 1 "apply",
        /// Kept for a person to decide.
        Review = 2 "review",
        /// Reported, never adopted.
        DryRun = 3 "dry_run",
    }
}

word_enum! {
    /// Where a dream stands, or how it ended.
    DreamState {
        /// A person asked for it; it waits for a worker.
        Requested = 1 "requested",
        /// Claimed, under a lease.
        Running = 2 "running",
        /// Its changeset waits for a person.
        Proposed = 3 "proposed",
        /// Its changeset was adopted.
        Applied = 4 "applied",
        /// Nothing was staged: no file touched, no revision.
        Noop = 5 "noop",
        /// A dry run that ended.
        Reported = 6 "reported",
        /// The guard refused its changeset.
        Refused = 7 "refused",
        /// A person said no to its proposal.
        Rejected = 8 "rejected",
        /// Nobody decided on its proposal in time.
        Expired = 9 "expired",
        /// A file that its proposal touches or cites was changed.
        Stale = 10 "stale",
        /// A newer dream's proposal took its place.
        Replaced = 11 "replaced",
        /// The user's memory changed while it ran.
        Overtaken = 12 "overtaken",
        /// Pause, switch, consent, erasure or an operator ended it.
        Canceled = 13 "canceled",
        /// A worker that shut down handed it back.
        Released = 14 "released",
        /// Its lease expired.
        Lost = 15 "lost",
        /// Worker, curator or provider failed.
        Failed = 16 "failed",
        /// Undone after it was applied.
        Reverted = 17 "reverted",
    }
}

word_enum! {
    /// What a worker says when it finishes.
    FinishOutcome {
        /// Everything was read and done.
        Complete = 1 "complete",
        /// The budget is at its end and work is left.
        More = 2 "more",
        /// The worker, its curator or the provider failed.
        Failed = 3 "failed",
        /// The worker shuts down and hands the dream back.
        Released = 4 "released",
    }
}

impl DreamState {
    /// Whether a dream that ends like this moves its scope's watermark to its snapshot, whoever asked for it. For
    /// `reported` and for the outcome `more` see [`moves_watermark_after`](Self::moves_watermark_after).
    pub const fn moves_watermark(self) -> bool {
        matches!(self, DreamState::Proposed | DreamState::Applied | DreamState::Noop | DreamState::Refused)
    }

    /// The whole rule: a dry run moves the watermark only where it was `scheduled`, not where a person asked; and
    /// an `applied` or `noop` dream that said `more` leaves it, so that the rest comes after the interval.
    pub const fn moves_watermark_after(self, scheduled: bool, more: bool) -> bool {
        match self {
            DreamState::Applied | DreamState::Noop => !more,
            DreamState::Reported => scheduled,
            other => other.moves_watermark(),
        }
    }

    /// Whether it counts towards back-off and parking.
    pub const fn is_failure(self) -> bool {
        matches!(self, DreamState::Lost | DreamState::Failed)
    }

    /// Whether it has not ended: no other dream of its scope may start. A proposal has ended its run.
    pub const fn is_open(self) -> bool {
        matches!(self, DreamState::Requested | DreamState::Running)
    }
}

/// Minutes to wait after `failures` dreams in a row that failed: 2^failures, at most
/// [`limits::MAX_BACKOFF_MINUTES`]; none after none. The caller adds the jitter.
pub const fn backoff_minutes(failures: u32) -> u32 {
    if failures == 0 {
        return 0;
    }
    // 2^9 is beyond the bound already, so that a larger shift would only overflow.
    if failures > 8 { limits::MAX_BACKOFF_MINUTES } else { 1 << failures }
}

/// By how much the grace grows after `overtaken_in_row` dreams that the user's own writes overtook: 1, 2, 4, at most
/// [`limits::MAX_GRACE_FACTOR`].
pub const fn grace_factor(overtaken_in_row: u32) -> u32 {
    if overtaken_in_row >= 3 { limits::MAX_GRACE_FACTOR } else { 1 << overtaken_in_row }
}

#[cfg(test)]
mod tests {
    use super::DreamState::{
        Applied, Canceled, Expired, Failed, Lost, Noop, Overtaken, Proposed, Refused, Rejected, Released, Replaced,
        Reported, Requested, Reverted, Running, Stale,
    };
    use super::*;

    #[test]
    fn every_state_moves_the_watermark_or_not_as_the_table_of_states_says() {
        let moving = [Proposed, Applied, Noop, Refused];
        let staying = [
            Requested, Running, Reported, Rejected, Expired, Stale, Replaced, Overtaken, Canceled, Released, Lost,
            Failed, Reverted,
        ];
        assert_eq!(moving.len() + staying.len(), DreamState::ALL.len());
        assert!(moving.iter().all(|state| state.moves_watermark()));
        assert!(!staying.iter().any(|state| state.moves_watermark()));
    }

    #[test]
    fn more_keeps_the_watermark_of_applied_and_noop_alone_and_a_dry_run_moves_it_if_scheduled() {
        for &state in DreamState::ALL {
            for scheduled in [true, false] {
                let complete = if state == Reported { scheduled } else { state.moves_watermark() };
                assert_eq!(state.moves_watermark_after(scheduled, false), complete, "{state}");
                let more = complete && !matches!(state, Applied | Noop);
                assert_eq!(state.moves_watermark_after(scheduled, true), more, "{state}");
            }
        }
    }

    #[test]
    fn lost_and_failed_are_failures_and_requested_and_running_are_open() {
        let failures: Vec<_> = DreamState::ALL.iter().filter(|state| state.is_failure()).collect();
        assert_eq!(failures, [&Lost, &Failed]);
        let open: Vec<_> = DreamState::ALL.iter().filter(|state| state.is_open()).collect();
        assert_eq!(open, [&Requested, &Running]);
    }

    #[test]
    fn back_off_doubles_up_to_six_hours_and_the_grace_up_to_eightfold() {
        let got: Vec<u32> = (0..=10).map(backoff_minutes).collect();
        assert_eq!(got, [0, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
        assert_eq!(backoff_minutes(u32::MAX), 360);
        let factors: Vec<u32> = (0..=5).map(grace_factor).collect();
        assert_eq!(factors, [1, 2, 4, 8, 8, 8]);
        assert_eq!(grace_factor(u32::MAX), 8);
    }

    #[test]
    fn every_word_and_code_finds_its_own_variant_again() {
        for &state in DreamState::ALL {
            assert_eq!(DreamState::parse(state.as_str()), Some(state));
            assert_eq!(DreamState::from_code(state.code()), Some(state));
        }
        for &mode in Mode::ALL {
            assert_eq!((Mode::parse(mode.as_str()), Mode::from_code(mode.code())), (Some(mode), Some(mode)));
        }
        for &outcome in FinishOutcome::ALL {
            assert_eq!(FinishOutcome::parse(outcome.as_str()), Some(outcome));
            assert_eq!(FinishOutcome::from_code(outcome.code()), Some(outcome));
        }
    }
}
