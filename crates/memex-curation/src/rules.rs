//! What a dream is told: its day, and the parts of a context that its operator calls neutral.

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::context::part_text;

/// What curating and judging go by, besides the files.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The day of the dream: what stands under a later day is a plan.
    pub as_of: NaiveDate,
    /// Parts of a context that say nothing in this workspace, as parts are compared.
    pub(crate) neutral: Arc<HashSet<String>>,
    /// Only a part of the user's files is known, so that another value of a line may stand in any of the others.
    pub(crate) partial: bool,
}

impl Rules {
    /// The rules of a dream on that day, without neutral parts.
    pub fn on(as_of: NaiveDate) -> Self {
        Self { as_of, neutral: Arc::default(), partial: false }
    }

    /// The same where only a part of the user's files is known: of copies with and without a day one of each stays.
    pub fn over_a_part(self) -> Self {
        Self { partial: true, ..self }
    }

    /// The same with parts of a context that say nothing: whole headings, folders or file names, in any case.
    pub fn with_neutral<'a>(self, phrases: impl IntoIterator<Item = &'a str>) -> Self {
        let phrases = phrases.into_iter().map(part_text).filter(|phrase| !phrase.is_empty());
        Self { neutral: Arc::new(phrases.collect()), ..self }
    }
}
