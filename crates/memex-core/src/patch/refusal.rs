//! Why a patch does not apply, and on which lines.

use std::fmt;

use thiserror::Error;

use crate::limits;

/// Why a patch is refused as a whole. `edit` counts from 0, as `edits[0]`. No variant repeats text of the file.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatchRefusal {
    /// What the edit expects is not there.
    #[error("edits[{edit}]: no match: {sought}")]
    NoMatch {
        /// Which edit.
        edit: usize,
        /// What it looked for.
        sought: Sought,
    },
    /// What the edit expects is there more than once.
    #[error("edits[{edit}]: {count} matches, {}; say more of what surrounds the one that is meant", Listed(lines))]
    Ambiguous {
        /// Which edit.
        edit: usize,
        /// How many there are, overlapping ones included.
        count: usize,
        /// The lines on which they begin, from 1, each once, at most [`limits::MAX_REPORTED_LINES`] of them.
        lines: Vec<u32>,
    },
    /// The edit breaks a rule whatever the text is.
    #[error("edits[{edit}]: {rule}")]
    Invalid {
        /// Which edit.
        edit: usize,
        /// The rule.
        rule: &'static str,
    },
}

/// What an edit looked for in vain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sought {
    /// The text to replace.
    Text {
        /// Whether it would be there if line endings were not compared.
        but_for_line_endings: bool,
    },
    /// The heading of a section.
    Heading,
    /// The line after which to insert.
    Line {
        /// Its number.
        line: u32,
        /// How many lines the text has.
        of: u32,
    },
    /// Lines with the expected text.
    Lines {
        /// The first.
        first_line: u32,
        /// The last.
        last_line: u32,
        /// How many lines the text has.
        of: u32,
    },
}

impl fmt::Display for Sought {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sought::Text { but_for_line_endings: false } => f.write_str("the text to replace occurs 0 times"),
            Sought::Text { but_for_line_endings: true } => {
                f.write_str("the text to replace occurs 0 times with these line endings; use those of the file")
            }
            Sought::Heading => f.write_str("there are 0 such headings"),
            Sought::Line { line, of } => write!(f, "line {line} is beyond the text's {of}"),
            Sought::Lines { first_line, last_line, of } if last_line > of => {
                write!(f, "lines {first_line} to {last_line} reach beyond the text's {of}")
            }
            Sought::Lines { first_line, last_line, .. } => {
                write!(f, "lines {first_line} to {last_line} are not the expected ones")
            }
        }
    }
}

impl PatchRefusal {
    /// The same refusal, of the edit at this place.
    pub(super) fn at(mut self, place: usize) -> PatchRefusal {
        let (Self::NoMatch { edit, .. } | Self::Ambiguous { edit, .. } | Self::Invalid { edit, .. }) = &mut self;
        *edit = place;
        self
    }

    pub(super) fn no_match(sought: Sought) -> PatchRefusal {
        PatchRefusal::NoMatch { edit: 0, sought }
    }

    pub(super) fn invalid(rule: &'static str) -> PatchRefusal {
        PatchRefusal::Invalid { edit: 0, rule }
    }

    /// `lines` in ascending order, one for each match.
    pub(super) fn ambiguous(mut lines: Vec<u32>) -> PatchRefusal {
        let count = lines.len();
        lines.dedup();
        lines.truncate(limits::MAX_REPORTED_LINES);
        PatchRefusal::Ambiguous { edit: 0, count, lines }
    }
}

struct Listed<'a>(&'a [u32]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0.len() == 1 { "" } else { "s" };
        let lines: Vec<String> = self.0.iter().map(u32::to_string).collect();
        let rest = if self.0.len() == limits::MAX_REPORTED_LINES { " and maybe further ones" } else { "" };
        write!(f, "on line{plural} {}{rest}", lines.join(", "))
    }
}
