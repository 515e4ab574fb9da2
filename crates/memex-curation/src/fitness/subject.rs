//! Whether a statement names its subject, so that it says the same wherever it stands.

use std::ops::Range;

use super::{Says, holds, verbs};
use crate::date;
use crate::language::{LanguageIndex, List, Reading, VOCABULARY};

/// An instruction of at least this many words that holds a name counts as if it named its subject.
const INSTRUCTION_WORDS: usize = 6;

/// Whether a name, "I", "my" or "the user" stands before the first verb, or the subject has a name with it.
pub(super) fn is_named(text: &str, reading: &Reading, says: Says) -> bool {
    let named = |language| match says {
        Says::Field | Says::Attribute => false,
        Says::Instruction => {
            let all = 0..reading.tokens.len();
            reading.tokens.len() >= INSTRUCTION_WORDS
                && (has_name(text, reading, language, all.clone()) || is_self(reading, language, all))
        }
        Says::State | Says::Event if VOCABULARY.languages[usize::from(language)].spaced => {
            let before = subject_words(text, reading);
            // "I'm" is subject and verb in one word.
            let with_verb = before.start..(before.end + 1).min(reading.tokens.len());
            let joined = with_verb.len() == 1 && reading.tokens[before.start].lower.contains('\'');
            let says_self = if joined { with_verb } else { before.clone() };
            has_name(text, reading, language, before) || is_self(reading, language, says_self)
        }
        Says::State | Says::Event => unspaced(text, reading, language),
    };
    reading.tongues.all(named)
}

/// The words before the first verb, after a key before the clause; of a verb without a subject none.
fn subject_words(text: &str, reading: &Reading) -> Range<usize> {
    // "09:30 The shop is old": the clause begins with its first word.
    let worded = |at: &usize| reading.tokens[*at].lower.starts_with(char::is_alphabetic);
    let key = holds::key_end(text, reading);
    let mut from = (key..reading.tokens.len()).find(worded).unwrap_or(key);
    // "~~3 May 2026 - Breakfast is late~~": the clause begins behind a date or a lead that stands in the text.
    let days = date::find_days(text);
    while let Some(end) = preface_end(reading, &days, from) {
        from = (end..reading.tokens.len()).find(worded).unwrap_or(end);
    }
    let verb = verbs::first_verb(reading, from, reading.tokens.len());
    let comma = text
        .find([';', '\u{2014}'])
        .map_or(reading.tokens.len(), |end| reading.tokens.partition_point(|t| t.start < end));
    from..verb.unwrap_or(from).min(comma).max(from)
}

/// Where a date or a lead, of whatever language, that begins at the word ends.
fn preface_end(reading: &Reading, days: &[date::FoundDay], at: usize) -> Option<usize> {
    let token = reading.tokens.get(at)?;
    let day = days.iter().find(|day| day.start <= token.start && token.start < day.end);
    let lead = reading.hits.iter().filter(|hit| hit.list == List::Leads && hit.first == at).map(|hit| hit.end).max();
    day.map(|day| reading.tokens.partition_point(|t| t.start < day.end)).or(lead)
}

fn is_self(reading: &Reading, language: LanguageIndex, within: Range<usize>) -> bool {
    let stands = |list| reading.of(language, list).any(|hit| within.contains(&hit.first) && hit.end <= within.end);
    stands(List::SelfWords) || stands(List::User)
}

/// Whether a name stands in the range that is the subject's: not one after "near", "in" and the like.
fn has_name(text: &str, reading: &Reading, language: LanguageIndex, within: Range<usize>) -> bool {
    within
        .clone()
        .any(|at| is_name(reading, language, at, within.start) && !after_preposition(text, reading, at, within.start))
}

/// Whether the word is a name in a clause that begins at `from`.
fn is_name(reading: &Reading, language: LanguageIndex, at: usize, from: usize) -> bool {
    let token = &reading.tokens[at];
    if !token.capital || !token.letters || is_calendar(reading, at) {
        return false;
    }
    if at == from {
        return is_first_name(reading, language, at);
    }
    if VOCABULARY.languages[usize::from(language)].capital_nouns {
        // Every noun has a capital: a name is what "von" and a name before it show to be one.
        let of = reading.of(language, List::Of).any(|hit| hit.end == at);
        let name_before = is_name(reading, language, at - 1, from);
        return (of || name_before) && !reading.of(language, List::Nouns).any(|hit| hit.first == at);
    }
    // "FYI, Our server": a small word that begins a clause is no name.
    let small = [List::Articles, List::Function, List::Reference].iter().any(|&list| reading.keeps_at(list, at));
    token.lower.chars().count() > 1 && !small
}

/// A sentence begins with a capital anyway, so the first word is a name only where no list knows it and no plural's verb
/// follows.
fn is_first_name(reading: &Reading, language: LanguageIndex, at: usize) -> bool {
    let known = reading
        .hits
        .iter()
        .any(|hit| hit.first == at && (hit.language == language || reading.tongues.keeps(hit.language)));
    let joined = reading.of(language, List::And).any(|hit| hit.first == at + 1);
    let plural = reading.keeping(List::SharedVerbs).any(|hit| hit.first == at + 1);
    !known && (joined || !plural) && !is_compound(language, &reading.tokens[at].lower)
}

/// The shortest noun by whose end a longer word of a language with capital nouns is known for one: "Gastvater".
const COMPOUND_END: usize = 5;

/// Returns true if the word ends with a listed noun, in a language that writes nouns with a capital and as one word.
fn is_compound(language: LanguageIndex, word: &str) -> bool {
    let starts = word.char_indices().map(|(at, _)| at).skip(2);
    VOCABULARY.languages[usize::from(language)].capital_nouns
        && starts
            .map(|at| &word[at..])
            .take_while(|end| end.chars().count() >= COMPOUND_END)
            .any(|end| VOCABULARY.has(language, List::Nouns, end))
}

fn is_calendar(reading: &Reading, at: usize) -> bool {
    reading.keeps_at(List::Weekdays, at) || reading.keeps_at(List::Months, at)
}

/// Whether a preposition other than "of" stands before the name, or before the words of the name.
fn after_preposition(text: &str, reading: &Reading, at: usize, from: usize) -> bool {
    let mut first = at;
    let joined = |at: usize| !text[reading.tokens[at - 1].end..reading.tokens[at].start].contains(',');
    while first > from && reading.tokens[first - 1].capital && first - 1 > from && joined(first) {
        first -= 1;
    }
    let is = |list: List, i: usize| reading.keeps_at(list, i);
    let mut before = first;
    while before > from && is(List::Articles, before - 1) {
        before -= 1;
    }
    before > from && joined(before) && is(List::Prepositions, before - 1) && !is(List::Of, before - 1)
}

/// Japanese and Chinese: what stands before the mark of the topic is a name, or the statement begins with "I" or a surname.
fn unspaced(text: &str, reading: &Reading, language: LanguageIndex) -> bool {
    let mark = reading.of(language, List::TopicMarks).map(|hit| hit.first).min();
    let begins = |list| reading.of(language, list).filter(|hit| hit.first == 0).map(|hit| hit.end).max();
    let Some(end) = mark.filter(|&end| end > 0) else {
        let no_marks = reading.of(language, List::TopicMarks).next().is_none()
            && VOCABULARY.languages[usize::from(language)].verb_first;
        return no_marks
            && (begins(List::SelfWords).is_some() || begins(List::User).is_some() || begins(List::Surnames).is_some());
    };
    // The last part of "X's Y" is the thing, the first the owner: one of them must be a name.
    let of = reading.of(language, List::Of).map(|hit| hit.first).filter(|&at| at > 0 && at < end).min();
    let owner = &text[..reading.tokens[of.unwrap_or(end) - 1].end];
    let titled = reading.of(language, List::Titles).any(|hit| hit.end == of.unwrap_or(end) && hit.first > 0);
    let listed = (0..of.unwrap_or(end)).all(|at| {
        reading
            .of(language, List::Nouns)
            .chain(reading.of(language, List::Function))
            .chain(reading.of(language, List::TimeUnits))
            .any(|hit| hit.first <= at && at < hit.end)
    });
    let katakana = owner.chars().count() > 1 && owner.chars().all(|c| matches!(c, '\u{30a1}'..='\u{30fc}'));
    let kanji = (1..=4).contains(&owner.chars().count())
        && owner.chars().all(|c| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{3005}'));
    let whole = |list| begins(list) == Some(of.unwrap_or(end));
    (titled && !listed)
        || whole(List::SelfWords)
        || whole(List::User)
        || ((katakana || kanji) && !listed)
        || begins(List::Surnames).is_some_and(|at| at < of.unwrap_or(end) && !listed)
}
