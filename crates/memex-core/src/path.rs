//! Virtual paths as callers see them, parsed once at the edge into types that cannot be wrong.
//!
//! A file has one spelling. Decomposed text is composed (NFC); whatever else could make a second spelling, or make a
//! reader see another path than the one that is stored, is refused and never mended.

mod prefix;
mod refusal;
mod rules;
#[cfg(test)]
mod spellings;
#[cfg(test)]
mod tests;

use std::fmt;

pub use prefix::PathPrefix;
pub use refusal::PathRefusal;

use crate::words::word_enum;

const DREAM_LOG: &str = "user/dream-log.md";
const LOG: &str = "user/log.md";

word_enum! {
    /// Which of a workspace's scopes a path lies in.
    ScopeKind {
        /// One end user's own: `user/…`.
        User = 1 "user",
        /// The workspace's: `shared/…`.
        Shared = 2 "shared",
    }
}

/// The canonical path of one file: `user/…` or `shared/…`, NFC, at most [`MAX_PATH_BYTES`](crate::limits::MAX_PATH_BYTES)
/// bytes and [`MAX_PATH_SEGMENTS`](crate::limits::MAX_PATH_SEGMENTS) segments. Ordered by bytes, as the database
/// orders it; case-sensitive. Which user is meant never stands in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryPath(String);

impl MemoryPath {
    /// Takes a path as a caller spelled it.
    ///
    /// # Errors
    /// The first rule that it breaks; the caller corrects the path, trying again does not help.
    pub fn parse(text: &str) -> Result<MemoryPath, PathRefusal> {
        rules::canonical_file(text).map(MemoryPath)
    }

    /// The dream log, written by memory-api alone.
    pub fn dream_log() -> MemoryPath {
        MemoryPath(DREAM_LOG.to_owned())
    }

    /// The canonical spelling.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The scope that it lies in.
    pub fn scope_kind(&self) -> ScopeKind {
        if self.0.starts_with("user/") { ScopeKind::User } else { ScopeKind::Shared }
    }

    /// Whether dreams never see it and it never makes a user due: `user/log.md`, `user/dream-log.md`, and any path
    /// under `user/` that ends in `-log.md` or `.log`.
    ///
    /// Paths are case-sensitive and so is this: `user/Log.md` is an ordinary file. A rule that people can predict
    /// from its words is worth more than one that guesses; who wants a log kept from dreams names it as one.
    pub fn is_excluded(&self) -> bool {
        self.scope_kind() == ScopeKind::User
            && (self.0 == LOG || self.0 == DREAM_LOG || self.0.ends_with("-log.md") || self.0.ends_with(".log"))
    }

    /// Whether it is the [dream log](Self::dream_log).
    pub fn is_dream_log(&self) -> bool {
        self.0 == DREAM_LOG
    }
}

impl fmt::Display for MemoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for MemoryPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}
