//! What one dream may take at most.

/// The hard limits of one dream. memory-api counts against them on the dream's row; a worker only reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Staged ops.
    pub max_ops: u32,
    /// Files changed.
    pub max_files: u32,
    /// Bytes of inserted text, over all ops.
    pub max_bytes: u64,
    /// Bytes of text read.
    pub max_read_bytes: u64,
    /// Seconds from claim to finish.
    pub max_seconds: u32,
}

/// What a level (user, dream) asks for; `None` leaves the level above as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct BudgetLimits {
    /// Staged ops.
    pub max_ops: Option<u32>,
    /// Files changed.
    pub max_files: Option<u32>,
    /// Bytes of inserted text.
    pub max_bytes: Option<u64>,
    /// Bytes of text read.
    pub max_read_bytes: Option<u64>,
    /// Seconds from claim to finish.
    pub max_seconds: Option<u32>,
}

impl Budget {
    /// What a dream gets where nobody set anything: the defaults of the runtime keys.
    pub const DEFAULT: Budget =
        Budget { max_ops: 10, max_files: 20, max_bytes: 131_072, max_read_bytes: 4 * 1024 * 1024, max_seconds: 600 };

    /// This budget within `limits`: each bound the smaller of the two, so that a level below can never widen it.
    pub fn narrowed_by(&self, limits: &BudgetLimits) -> Budget {
        Budget {
            max_ops: narrowed(self.max_ops, limits.max_ops),
            max_files: narrowed(self.max_files, limits.max_files),
            max_bytes: narrowed(self.max_bytes, limits.max_bytes),
            max_read_bytes: narrowed(self.max_read_bytes, limits.max_read_bytes),
            max_seconds: narrowed(self.max_seconds, limits.max_seconds),
        }
    }
}

fn narrowed<T: Ord + Copy>(above: T, asked: Option<T>) -> T {
    asked.map_or(above, |asked| above.min(asked))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::keys;

    #[test]
    fn the_default_budget_is_that_of_the_keys() {
        let default = |name: &str| keys::key(name).unwrap().default.parse::<u64>().unwrap();
        let budget = Budget::DEFAULT;
        assert_eq!(u64::from(budget.max_ops), default("dream_max_writes"));
        assert_eq!(u64::from(budget.max_files), default("dream_max_files"));
        assert_eq!(budget.max_bytes, default("dream_max_bytes"));
        assert_eq!(budget.max_read_bytes, default("dream_max_read_bytes"));
        assert_eq!(u64::from(budget.max_seconds), default("dream_max_seconds"));
    }

    #[test]
    fn a_level_that_asks_for_nothing_changes_nothing() {
        assert_eq!(Budget::DEFAULT.narrowed_by(&BudgetLimits::default()), Budget::DEFAULT);
    }

    #[test]
    fn a_smaller_bound_is_taken_and_a_larger_one_is_not() {
        let asked = BudgetLimits { max_ops: Some(9), max_files: Some(21), max_seconds: Some(0), ..Default::default() };
        let budget = Budget::DEFAULT.narrowed_by(&asked);
        assert_eq!((budget.max_ops, budget.max_files, budget.max_seconds), (9, 20, 0));
    }

    proptest! {
        #[test]
        fn no_level_widens_any_bound(ops: Option<u32>, files: Option<u32>, bytes: Option<u64>, read: Option<u64>, seconds: Option<u32>) {
            let limits = BudgetLimits { max_ops: ops, max_files: files, max_bytes: bytes, max_read_bytes: read, max_seconds: seconds };
            let got = Budget::DEFAULT.narrowed_by(&limits);
            let wide = Budget::DEFAULT;
            prop_assert!(got.max_ops <= wide.max_ops && ops.is_none_or(|n| got.max_ops <= n));
            prop_assert!(got.max_files <= wide.max_files && files.is_none_or(|n| got.max_files <= n));
            prop_assert!(got.max_bytes <= wide.max_bytes && bytes.is_none_or(|n| got.max_bytes <= n));
            prop_assert!(got.max_read_bytes <= wide.max_read_bytes && read.is_none_or(|n| got.max_read_bytes <= n));
            prop_assert!(got.max_seconds <= wide.max_seconds && seconds.is_none_or(|n| got.max_seconds <= n));
        }
    }
}
