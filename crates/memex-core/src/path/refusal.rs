//! Why a path is refused, each with what to do instead.

use thiserror::Error;

use crate::limits;

/// The rule that a path or prefix breaks. It does not repeat the path, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathRefusal {
    /// It has no character.
    #[error("the path is empty; give a path such as `user/profile.md`")]
    Empty,
    /// It is longer than [`limits::MAX_PATH_BYTES`] in its canonical form, or three times that as spelled.
    #[error("the path has {bytes} bytes; at most {} are allowed", limits::MAX_PATH_BYTES)]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It has more segments than [`limits::MAX_PATH_SEGMENTS`].
    #[error("the path has {segments} segments; at most {} are allowed", limits::MAX_PATH_SEGMENTS)]
    TooManySegments {
        /// How many it has.
        segments: usize,
    },
    /// Its first segment is neither `user` nor `shared`; `users/…` and physical names are refused too.
    #[error("a path begins with `user/` or `shared/`, in small letters and with no `/` before it")]
    UnknownScope,
    /// It names a scope and no file in it.
    #[error("the path names a scope, not a file; add the file's name, as in `user/profile.md`")]
    NoFile,
    /// It ends in `/`.
    #[error("the path ends in `/`; a file's path ends in its name")]
    TrailingSlash,
    /// Two separators stand side by side.
    #[error("the path has an empty segment; write one `/` between names")]
    EmptySegment,
    /// A segment is `.` or `..`.
    #[error("the path has a segment `.` or `..`; write the path out from `user/` or `shared/`")]
    DotSegment,
    /// It contains `\`.
    #[error("the path contains a backslash; separate names by `/`")]
    Backslash,
    /// It contains `%` and two hexadecimal digits.
    #[error("the path is percent-encoded; write the characters themselves")]
    PercentEncoded,
    /// It contains a control, format, bidirectional, tag, variation, private-use, unassigned or separator character.
    #[error("the path contains U+{:04X}, which does not show; use printable characters", *character as u32)]
    NotPrintable {
        /// The first such character.
        character: char,
    },
    /// It contains a character that looks like `/`, `\`, `.`, `%` or a space.
    #[error("the path contains U+{:04X}, which looks like a separator, dot, percent sign or space; use the ASCII one", *character as u32)]
    LookAlike {
        /// The first such character.
        character: char,
    },
    /// A segment begins or ends with a space.
    #[error("a name in the path begins or ends with a space; leave it out")]
    OuterSpace,
    /// A segment begins with a mark that belongs onto a letter before it.
    #[error("a name in the path begins with the combining mark U+{:04X}; begin it with a letter", *character as u32)]
    LeadingMark {
        /// That mark.
        character: char,
    },
}
