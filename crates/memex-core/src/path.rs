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
/// Stems that are a log's.
const LOG_STEMS: [&str; 4] = ["log", "changelog", "worklog", "devlog"];
/// Endings of a log's stem.
const LOG_ENDINGS: [&str; 4] = ["-log", "_log", " log", ".log"];

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

    /// Whether it is a log: dreams never see it and it never makes a user due.
    ///
    /// A log is, in any case, a file under `user/` whose stem is `log`, `changelog`, `worklog` or `devlog` or ends in `-log`,
    /// `_log`, ` log` or `.log`; one whose name ends in `.log`; and whatever lies in a folder `log` or `logs`.
    pub fn is_excluded(&self) -> bool {
        let lower = self.0.to_lowercase();
        let Some((folders, name)) = lower.rsplit_once('/').filter(|_| self.scope_kind() == ScopeKind::User) else {
            return false;
        };
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        LOG_STEMS.contains(&stem)
            || LOG_ENDINGS.iter().any(|ending| stem.ends_with(ending))
            || name.ends_with(".log")
            || folders.split('/').any(|folder| matches!(folder, "log" | "logs"))
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
