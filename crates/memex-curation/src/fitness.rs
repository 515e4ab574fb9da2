//! Whether a statement is fit to be a copy: it says what holds, and it names its subject.

mod holds;
mod passing;
mod subject;
mod verbs;

use crate::date;
use crate::language::{List, Reading};
use crate::text::Strict;

pub(crate) use holds::Says;

/// What the words of a statement say of whether it may be a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fitness {
    /// What kind of thing it says.
    pub says: Says,
    /// It names its subject.
    pub names_subject: bool,
    /// A verb that tells one act as easily as a habit, without a word of habit: it does not hold under two days.
    pub of_a_day: bool,
    /// It names a full date in its own words, and is no dose, measure or payment.
    pub own_day: bool,
}

impl Fitness {
    pub fn of(strict: &Strict) -> Self {
        let Strict { body: text, reading, .. } = strict;
        let says = holds::says(text, reading);
        let habit = reading.tongues.all(|language| reading.of(language, List::Habit).next().is_some());
        let dated = !date::find_days(text).is_empty();
        Self {
            names_subject: subject::is_named(text, reading, says),
            of_a_day: says == Says::State && !habit && holds::is_of_a_day(reading),
            own_day: dated && says == Says::Event && !passing::is_measured(text, reading) && !is_dose(text, reading),
            says,
        }
    }
}

/// Returns true if a dated line names a medicine, or has a number without a noun after it: "gave Ann 40 on 3 May 2024" is a
/// dose without its unit.
fn is_dose(text: &str, reading: &Reading) -> bool {
    let days = date::find_days(text);
    let alone = |at: usize| {
        let token = &reading.tokens[at];
        let in_date = days.iter().any(|day| day.start <= token.start && token.start < day.end);
        let next = reading.tokens.get(at + 1);
        let spaced = text[..token.start].ends_with(' ') && next.is_some_and(|next| next.start == token.end + 1);
        let digits = token.lower.starts_with(|c: char| c.is_ascii_digit());
        digits && !in_date && (next.is_none() || (spaced && reading.keeps_at(List::Prepositions, at + 1)))
    };
    (0..reading.tokens.len()).any(alone) || reading.keeping(List::Medicines).next().is_some()
}

/// Returns true if the statement has a subject and a verb after it. A form that is also a noun counts only after a name or a
/// pronoun: "since the move" is no clause.
pub(crate) fn is_clause(text: &str, reading: &Reading) -> bool {
    if reading.tokens.iter().any(|token| token.unspaced) {
        // Three characters hold no subject and verb: "たぶん". Japanese marks the subject: "でしょう" has none.
        let unmarked = has_kana(text) && reading.keeping(List::TopicMarks).all(|hit| hit.first == 0);
        return reading.tokens.len() > 3
            && !unmarked
            && !reading.is_verb(0)
            && (2..reading.tokens.len()).any(|at| reading.is_verb(at));
    }
    let begins = |list| reading.keeps_at(list, 0);
    let small = [List::Function, List::Prepositions, List::Articles, List::Joining];
    let named = reading.tokens.first().is_some_and(|first| first.capital && (first.possessive || !reading.is_known(0)));
    match verbs::first_verb(reading, holds::key_end(text, reading), reading.tokens.len()) {
        Some(0) => false,
        Some(_) => !begins(List::Prepositions) || begins(List::SelfWords),
        // "Ben banks with Acme": no list has the verb, and no small word follows the name.
        None => named && reading.tokens.len() > 2 && !small.iter().any(|&list| reading.keeps_at(list, 1)),
    }
}

/// Returns true if the statement asks for one act: "Call the dentist".
pub(crate) fn asks_for_an_act(reading: &Reading) -> bool {
    [List::Action, List::Plain].iter().all(|&list| reading.keeps_at(list, 0))
}

fn has_kana(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3041}'..='\u{3096}'))
}

/// Returns true if the statement begins with its verb or, in Japanese, has no mark of a subject.
pub(crate) fn is_without_subject(text: &str, reading: &Reading) -> bool {
    if reading.tokens.iter().any(|token| token.unspaced) {
        return reading.is_verb(0) || (has_kana(text) && reading.keeping(List::TopicMarks).next().is_none());
    }
    verbs::first_verb(reading, 0, reading.tokens.len()) == Some(0)
}

/// Whether the statement tells an agent how to behave from then on, in any language that may be meant.
pub(crate) fn is_standing_instruction(text: &str) -> bool {
    let reading = Reading::new(text);
    reading.keeping(List::Instructions).any(|hit| hit.first == 0)
}

#[cfg(test)]
mod tests;
