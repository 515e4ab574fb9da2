//! What a changeset can be held guilty of, in words without content.

/// A rule that a changeset broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A statement left, and no copy of it stands.
    StatementLost,
    /// A statement came that was not there.
    StatementAdded,
    /// Something changed that no treatment speaks of.
    TreatmentMissing,
    /// The cited line does not exist, is not the same statement in the same context, or does not stand at the end.
    GroundInvalid,
    /// The line that stays is dated earlier than the one that goes, or a later word would be lost.
    KeptCopyOlder,
    /// A line that tells an agent how to behave left without ground.
    StandingInstructionLost,
    /// Code, a table, HTML, a comment or front matter is not byte for byte what it was.
    OpaqueChanged,
    /// A heading or a thematic break came, went or changed.
    HeadingChanged,
    /// The statements are the same but stand in another order, nesting or place.
    ContextChanged,
    /// The dropped line and the cited one are only probably the same: a person decides.
    OnlyProbable,
    /// More changed than the builtin curator's tidying changes.
    TidyDiffers,
    /// A file came.
    FileMade,
    /// A file went, or was left without a statement.
    FileEmptied,
    /// The file is none that a dream may touch.
    FileNotCurated,
    /// The treatment's kind cannot be checked by words and needs a person.
    NotSupportedYet,
}

impl Rule {
    /// The word for it, as it is stored and shown: `statement_lost` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StatementLost => "statement_lost",
            Self::StatementAdded => "statement_added",
            Self::TreatmentMissing => "treatment_missing",
            Self::GroundInvalid => "ground_invalid",
            Self::KeptCopyOlder => "kept_copy_older",
            Self::StandingInstructionLost => "standing_instruction_lost",
            Self::OpaqueChanged => "opaque_changed",
            Self::HeadingChanged => "heading_changed",
            Self::ContextChanged => "context_changed",
            Self::OnlyProbable => "only_probable",
            Self::TidyDiffers => "tidy_differs",
            Self::FileMade => "file_made",
            Self::FileEmptied => "file_emptied",
            Self::FileNotCurated => "file_not_curated",
            Self::NotSupportedYet => "not_supported_yet",
        }
    }
}

/// One thing that is not accounted for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The touched file.
    pub path: String,
    /// The line: of the text after for what came or was tidied, of the text before for everything else; 0 if none can be told.
    pub line: u32,
    /// The rule.
    pub rule: Rule,
    /// More about it; never a word of the memory.
    pub detail: String,
}
