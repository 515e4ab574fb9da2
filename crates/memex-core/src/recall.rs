//! The working set for the next session: which files it takes, in which order, and the block of text that it makes of
//! them.

mod block;
mod links;
mod order;
mod part;
mod pose;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};

use block::Block;

/// The files that are pinned unless their front matter says `pin: false`, in this order before all other pinned ones.
pub const PINNED: [&str; 3] = ["user/profile.md", "user/index.md", "shared/index.md"];

/// A file as it is now.
#[derive(Clone, Debug)]
pub struct CurrentFile<'t> {
    /// Its path.
    pub path: &'t str,
    /// Its version.
    pub version: i64,
    /// When that version was written.
    pub updated_at: DateTime<Utc>,
    /// Its text; `None` where it was not read: the file is then left out.
    pub text: Option<&'t str>,
}

/// Why a file is considered, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ground {
    /// Its front matter says so, or it is one of those that are pinned by default.
    Pinned,
    /// A pinned file links to it.
    Linked,
    /// It has words of the query.
    Relevant,
    /// It was changed lately.
    Recent,
}

/// What became of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recalled {
    /// Which of the files.
    pub file: usize,
    /// Why it was considered.
    pub ground: Ground,
    /// How many bytes of its text are in the block.
    pub taken_bytes: usize,
}

/// The working set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recall {
    /// The block.
    pub content: String,
    /// The files that it has, in its order.
    pub files: Vec<Recalled>,
    /// The others, in the order in which they would have come; logs that nothing asks for at the end.
    pub left_out: Vec<Recalled>,
}

/// Whether recall takes a file first: its front matter says `pin: true`, or it is one of [`PINNED`] and does not say
/// `pin: false`.
pub fn is_pinned(path: &str, text: &str) -> bool {
    order::is_pinned(path, text)
}

/// Makes a block of at most `max_bytes`. Each file stands in it whole, in the order of the grounds, until there is no
/// room: then the next is cut, and those after it are left out. The first file that would fill more than half of the block is
/// cut to that half as long as others want the room. Superseded lines come after all files that still hold, where room is
/// left, and a log is never recalled for being recent alone. Files are cut between lines: to their beginning, or to the
/// lines around the one that answers the query best, where that is why they are there. A line of a file that reads like the
/// heading of one has a backslash before it, which counts as none of the file's bytes.
///
/// `files` have no path twice. Their order makes no difference.
pub fn recall(files: &[CurrentFile<'_>], query: &str, max_bytes: usize) -> Recall {
    Block::fill(files, &order::order(files, query), max_bytes).finish()
}
