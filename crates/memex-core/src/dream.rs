//! The states of a dream, and what becomes of its changeset. What an ending means for the next dream is decided in SQL, by
//! `mx_end_dream_1`.

use crate::words::word_enum;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_and_code_finds_its_own_variant_again() {
        for &state in DreamState::ALL {
            assert_eq!(DreamState::parse(state.as_str()), Some(state));
            assert_eq!(DreamState::from_code(state.code()), Some(state));
        }
        for &mode in Mode::ALL {
            assert_eq!((Mode::parse(mode.as_str()), Mode::from_code(mode.code())), (Some(mode), Some(mode)));
        }
    }
}
