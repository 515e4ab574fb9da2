//! The guards that are Rust: all on, unless a test that shows what each is for switches one off.

/// Which rules are enforced. There is no argument and no variable that switches one off: only code built with the
/// feature `test-doors` can make any other value than the default.
#[derive(Clone, Copy, Debug)]
pub struct Guards {
    /// A token reaches its own user and workspace alone.
    pub(crate) scope: bool,
    /// A dream never sees or touches an excluded path.
    pub(crate) excluded: bool,
    /// A changeset passes the ledger before it is adopted.
    pub(crate) ledger: bool,
    /// The ledger knows whose word a line is.
    pub(crate) source: bool,
    /// What people removed, rejected or reverted does not come back through a dream.
    pub(crate) forgotten: bool,
    /// A repeated mutation of anything but files is given its first answer.
    pub(crate) requests: bool,
    /// A connection serves another call only after its transaction was seen to end.
    pub(crate) transactions: bool,
}

impl Default for Guards {
    fn default() -> Self {
        Self {
            scope: true,
            excluded: true,
            ledger: true,
            source: true,
            forgotten: true,
            requests: true,
            transactions: true,
        }
    }
}

/// A guard by its name.
#[cfg(feature = "test-doors")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// A token reaches its own user and workspace alone.
    Scope,
    /// A dream never sees or touches an excluded path.
    Excluded,
    /// A changeset passes the ledger before it is adopted.
    Ledger,
    /// The ledger knows whose word a line is.
    Source,
    /// What people removed, rejected or reverted does not come back through a dream.
    Forgotten,
    /// A repeated mutation of anything but files is given its first answer.
    Requests,
    /// A connection serves another call only after its transaction was seen to end.
    Transactions,
}

#[cfg(feature = "test-doors")]
impl Guards {
    /// All guards but one, for the twin that shows what it is for.
    pub fn without(guard: Guard) -> Self {
        let mut guards = Self::default();
        match guard {
            Guard::Scope => guards.scope = false,
            Guard::Excluded => guards.excluded = false,
            Guard::Ledger => guards.ledger = false,
            Guard::Source => guards.source = false,
            Guard::Forgotten => guards.forgotten = false,
            Guard::Requests => guards.requests = false,
            Guard::Transactions => guards.transactions = false,
        }
        guards
    }
}
