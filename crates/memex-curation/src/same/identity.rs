//! What a statement is, for the question whether another one is the same.

use std::cell::OnceCell;

use chrono::NaiveDate;

use crate::context::Context;
use crate::fitness::{Fitness, Says};
use crate::text::{self, Strict};
use crate::treatment::Source;

/// Why a statement is neither a duplicate nor a ground.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bar {
    /// It has no letter and no digit.
    SaysNothing,
    /// It stands in an archived place.
    PutAway,
    /// It is an item of a numbered list.
    Numbered,
    /// It is a quotation.
    Quoted,
    /// It stands in a list of `+` and `-`.
    Weighed,
    /// It stands under a day after the dream's.
    Planned,
    /// It stands below "suppose …".
    Supposed,
    /// It has several lines.
    SeveralLines,
    /// It is a label.
    Label,
    /// It refers to a statement above, and none is there.
    RefersToNothing,
    /// Something hangs on it: a nested item, a list, a line below that refers to it.
    HangsOn,
}

/// A statement, read.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// Its strict text, its box and the definitions of its references.
    pub key: String,
    pub strict: Strict,
    loose: OnceCell<String>,
    pub context: Context,
    pub fitness: Fitness,
    pub bar: Option<Bar>,
    /// The day that is written with it: its stamp, else of heading, front matter or path.
    pub day: Option<NaiveDate>,
    /// The day of the revision in which it was first asserted; decides only between two without a written day.
    pub asserted_on: Option<NaiveDate>,
    /// Who said it.
    pub source: Source,
    /// A full date stands in its path or in a heading above it.
    pub placed_by_day: bool,
    /// How it is written: the lower, the better.
    pub style: u8,
}

/// What of an identity is known before its context.
pub(super) struct Parts {
    pub key: String,
    pub strict: Strict,
    pub fitness: Fitness,
}

impl Identity {
    pub(super) fn new(parts: Parts, context: Context, bar: Option<Bar>) -> Self {
        let Parts { key, strict, fitness } = parts;
        Self {
            key,
            strict,
            loose: OnceCell::new(),
            context,
            fitness,
            bar,
            day: None,
            asserted_on: None,
            source: Source::default(),
            placed_by_day: false,
            style: 0,
        }
    }

    /// Its loose text, with its box and definitions.
    pub fn loose(&self) -> &str {
        self.loose.get_or_init(|| {
            let around = self.key.strip_suffix(&self.strict.text).unwrap_or(&self.key);
            format!("{around}{}", text::loose(&self.strict))
        })
    }

    /// It says what holds.
    pub fn holds(&self) -> bool {
        self.fitness.says != Says::Event
    }
}
