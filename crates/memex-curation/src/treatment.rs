//! The words of a changeset: files, line ranges, treatments and the ground that they give.

use chrono::NaiveDate;

/// A file of the snapshot that a dream sees.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceFile {
    /// The virtual path, as callers see it.
    pub path: String,
    /// The file's version in the snapshot.
    pub version: i64,
    /// The file's text.
    pub text: String,
    /// For each line, where it comes from; may be shorter than the text or empty.
    pub origins: Vec<LineOrigin>,
}

/// Where a line comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LineOrigin {
    /// The day of the revision in which an agent or a backend first asserted it.
    pub asserted_on: Option<NaiveDate>,
    /// The latest day among the line and the copies that dreams dropped for it.
    pub last_said: Option<NaiveDate>,
    /// Who said it.
    pub source: Source,
}

/// Who said a line, as far as a copy may stand for it: the first is dropped for none of those after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Source {
    /// The person.
    User,
    /// An agent, or a file that was imported.
    #[default]
    Agent,
    /// A tool's answer.
    Tool,
    /// A page of the web.
    Web,
}

/// Lines of a file: 1-based, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineRange {
    /// The first line.
    pub first: u32,
    /// The last line, never before the first.
    pub last: u32,
}

/// What an op does to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TreatmentKind {
    /// The line goes because another one says the same.
    DropDuplicate,
    /// The line gives way to a newer one.
    Supersede,
    /// The line takes the place of several.
    Merge,
    /// The line stands elsewhere.
    Move,
    /// Blank lines, list marks, headings left empty: no statement changes.
    Tidy,
    /// The line is said in other words.
    Rewrite,
}

/// A word that names no kind of treatment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownTreatment;

impl std::fmt::Display for UnknownTreatment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("not a kind of treatment")
    }
}

impl std::error::Error for UnknownTreatment {}

impl TreatmentKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::DropDuplicate, Self::Supersede, Self::Merge, Self::Move, Self::Tidy, Self::Rewrite];

    /// The word for it: `drop_duplicate`, `supersede`, `merge`, `move`, `tidy`, `rewrite`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DropDuplicate => "drop_duplicate",
            Self::Supersede => "supersede",
            Self::Merge => "merge",
            Self::Move => "move",
            Self::Tidy => "tidy",
            Self::Rewrite => "rewrite",
        }
    }

    /// The kind of that word.
    ///
    /// # Errors
    /// [`UnknownTreatment`] for any other word; spelling and case count.
    pub fn parse(word: &str) -> Result<Self, UnknownTreatment> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word).ok_or(UnknownTreatment)
    }
}

/// A line that a treatment cites as its ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreatmentSource {
    /// The file in which it stands.
    pub path: String,
    /// That file's version in the snapshot.
    pub version: i64,
    /// The whole statement, in that version's lines.
    pub lines: LineRange,
}

/// What an op does to one statement, and on what ground.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treatment {
    /// What is done.
    pub kind: TreatmentKind,
    /// The lines of the file before the op that it treats.
    pub before: Option<LineRange>,
    /// Where they stand after the op.
    pub after: Option<LineRange>,
    /// The ground; for `drop_duplicate` the line that stays.
    pub sources: Vec<TreatmentSource>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_word() {
        for kind in TreatmentKind::ALL {
            assert_eq!(TreatmentKind::parse(kind.as_str()), Ok(kind));
        }
        assert_eq!(TreatmentKind::parse("Tidy"), Err(UnknownTreatment));
        assert_eq!(TreatmentKind::parse(""), Err(UnknownTreatment));
    }
}
