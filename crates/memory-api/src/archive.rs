//! The archive of a user: JSON lines, as `proto/ARCHIVE.md` describes them for everybody.

mod bring;
mod check;
mod lines;
mod order;
mod read;
mod write;

pub use bring::{Batch, Bringing, Room};
pub use lines::{
    AccessLine, DreamLine, DreamOpLine, FileLine, HeaderLine, LedgerLine, Line, OriginLine, RevisionLine, SourceLine,
    TreatmentLine,
};
pub use order::Counts;
pub use read::Lines;
pub use write::Parts;

/// The first line's `archive`.
const FORMAT: &str = "memex";

/// The version of the format that is written, and the only one that is read.
const VERSION: u32 = 1;
