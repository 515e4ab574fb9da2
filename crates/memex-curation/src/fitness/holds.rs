//! Whether a statement says what holds, or what was done. Where no rule says that it holds, it is an event.

use super::passing::{is_frequent, is_passing};
use super::verbs::{ends_like_past, first_verb, has_ending};
use crate::language::{LanguageIndex, List, Reading, VOCABULARY};

/// A key has at most this many words.
const KEY_WORDS: usize = 4;

/// What kind of thing a statement says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Says {
    /// What is so, or is somebody's habit, in a sentence with a verb.
    State,
    /// An adjective or participle alone: "Vegetarian".
    Attribute,
    /// How to behave from now on.
    Instruction,
    /// `key: value` with a key whose value lasts.
    Field,
    /// What was done or will be done, a step, a dose, and whatever no rule knows.
    Event,
}

/// Tells a state from an event. A statement of several sentences holds only if each sentence does: "Ann lives in Oslo.
/// She visited Rome." tells an event. A question says nothing that holds.
pub(crate) fn says(text: &str, reading: &Reading) -> Says {
    if text.ends_with(['?', '\u{ff1f}']) || text.starts_with(['?', '\u{bf}']) {
        return Says::Event;
    }
    let sentences = sentences(text);
    // A tail such as "(again)" is no sentence.
    let tail = |sentence: &str| sentence.starts_with('(') && sentence.split(' ').count() < 3;
    let holds = |one: &&str| tail(one) || sentence_says(one, &Reading::new(one)) != Says::Event;
    if sentences.len() > 1 && !sentences.iter().all(holds) {
        return Says::Event;
    }
    sentence_says(text, reading)
}

/// The text in sentences: each ends with a full stop, an exclamation mark or a question mark before more text.
fn sentences(text: &str) -> Vec<&str> {
    let mut rest = text;
    let mut found = Vec::new();
    let ends = [". ", "! ", "? ", "\u{3002}", "\u{ff01}", "\u{ff1f}"];
    let mut from = 0;
    while let Some(end) = ends.iter().filter_map(|mark| rest[from..].find(mark).map(|at| from + at + mark.len())).min()
    {
        if ends_in_initial(&rest[..end]) {
            from = end;
            continue;
        }
        found.push(rest[..end].trim_end());
        (rest, from) = (&rest[end..], 0);
    }
    found.extend((!rest.trim().is_empty()).then_some(rest));
    found
}

/// "Ann R. Miller": the full stop after a single capital ends no sentence.
fn ends_in_initial(text: &str) -> bool {
    let mut before = text.trim_end().chars().rev();
    before.next() == Some('.')
        && before.next().is_some_and(char::is_uppercase)
        && before.next().is_some_and(|c| !c.is_alphanumeric())
}

/// Tells a state from an event for one sentence; [`Says::Event`] where the possible languages differ.
fn sentence_says(text: &str, reading: &Reading) -> Says {
    let mut answers = reading.tongues.iter().map(|language| in_language(text, reading, language));
    let Some(first) = answers.next() else { return Says::Event };
    let holds = answers.all(|says| says == first) && first != Says::Event;
    if holds && (!is_passing(text, reading) || is_frequent(reading)) { first } else { Says::Event }
}

/// The positive side of the rule, in one language.
fn in_language(text: &str, reading: &Reading, language: LanguageIndex) -> Says {
    if is_instruction(reading, language) {
        return Says::Instruction;
    }
    // "Sleep: bad" has a key that is also a verb.
    let before_colon = text.split_once(": ").map(|(key, _)| reading.tokens.partition_point(|t| t.start < key.len()));
    if before_colon.is_some_and(|end| reading.keeping(List::DailyKeys).any(|hit| hit.first == 0 && hit.end == end)) {
        return Says::Event;
    }
    let key_end = key_end(text, reading);
    if key_end > 0 {
        let sentence = first_verb(reading, key_end, reading.tokens.len()).is_some();
        if !sentence {
            return field(reading, language, key_end);
        }
    }
    if !VOCABULARY.languages[usize::from(language)].spaced {
        return unspaced(reading, language);
    }
    match first_verb(reading, 0, reading.tokens.len()) {
        Some(at) if at == key_end && is_imperative(reading, at) => Says::Event,
        Some(at) if is_present(reading, language, at) => Says::State,
        None if reading.of(language, List::Adjectives).any(|hit| hit.first == 0) => Says::Attribute,
        _ => Says::Event,
    }
}

/// A verb of action that begins its clause in a form that also asks for the act: "Call the dentist".
fn is_imperative(reading: &Reading, at: usize) -> bool {
    reading.keeps_at(List::Action, at) && reading.keeps_at(List::Plain, at) && !reading.permits_at(List::State, at)
}

/// How many words the key of `key: …` has: at most four, without a verb. 0 where there is none.
pub(super) fn key_end(text: &str, reading: &Reading) -> usize {
    let Some((key, _)) = text.split_once(": ") else { return 0 };
    let end = reading.tokens.partition_point(|t| t.start < key.len());
    if end <= KEY_WORDS && first_verb(reading, 0, end).is_none() { end } else { 0 }
}

fn field(reading: &Reading, language: LanguageIndex, key_end: usize) -> Says {
    let whole = |list| reading.of(language, list).any(|hit| hit.first == 0 && hit.end == key_end);
    let daily = reading.keeping(List::DailyKeys).any(|hit| hit.end <= key_end);
    if whole(List::LastingKeys) && !daily && key_end < reading.tokens.len() { Says::Field } else { Says::Event }
}

/// Begins as a standing instruction does, with something after it.
fn is_instruction(reading: &Reading, language: LanguageIndex) -> bool {
    let begins = reading.of(language, List::Instructions).filter(|hit| hit.first == 0).map(|hit| hit.end).max();
    let Some(end) = begins.filter(|&end| end < reading.tokens.len()) else { return false };
    // "Use X" asks for one act; "use X for Y" and "X, not Y" are rules.
    let lasts = reading.of(language, List::Frequency).any(|hit| hit.first == 0);
    let rule = lasts
        || !reading.of(language, List::Action).chain(reading.of(language, List::Plain)).any(|hit| hit.first == 0)
        || reading.of(language, List::InstructionMarks).any(|hit| hit.first >= end);
    rule && (lasts || first_verb(reading, end, reading.tokens.len()).is_none_or(|at| !reading.keeps_at(List::Past, at)))
}

/// A verb of state or habit in the present, which neither a participle makes the perfect nor an ending the progressive.
fn is_present(reading: &Reading, language: LanguageIndex, at: usize) -> bool {
    let of = |list: List| reading.of(language, list).any(|hit| hit.first <= at && at < hit.end);
    let end = at + 1;
    let next = next_word(reading, end);
    let participle = |i: usize| reading.keeps_at(List::Participles, i) || ends_like_past(reading, i);
    let perfect = reading.keeps_at(List::Perfect, at) && is_perfect(reading, language, next, participle);
    let going_on = reading.keeps_at(List::Progressive, at)
        && next.is_some_and(|i| {
            has_ending(reading, List::ProgressiveEndings, &reading.tokens[i].lower)
                && !reading.tokens[i].capital
                && !reading.of(language, List::Steady).any(|hit| hit.first <= i && i < hit.end)
        });
    let past = reading.keeps_at(List::Past, at) && !of(List::State);
    (of(List::State) || of(List::Action)) && !past && !perfect && !going_on && !reading.keeps_at(List::Future, at)
}

/// The first word from `at` on that is no adverb: "is *still* waiting".
fn next_word(reading: &Reading, at: usize) -> Option<usize> {
    let adverb = |at: usize| {
        let lists = [List::Prepositions, List::Articles, List::State, List::Reference];
        let listed = [List::Frequency, List::RelativeDays].iter().any(|&list| reading.keeps_at(list, at));
        // "Is having lunch" goes on just now.
        let goes_on = has_ending(reading, List::ProgressiveEndings, &reading.tokens[at].lower);
        listed
            || (!goes_on
                && reading.keeps_at(List::Function, at)
                && !lists.iter().any(|&list| reading.keeps_at(list, at)))
    };
    (at..reading.tokens.len()).find(|&at| !adverb(at))
}

/// In English the participle follows the verb; in German it may stand at the end of the clause.
fn is_perfect(
    reading: &Reading,
    language: LanguageIndex,
    next: Option<usize>,
    participle: impl Fn(usize) -> bool,
) -> bool {
    let Some(next) = next else { return false };
    let far = VOCABULARY.languages[usize::from(language)].capital_nouns;
    let to = if far { reading.tokens.len() } else { next + 1 };
    (next..to).any(participle)
}

/// In languages without spaces the verb ends the statement.
fn unspaced(reading: &Reading, language: LanguageIndex) -> Says {
    let last = reading.tokens.len();
    let ends = |list: List| reading.of(language, list).any(|hit| hit.end == last && hit.end > hit.first);
    let longest =
        |list: List| reading.of(language, list).filter(|hit| hit.end == last).map(|hit| hit.end - hit.first).max();
    let keeps = [List::Past, List::Future, List::Progressive];
    let event = keeps.iter().filter_map(|&list| longest(list)).max();
    let state = longest(List::State).max(longest(List::Action));
    let verb_within =
        VOCABULARY.languages[usize::from(language)].verb_first && reading.of(language, List::State).next().is_some();
    match (state, event) {
        (Some(state), Some(event)) if state > event => Says::State,
        (Some(_), None) => Says::State,
        (None, None) if verb_within && reading.keeping(List::Past).next().is_none() => Says::State,
        (None, None) if ends(List::Adjectives) => Says::Attribute,
        _ => Says::Event,
    }
}

/// True if the list `verbs.of_a_day` has the first verb: "plays", "takes".
pub(crate) fn is_of_a_day(reading: &Reading) -> bool {
    let acts = |at: usize| reading.keeps_at(List::OfADay, at);
    let unspaced = reading.tokens.iter().any(|t| t.unspaced);
    match first_verb(reading, 0, reading.tokens.len()).filter(|_| !unspaced) {
        Some(at) => acts(at),
        None => reading.keeping(List::OfADay).next().is_some(),
    }
}
