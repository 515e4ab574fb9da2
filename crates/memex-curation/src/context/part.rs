//! One part of a context, and whether it says anything.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

use crate::date;
use crate::language::{LanguageIndex, List, Reading, Tongues, VOCABULARY};

/// Marks by which a heading says that something is asked or is not so.
const DOUBTS: [char; 12] = [
    '?',
    '\u{bf}',
    '\u{ff1f}',
    '\u{2753}',
    '\u{2754}',
    '\u{274c}',
    '\u{274e}',
    '\u{2717}',
    '\u{2718}',
    '\u{1f6ab}',
    '\u{26d4}',
    '\u{1f44e}',
];

/// A part of a context.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// In lower case, with `-` and `_` as spaces, without marks of bold and italic.
    pub text: Arc<str>,
    /// The languages that know the most of its words.
    tongues: Tongues,
    /// Nothing but a day stands in it.
    bare_day: bool,
    /// Known to say nothing, or something, whatever its words.
    known: Option<bool>,
    empty: u32,
    topic: u32,
}

impl Part {
    /// `high`: a folder, a file's stem or a first-level title, where "thread", "batch" and "part" say nothing.
    pub fn new(said: &str, high: bool) -> Self {
        let folded = without_marks(said);
        let days = date::find_days(&folded);
        let reading = Reading::new(&folded);
        let in_day =
            |at: usize| days.iter().any(|d| d.start <= reading.tokens[at].start && reading.tokens[at].end <= d.end);
        let rest: Vec<usize> = (0..reading.tokens.len()).filter(|&at| !in_day(at)).collect();
        // "Facts?" and a cross say that what stands there may not be so.
        let doubted = folded.chars().any(|c| DOUBTS.contains(&c));
        let mut part = Self {
            text: Arc::from(plain(&folded).as_str()),
            tongues: reading.tongues,
            bare_day: !days.is_empty() && rest.iter().all(|&at| reading.keeps_at(List::Weekdays, at)),
            known: doubted.then_some(true),
            empty: 0,
            topic: 0,
        };
        if doubted {
            return part;
        }
        for language in 0..LanguageIndex::try_from(VOCABULARY.languages.len()).unwrap_or(0) {
            let bit = 1 << language;
            part.empty |= if says_nothing(&reading, &rest, language, high, !days.is_empty()) { bit } else { 0 };
            let whole = reading.of(language, List::Topics).any(|hit| hit.first == 0 && hit.end == reading.tokens.len());
            part.topic |= if whole { bit } else { 0 };
        }
        part
    }

    /// The same part where it is known to say nothing.
    pub fn that_says_nothing(self) -> Self {
        Self { known: Some(false), ..self }
    }

    /// The same part where it says something whatever its words.
    pub fn that_counts(self) -> Self {
        Self { known: Some(true), topic: 0, ..self }
    }

    /// Whether it says nothing beside a statement in one of `tongues`.
    pub fn is_empty(&self, tongues: Tongues) -> bool {
        let says = |language: LanguageIndex| self.empty & (1 << language) != 0;
        match self.known {
            Some(says) => !says,
            None => self.bare_day || self.tongues.narrowed_by(tongues).all(says),
        }
    }

    /// Whether it says only what about, beside a statement in one of `tongues`.
    pub fn is_topic(&self, tongues: Tongues) -> bool {
        self.tongues.narrowed_by(tongues).all(|language| self.topic & (1 << language) != 0)
    }
}

/// The text by which parts are compared: without marks, in lower case, with `-` and `_` as spaces.
pub(crate) fn part_text(said: &str) -> String {
    plain(&without_marks(said))
}

fn without_marks(said: &str) -> String {
    let marks = |c: char| matches!(c, '*' | '`') || c.is_whitespace();
    let folded: String = said.nfc().map(|c| if matches!(c, '_' | '\u{2019}') { ' ' } else { c }).collect();
    let folded = folded.replace("**", "");
    folded.trim_matches(marks).trim_end_matches(':').trim_matches(marks).to_owned()
}

fn plain(folded: &str) -> String {
    folded.to_lowercase().replace('-', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether each word is an empty one of the language, a joining word beside one or beside a day, a weekday beside a day,
/// or the number of a session.
fn says_nothing(reading: &Reading, rest: &[usize], language: LanguageIndex, high: bool, dated: bool) -> bool {
    let is = |list: List, at: usize| reading.of(language, list).any(|hit| hit.first <= at && at < hit.end);
    let empty = |at: usize| is(List::Empty, at) || (high && is(List::EmptyHigh, at));
    let numbered = |at: usize| empty(at) && is(List::Occasions, at);
    let any = rest.iter().any(|&at| empty(at));
    (any || dated)
        && rest.iter().all(|&at| {
            let number = reading.tokens[at].lower.chars().all(|c| c.is_ascii_digit());
            let beside = (at > 0 && numbered(at - 1)) || (at + 1 < reading.tokens.len() && numbered(at + 1));
            empty(at) || is(List::Joining, at) || (dated && is(List::Weekdays, at)) || (number && beside)
        })
}

/// Whether a folder, file or heading is named as a place for what is put away, in any language.
pub(crate) fn is_archived(name: &str) -> bool {
    let spaced = name.replace(['_', '.'], " ");
    let reading = Reading::new(&spaced);
    reading.hits.iter().any(|hit| hit.list == List::Archived)
}
