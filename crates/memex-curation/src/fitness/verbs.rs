//! Finds the finite verb of a clause.

use crate::language::{List, Reading, VOCABULARY};

/// The first finite verb in `from..to`, whatever it says. A form that is also a noun is a verb only after a name or a
/// pronoun, and not where another finite verb follows.
pub(super) fn first_verb(reading: &Reading, from: usize, to: usize) -> Option<usize> {
    let finite = |at: usize| {
        let named = at > from && reading.tokens[at].capital;
        !named && (FINITE.iter().any(|&list| reading.keeps_at(list, at)) || ends_like_past(reading, at))
    };
    let noun_too = |at: usize| reading.keeps_at(List::AlsoNouns, at);
    let after_subject = |at: usize| {
        let before = (from..at).rev().find(|&before| !reading.keeps_at(List::Frequency, before));
        before.is_some_and(|before| {
            let token = &reading.tokens[before];
            (token.capital && !token.possessive)
                || [List::SelfWords, List::Reference].iter().any(|&list| reading.keeps_at(list, before))
        })
    };
    let mut candidates = (from..to).filter(|&at| finite(at));
    let first = candidates.next()?;
    let next = candidates.find(|&at| !noun_too(at));
    let verb =
        !noun_too(first) || (after_subject(first) && next != Some(first + 1)) || (next.is_none() && first == from);
    if verb { Some(first) } else { next }
}

const FINITE: [List; 4] = [List::State, List::Action, List::Past, List::Future];

/// A word that ends like a past form and stands in no list.
pub(super) fn ends_like_past(reading: &Reading, at: usize) -> bool {
    let token = &reading.tokens[at];
    let length = token.lower.chars().count();
    length >= 5 && !reading.is_known(at) && has_ending(reading, List::PastEndings, &token.lower) && !token.capital
}

pub(super) fn has_ending(reading: &Reading, list: List, word: &str) -> bool {
    VOCABULARY.endings(list).any(|(language, ending)| reading.tongues.keeps(language) && word.ends_with(ending))
}
