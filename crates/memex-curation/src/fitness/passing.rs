//! Finds passing states, plans, measures and payments: they were so on one day, and may be so again on another.

use super::verbs::{first_verb, has_ending};
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
    let verb = first_verb(reading, 0, reading.tokens.len());
    reading.keeping(List::RelativeDays).next().is_some()
        || reading.keeping(List::Passing).any(|hit| is_predicate(reading, hit, verb))
        || reading.keeping(List::Future).any(|hit| is_future(text, reading, hit, verb))
        || first_past_after(reading, verb).is_some_and(|at| begins_a_clause(text, reading, at))
        || is_somewhere(reading)
        || is_daily(text, reading, verb)
        || is_counted(reading, verb)
        || is_measured(text, reading)
}

/// True if the entry is the predicate ("is ill"), and no part of a name or an object.
fn is_predicate(reading: &Reading, hit: Hit, verb: Option<usize>) -> bool {
    let first = hit.first;
    let begins_with = |list: List| VOCABULARY.has(hit.language, list, &reading.tokens[first].lower);
    if begins_with(List::Prepositions) {
        // "At home" passes where somebody is there; what is done at home is done there again.
        return first > 0 && reading.keeps_at(List::Be, first - 1);
    }
    // The entry has its own verb: "está bien".
    if begins_with(List::Be) {
        return true;
    }
    // A capital within the sentence begins a name: "Home Alone".
    let capital_nouns = VOCABULARY.languages[usize::from(hit.language)].capital_nouns;
    let name = first > 0 && reading.tokens[first].capital && !capital_nouns;
    let spoken = first == 0 || reading.tokens[first].unspaced || verb == Some(first) || follows_a_verb(reading, first);
    spoken && !name && !is_of_a_noun(reading, first, verb) && !is_infinitive(reading, first, verb)
}

/// "Prefers sunny days", "wears party hats": after a verb of state that is no "is" or "has", one word that another one
/// follows describes that one.
fn is_of_a_noun(reading: &Reading, first: usize, verb: Option<usize>) -> bool {
    let keeps = |list: List, at: usize| reading.keeps_at(list, at);
    let lasts = |at: usize| {
        keeps(List::State, at) && !keeps(List::Be, at) && !keeps(List::Perfect, at) && !keeps(List::OfADay, at)
    };
    let alone = !reading.keeping(List::Passing).any(|hit| hit.first <= first && first + 1 < hit.end);
    let noun = reading.tokens.get(first + 1).is_some_and(|next| {
        let other =
            [List::Function, List::Prepositions, List::And, List::Reference, List::RelativeDays, List::TimeUnits];
        next.letters && !next.unspaced && !next.capital && !other.iter().any(|&list| keeps(list, first + 1))
    });
    alone && noun && verb.is_some_and(lasts) && !keeps(List::Be, first.saturating_sub(1))
}

/// "Plans to visit": the verb's phrase ends before a plain form.
fn is_infinitive(reading: &Reading, first: usize, verb: Option<usize>) -> bool {
    let phrase =
        reading.keeping(List::State).any(|hit| Some(hit.first) == verb && hit.end == first && hit.end > hit.first + 1);
    phrase && reading.keeps_at(List::Plain, first)
}

/// "Is very tired", "has no fever", "is in severe pain": between the verb and what passes stand only small words and, after
/// "is" and "has", one word more. What somebody likes or hates to do ("hates waiting") does not pass, nor does "knows
/// himself better".
fn follows_a_verb(reading: &Reading, first: usize) -> bool {
    let stands = |lists: &[List], at: usize| lists.iter().any(|&list| reading.keeps_at(list, at));
    let be = |at: usize| stands(&[List::Be, List::Perfect], at);
    let verb = |at: usize| be(at) || stands(&[List::State], at);
    let small = |at: usize| {
        let listed = [List::Function, List::Frequency, List::RelativeDays, List::Articles, List::Numbers];
        stands(&listed, at) && !stands(&[List::Prepositions, List::And], at)
    };
    let is_verb_before = |end: usize| (0..end).rev().find(|&at| verb(at) || !small(at)).filter(|&at| verb(at));
    let one_more = || {
        let other = (0..first).rev().find(|&at| !small(at)).filter(|&at| !reading.tokens[at].capital)?;
        let clause = |at: usize| (at + 1..first).any(|between| stands(&[List::Reference], between));
        is_verb_before(other).filter(|&at| be(at) && !clause(at))
    };
    let Some(at) = is_verb_before(first).or_else(one_more) else { return false };
    let gerund = at + 1 == first
        && VOCABULARY.has_in_any(List::State, &reading.tokens[at].lower)
        && has_ending(reading, List::ProgressiveEndings, &reading.tokens[first].lower);
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

/// "Is in Oslo", "is at the Hilton", "stays in sunny Graz": a form of "be", a preposition, a name with at most two other
/// words before it.
fn is_somewhere(reading: &Reading) -> bool {
    let preposition = |at: usize| reading.keeps_at(List::Prepositions, at);
    (0..reading.tokens.len().saturating_sub(2)).any(|at| {
        let mut place = (at + 2..reading.tokens.len()).take(3).take_while(|&i| !preposition(i));
        reading.keeps_at(List::Be, at) && preposition(at + 1) && place.any(|i| reading.tokens[i].capital)
    })
}

/// "My mood is good", "the blood pressure is 120/80": what is asked or measured anew each day, as the subject, with a
/// number or with one word or two.
fn is_daily(text: &str, reading: &Reading, verb: Option<usize>) -> bool {
    let last = reading.tokens.len();
    let unspaced = || {
        let mark = reading.keeping(List::TopicMarks).map(|hit| hit.first).min().unwrap_or(last);
        reading.tokens.iter().any(|t| t.unspaced)
            && (0..last).any(|at| is_number(reading, at))
            && reading.keeping(List::DailyKeys).any(|hit| hit.end <= mark)
    };
    let Some(verb) = verb else { return unspaced() };
    let subject = |hit: Hit| hit.end == verb || (hit.end < verb && reading.keeps_at(List::Of, hit.end));
    let short = || {
        let named = (verb + 1..last).any(|at| reading.tokens[at].capital || reading.keeps_at(List::Articles, at));
        (1..=2).contains(&(last - verb - 1)) && !named
    };
    unspaced()
        || (reading.keeps_at(List::Be, verb) || reading.keeps_at(List::Perfect, verb))
            && reading.keeping(List::DailyKeys).any(subject)
            && ((verb + 1..last).any(|at| is_number(reading, at)) || short())
            && !text.contains(": ")
}

/// "Weighs 60", "measures 120/80": a number directly after a verb that tells an act.
fn is_counted(reading: &Reading, verb: Option<usize>) -> bool {
    verb.is_some_and(|at| {
        reading.keeps_at(List::OfADay, at) && at + 1 < reading.tokens.len() && is_number(reading, at + 1)
    })
}

fn is_number(reading: &Reading, at: usize) -> bool {
    let digits = reading.tokens[at].lower.starts_with(|c: char| c.is_ascii_digit());
    digits || reading.keeps_at(List::Numbers, at)
}

/// A measure, a dose, or a payment.
pub(crate) fn is_measured(text: &str, reading: &Reading) -> bool {
    let number = |at: usize| is_number(reading, at);
    let labelled = reading.keeping(List::Labelled).next().is_some();
    let unit = |at: usize| {
        let tail = reading.tokens[at].lower.trim_start_matches(|c: char| c.is_ascii_digit());
        let glued = tail.len() < reading.tokens[at].lower.len() && !tail.is_empty();
        glued
            && !(labelled && is_label(&text[reading.tokens[at].start..reading.tokens[at].end]))
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
        || pays_a_debt(reading)
}

/// "Pays the rent": two words of payment, with one word at most between them.
fn pays_a_debt(reading: &Reading) -> bool {
    let verb = first_verb(reading, 0, reading.tokens.len());
    let pays = verb.is_some_and(|at| reading.keeps_at(List::Payments, at));
    let unspaced = reading.tokens.iter().any(|token| token.unspaced);
    let words: Vec<_> = reading.keeping(List::Payments).collect();
    let joined = |pair: &[Hit]| (pair[0].end..=pair[0].end + 1).contains(&pair[1].first);
    (pays || unspaced) && words.windows(2).any(joined)
}

/// One digit and one capital are the name of a class, a flat or a gate: "9C". Thousands and kilometres are not: "5K".
fn is_label(word: &str) -> bool {
    let mut chars = word.chars();
    let [digit, letter, None] = [chars.next(), chars.next(), chars.next()] else { return false };
    digit.is_some_and(|c| c.is_ascii_digit()) && letter.is_some_and(|c| c.is_uppercase() && c != 'K')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_pays_a_rent_is_told_of_a_payment() {
        for paid in ["Ben pays the rent", "Ben zahlt die Miete", "Ben paie le loyer", "Ben paga el alquiler"] {
            assert!(is_measured(paid, &Reading::new(paid)), "{paid}");
        }
        for paid in ["Ben paga l'affitto", "Ben paga o aluguel", "田中さんは家賃を払う"] {
            assert!(is_measured(paid, &Reading::new(paid)), "{paid}");
        }
        let habit = "Ann spends a lot of time teaching as a way to find balance";
        assert!(!is_measured(habit, &Reading::new(habit)));
    }
}
