//! The users and files that a benchmark measures over.

use crate::context::Context;

/// A deployment and the users that are measured over.
pub(super) struct Bench<'a> {
    /// The connection.
    pub context: &'a Context,
    /// How many users.
    pub users: u32,
    /// How many files each has.
    pub files: u32,
}

impl<'a> Bench<'a> {
    pub(super) fn new(context: &'a Context, users: u32, files: u32) -> Self {
        Self { context, users, files }
    }

    /// The user of a turn.
    pub(super) fn user(&self, turn: u64) -> String {
        format!("bench-{:04}", spread(turn) % u64::from(self.users) + 1)
    }

    /// The path of a turn.
    pub(super) fn path(&self, turn: u64) -> String {
        path((spread(turn) >> 32) % u64::from(self.files) + 1)
    }
}

/// The path of a numbered file.
pub(super) fn path(file: u64) -> String {
    format!("user/bench-{file}.md")
}

/// Scatters turns that follow each other (the finaliser of SplitMix64).
fn spread(turn: u64) -> u64 {
    let mut bits = turn.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
