//! The context of a statement: the parts of path, front matter, headings and introducing lines that say whose it is,
//! where, when and on what terms.

mod front;
mod part;
mod path;

use std::collections::HashSet;
use std::sync::Arc;

use chrono::NaiveDate;

use crate::date;
use crate::language::Tongues;
use crate::statement::{Document, Introducer};

pub(crate) use part::{Part, is_archived, part_text};
pub(crate) use path::Place as PathPlace;

/// A part that says something, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub text: Arc<str>,
    /// It says only what about.
    pub topic: bool,
}

/// What a statement's place says besides the statement itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Context {
    /// The parts that say something, outermost first, each once.
    pub parts: Vec<Said>,
}

impl Context {
    /// Equal, or one empty while all parts of the other only say what about.
    pub fn agrees_with(&self, other: &Self) -> bool {
        let topics = |one: &Self| one.parts.iter().all(|part| part.topic);
        let same =
            self.parts.len() == other.parts.len() && self.parts.iter().zip(&other.parts).all(|(a, b)| a.text == b.text);
        same || (self.parts.is_empty() && topics(other)) || (other.parts.is_empty() && topics(self))
    }

    /// All parts of one stand in the other, in order.
    pub fn holds_or_is_held_by(&self, other: &Self) -> bool {
        let held = |few: &Self, many: &Self| {
            let mut many = many.parts.iter();
            few.parts.iter().all(|part| many.any(|other| other.text == part.text))
        };
        held(self, other) || held(other, self)
    }
}

/// The parts that hold for a whole file, and for each of its headings.
pub(crate) struct FileParts {
    pub path: PathPlace,
    front: Vec<Part>,
    headings: Vec<Part>,
    /// The day of the front matter.
    pub front_day: Option<NaiveDate>,
    /// The file is put away, or front matter could not be read.
    pub archived: bool,
    neutral: Arc<HashSet<String>>,
}

impl FileParts {
    /// Of the file at `path` with this text, which was read as `document`.
    pub fn new((path, text): (&str, &str), document: &Document, neutral: &Arc<HashSet<String>>) -> Self {
        let title_is_the_user = path == "user/profile.md";
        let path = PathPlace::new(path);
        let (front, front_day) = front::parts(text);
        let heading = |heading: &crate::statement::Heading| {
            let part = Part::new(&heading.text, heading.level == 1);
            if title_is_the_user && heading.level == 1 { part.that_says_nothing() } else { part }
        };
        let headings = document.headings.iter().map(heading).collect();
        let archived = path.archived;
        Self { path, front, headings, front_day, archived, neutral: Arc::clone(neutral) }
    }

    /// Whether the heading says nothing, for whatever statement.
    pub fn heading_is_empty(&self, heading: usize) -> bool {
        self.is_empty(&self.headings[heading], Tongues::default())
    }

    /// Whether a heading above the statement, or a line that introduces it, names a place for what is put away.
    pub fn is_put_away(&self, document: &Document, i: usize) -> bool {
        let statement = &document.statements[i];
        let introduced = statement.introducers.iter().any(|introducer| match introducer {
            Introducer::Statement(s) => document.statements[*s].label && is_archived(&document.statements[*s].text),
            Introducer::Text(text) => is_archived(text),
        });
        self.archived || introduced || statement.headings.iter().any(|&h| is_archived(&document.headings[h].text))
    }

    /// The context of a statement; `tongues` are those of its text, `reference` what its "he" means.
    pub fn context(&self, document: &Document, i: usize, tongues: Tongues, reference: Option<&str>) -> Context {
        let statement = &document.statements[i];
        let introducers = statement.introducers.iter().map(|introducer| match introducer {
            Introducer::Statement(s) => Part::new(&document.statements[*s].text, false),
            Introducer::Text(text) => Part::new(text, false),
        });
        let headings = statement.headings.iter().map(|&h| self.headings[h].clone());
        let file = self.path.parts.iter().chain(&self.front).cloned();
        let mut context = Context::default();
        for part in file.chain(headings).chain(introducers) {
            if !self.is_empty(&part, tongues) {
                context.push(Said { text: Arc::clone(&part.text), topic: part.is_topic(tongues) });
            }
        }
        if let Some(above) = reference {
            context.push(Said { text: Arc::from(format!("\u{1e}{above}")), topic: false });
        }
        context
    }

    fn is_empty(&self, part: &Part, tongues: Tongues) -> bool {
        part.is_empty(tongues) || self.neutral.contains(&*part.text)
    }

    /// The day that is written with a statement: the day of its stamp, else the day of its place.
    pub fn written_day(&self, document: &Document, i: usize, stamp: Option<NaiveDate>) -> Option<NaiveDate> {
        stamp.or_else(|| self.day(document, i))
    }

    /// The day of the nearest heading that names one, else of the front matter, else of the path.
    pub fn day(&self, document: &Document, i: usize) -> Option<NaiveDate> {
        self.heading_day(document, i).or(self.front_day).or(self.path.day)
    }

    /// The day of the nearest heading that names one.
    pub fn heading_day(&self, document: &Document, i: usize) -> Option<NaiveDate> {
        heading_days(document, i).next()
    }

    /// Every day that the statement stands under: of headings and introducing lines, front matter and path.
    pub fn days<'a>(&self, document: &'a Document, i: usize) -> impl Iterator<Item = NaiveDate> + use<'a> {
        heading_days(document, i).chain(self.front_day).chain(self.path.day)
    }
}

/// The days of the lines that introduce the statement and of the headings above it, nearest first.
fn heading_days(document: &Document, i: usize) -> impl Iterator<Item = NaiveDate> + '_ {
    let statement = &document.statements[i];
    let introduced = statement.introducers.iter().rev().filter_map(|introducer| match introducer {
        Introducer::Statement(s) if document.statements[*s].label => date::first_day(&document.statements[*s].text),
        Introducer::Statement(_) => None,
        Introducer::Text(text) => date::first_day(text),
    });
    introduced.chain(statement.headings.iter().rev().filter_map(|&h| document.headings[h].day))
}

impl Context {
    fn push(&mut self, part: Said) {
        if !self.parts.iter().any(|other| other.text == part.text) {
            self.parts.push(part);
        }
    }
}

#[cfg(test)]
mod tests;
