//! What the outcomes of a dream's statements mean, and the reason that each is logged with: the one that the caller is told.

use memex_proto::v1::ErrorReason;

use super::commit::Conflict;
use crate::convert::reason_code;
use crate::error::{Error, Result};

/// Why a dream may not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It is not, or no longer, this worker's, or it is sealed.
    Lost,
    /// The user's files changed.
    Overtaken,
    /// This budget is spent: `seconds`, `read_bytes`, `ops`, `files` or `bytes`.
    Spent(&'static str),
}

impl Denied {
    /// The reason that the worker is told.
    pub fn reason(self) -> ErrorReason {
        match self {
            Denied::Lost => ErrorReason::LeaseLost,
            Denied::Overtaken => ErrorReason::DreamOvertaken,
            Denied::Spent(_) => ErrorReason::BudgetExceeded,
        }
    }
}

/// What an outcome says of the dream; `None`: it holds.
///
/// # Errors
/// Where the outcome says nothing of the dream.
pub(super) fn denied(outcome: i16) -> Result<Option<Denied>> {
    Ok(match outcome {
        0 => None,
        1 | 4 => Some(Denied::Lost),
        2 => Some(Denied::Overtaken),
        3 => Some(Denied::Spent("seconds")),
        5 => Some(Denied::Spent("read_bytes")),
        8 => Some(Denied::Spent("ops")),
        9 => Some(Denied::Spent("files")),
        10 => Some(Denied::Spent("bytes")),
        _ => return Err(Error::Unexpected("a dream's statement gave an unknown outcome")),
    })
}

/// The reason that the log row of each outcome has, from outcome 0 on; outcome 13 stands for a path without a file.
/// `conflict` says what another version means to the caller.
pub(super) fn reasons(conflict: Conflict) -> Vec<i16> {
    let reason = |outcome| match outcome {
        7 => conflict.reason(),
        12 => ErrorReason::InvalidText,
        13 => ErrorReason::FileNotFound,
        14 => ErrorReason::GroundInvalid,
        _ => denied(outcome).ok().flatten().map_or(ErrorReason::Unspecified, Denied::reason),
    };
    (0..=14).map(|outcome| reason_code(reason(outcome))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_that_refuses_has_a_reason_and_no_other() {
        let all = reasons(Conflict::Exists);
        let without: Vec<usize> = (0..all.len()).filter(|outcome| all[*outcome] == 0).collect();
        assert_eq!((without, all.len()), (vec![0, 6, 11], 15));
        assert_ne!(all[7], reasons(Conflict::Stale)[7]);
    }
}
