//! The table of runtime keys.

use super::Level::{Deployment, Dream, User, Workspace};
use super::Narrowing::{Both, OneLevel, Order, Smallest};
use super::{Key, KeyKind, Level, Narrowing};
use crate::limits;

const MIB: i64 = 1024 * 1024;

/// The mode of dreams: those that pass every rule are adopted, wait for a person, or are reported.
pub const DREAM_MODE: Key = choice("dream_mode", "apply", &["apply", "review", "dry_run"], &[Workspace, User, Dream]);

/// The most ops of a dream.
pub const DREAM_MAX_WRITES: Key = integer("dream_max_writes", "10", (1, 200), "ops", &[Workspace, User, Dream]);

/// The most files that a dream changes.
pub const DREAM_MAX_FILES: Key = integer("dream_max_files", "20", (1, 200), "files", &[Workspace, User, Dream]);

/// The most bytes of text that a dream inserts.
pub const DREAM_MAX_BYTES: Key =
    integer("dream_max_bytes", "131072", (1_024, 4 * MIB), "bytes", &[Workspace, User, Dream]);

/// The most bytes of text that a dream reads.
pub const DREAM_MAX_READ_BYTES: Key =
    integer("dream_max_read_bytes", "4194304", (64 * 1024, 64 * MIB), "bytes", &[Workspace, Dream]);

/// The most seconds from a dream's claim to its end.
pub const DREAM_MAX_SECONDS: Key = integer("dream_max_seconds", "600", (10, 3_600), "seconds", &[Workspace, Dream]);

/// Headings, folders and file names that say nothing in a workspace.
pub const DREAM_NEUTRAL: Key = phrases("dream_neutral", (100, 100), &[Workspace]);

/// Every runtime key, in the order in which people read them. A key stands here once something reads it: one that could be
/// set and did nothing would be a false promise.
pub const KEYS: &[Key] = &[
    flag("dream_enabled", &[Deployment, Workspace], Both),
    DREAM_MODE,
    choice("dream_curator", "builtin", &["llm", "builtin"], &[Workspace, Dream]),
    integer("dream_interval_minutes", "60", (1, 10_080), "minutes", &[Workspace]),
    integer("dream_grace_period_minutes", "30", (0, 1_440), "minutes", &[Workspace]),
    integer("dream_min_changes", "1", (1, 1_000), "changes", &[Workspace]),
    integer("dream_concurrency", "3", (1, 1_000), "dreams", &[Workspace]),
    DREAM_MAX_WRITES,
    DREAM_MAX_FILES,
    DREAM_MAX_BYTES,
    DREAM_MAX_READ_BYTES,
    DREAM_MAX_SECONDS,
    integer("dream_lease_seconds", "60", (5, 600), "seconds", &[Deployment]),
    integer("dream_max_loss_percent", "20", (0, 100), "percent", &[Workspace]),
    choice("dream_guard", "review", &["review", "refuse"], &[Workspace, User]),
    choice("dream_near", "review", &["adopt", "review", "off"], &[Workspace]),
    DREAM_NEUTRAL,
    integer("dream_max_attempts", "5", (1, 20), "attempts", &[Workspace]),
    integer("dream_review_days", "14", (1, 90), "days", &[Workspace]),
    integer("access_log_retention_days", "90", (1, 3_650), "days", &[Workspace]),
    integer(
        "max_text_bytes",
        "102400",
        (1_024, limits::MAX_TEXT_BYTES_CEILING as i64),
        "bytes",
        &[Deployment, Workspace],
    ),
    integer("max_files", "2000", (1, 20_000), "files", &[Deployment, Workspace]),
    integer("max_scope_bytes", "104857600", (MIB, 10 * 1024 * MIB), "bytes", &[Deployment, Workspace]),
    integer("request_retention_hours", "48", (1, 720), "hours", &[Deployment]),
];

const fn flag(name: &'static str, levels: &'static [Level], narrow: Narrowing) -> Key {
    Key { name, default: "false", kind: KeyKind::Bool, levels, narrow }
}

/// A key whose `words` stand from wide to narrow.
const fn choice(
    name: &'static str,
    default: &'static str,
    words: &'static [&'static str],
    levels: &'static [Level],
) -> Key {
    let narrow = if levels.len() == 1 { OneLevel } else { Order(words) };
    Key { name, default, kind: KeyKind::Choice(words), levels, narrow }
}

const fn integer(
    name: &'static str,
    default: &'static str,
    (min, max): (i64, i64),
    unit: &'static str,
    levels: &'static [Level],
) -> Key {
    let narrow = if levels.len() == 1 { OneLevel } else { Smallest };
    Key { name, default, kind: KeyKind::Integer { min, max, unit }, levels, narrow }
}

/// A key of one level that takes at most `most` phrases of at most `length` characters, and has none by default.
const fn phrases(name: &'static str, (most, length): (usize, usize), levels: &'static [Level]) -> Key {
    Key { name, default: "", kind: KeyKind::Phrases { most, length }, levels, narrow: OneLevel }
}
