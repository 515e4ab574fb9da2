//! Finds passing states, plans, measures and payments: they were so on one day, and may be so again on another.

use super::holds::{first_after, has_ending};
use crate::language::{Hit, List, Reading, VOCABULARY};

/// "Always", "never", "often", or "every" and "each" directly before a unit of time or a weekday.
pub(super) fn is_frequent(reading: &Reading) -> bool {
    reading.tongues.all(|language| {
        let timed = |at: usize| {
            [List::TimeUnits, List::Weekdays].iter().any(|&list| reading.of(language, list).any(|hit| hit.first == at))
        };
        reading.of(language, List::Frequency).next().is_some()
            || reading.of(language, List::Every).any(|hit| timed(hit.end))
    })
}

/// True for a day named from today, a measure, a dose, a payment, an illness, or a place where somebody is just now.
pub(super) fn is_passing(text: &str, reading: &Reading) -> bool {
    let verb = first_after(reading, 0);
    reading.keeping(List::RelativeDays).next().is_some()
        || reading.keeping(List::Passing).any(|hit| is_predicate(reading, hit.first, verb))
        || reading.keeping(List::Future).any(|hit| is_future(text, reading, hit, verb))
        || first_past_after(reading, verb).is_some_and(|at| begins_a_clause(text, reading, at))
        || is_somewhere(reading)
        || is_measured(text, reading)
}

/// True if the word at `first` is the predicate ("is ill"), and no part of a name or an object.
fn is_predicate(reading: &Reading, first: usize, verb: Option<usize>) -> bool {
    if VOCABULARY.has_in_any(List::Prepositions, &reading.tokens[first].lower) {
        // "At home" passes where somebody is there; what is done at home is done there again.
        return first > 0 && reading.keeps_at(List::Be, first - 1);
    }
    first == 0 || follows_a_verb(reading, first) || reading.tokens[first].unspaced || verb == Some(first)
}

/// "Is very tired", "has no fever": nothing but small words between the verb and what passes. What somebody likes or
/// hates to do ("hates waiting") does not pass, nor does "knows himself better".
fn follows_a_verb(reading: &Reading, first: usize) -> bool {
    let stands = |lists: &[List], at: usize| lists.iter().any(|&list| reading.keeps_at(list, at));
    let be = |at: usize| stands(&[List::Be, List::Perfect], at);
    let verb = |at: usize| be(at) || stands(&[List::State], at);
    let small = |at: usize| {
        let listed = [List::Function, List::Frequency, List::RelativeDays, List::Articles, List::Numbers];
        stands(&listed, at) && !stands(&[List::Prepositions, List::And], at)
    };
    let Some(at) = (0..first).rev().find(|&at| verb(at) || !small(at)).filter(|&at| verb(at)) else { return false };
    let gerund = at + 1 == first && has_ending(reading, List::ProgressiveEndings, &reading.tokens[first].lower);
    be(at) || !(gerund || (at + 1..first).any(|between| stands(&[List::Reference], between)))
}

/// True if the word makes the main clause future or uncertain. A later clause of its own does not count.
fn is_future(text: &str, reading: &Reading, hit: Hit, verb: Option<usize>) -> bool {
    // "And possibly finding": a part of the main clause.
    let part = reading.tokens.get(hit.end).is_some_and(|t| has_ending(reading, List::ProgressiveEndings, &t.lower));
    let clause = begins_a_clause(text, reading, hit.first) && !part;
    let main = verb.is_none_or(|verb| hit.first <= verb) || reading.tokens[hit.first].unspaced;
    (main || clause) && !is_month(reading, hit.first)
}

/// Whether "and" or a comma stands before the word.
fn begins_a_clause(text: &str, reading: &Reading, at: usize) -> bool {
    let before = || text[..reading.tokens[at].start].trim_end();
    at > 0 && (reading.keeps_at(List::And, at - 1) || before().ends_with([',', ';']))
}

/// "May" with a capital within a sentence is the month.
fn is_month(reading: &Reading, at: usize) -> bool {
    at > 0 && reading.tokens[at].capital && reading.keeps_at(List::Months, at)
}

/// The first past form after the main verb that is no present form too; one in a clause of its own says nothing of the
/// main one.
fn first_past_after(reading: &Reading, verb: Option<usize>) -> Option<usize> {
    let present = [List::State, List::Action, List::Plain];
    let past = reading.keeping(List::Past).map(|hit| hit.first).filter(|&at| verb.is_some_and(|verb| at > verb));
    past.filter(|&at| !present.iter().any(|&list| reading.keeps_at(list, at))).min()
}

/// "Is in Oslo", "is at Anna's": a form of "be", a preposition, a name.
fn is_somewhere(reading: &Reading) -> bool {
    (0..reading.tokens.len().saturating_sub(2)).any(|at| {
        let place = reading.tokens[at + 2].capital;
        place && reading.keeps_at(List::Be, at) && reading.keeps_at(List::Prepositions, at + 1)
    })
}

/// A measure, a dose, or a payment.
pub(crate) fn is_measured(text: &str, reading: &Reading) -> bool {
    let number = |at: usize| {
        let lower = &reading.tokens[at].lower;
        let digits = lower.starts_with(|c: char| c.is_ascii_digit());
        digits || reading.keeps_at(List::Numbers, at)
    };
    let unit = |at: usize| {
        let tail = reading.tokens[at].lower.trim_start_matches(|c: char| c.is_ascii_digit());
        let glued = tail.len() < reading.tokens[at].lower.len() && !tail.is_empty();
        glued
            && !is_label(&text[reading.tokens[at].start..reading.tokens[at].end])
            && VOCABULARY.has_in_any(List::Measures, tail)
    };
    let last = reading.tokens.len();
    let measure =
        (0..last).any(|at| number(at) && (unit(at) || (at + 1 < last && reading.keeps_at(List::Measures, at + 1))));
    let currency = text.contains(['$', '\u{20ac}', '\u{a3}', '\u{a5}', '\u{ffe5}']);
    let sign = currency || text.contains(['%', '\u{ff05}', '\u{b0}', '\u{2103}']);
    let any_number = (0..last).any(number);
    measure
        || (sign && any_number)
        || reading.keeping(List::Doses).next().is_some()
        || ((currency || any_number) && reading.keeping(List::Payments).next().is_some())
}

/// One digit and one capital are the name of a class, a flat or a gate: "9C". Thousands and kilometres are not: "5K".
fn is_label(word: &str) -> bool {
    let mut chars = word.chars();
    let [digit, letter, None] = [chars.next(), chars.next(), chars.next()] else { return false };
    digit.is_some_and(|c| c.is_ascii_digit()) && letter.is_some_and(|c| c.is_uppercase() && c != 'K')
}
