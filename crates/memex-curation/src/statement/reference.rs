//! Finds statements that refer to the one above them: "he", "the latter", "until June".

use crate::language::{List, Reading};

/// Returns true if a word of reference has nothing before it but numbers, days, function words and verbs of state.
pub(crate) fn refers(reading: &Reading) -> bool {
    let refers_at = |at: usize| {
        if at == 0 && reading.keeping(List::Openings).any(|hit| hit.first == 0) {
            return true;
        }
        let before_verb = |end: usize| reading.is_verb(end) || reading.keeping(List::Of).any(|hit| hit.first == end);
        reading.keeping(List::Reference).any(|hit| hit.first == at)
            || reading.keeping(List::ReferenceBeforeVerb).any(|hit| hit.first == at && before_verb(hit.end))
    };
    let passes = |at: usize| {
        let token = &reading.tokens[at];
        let listed = [List::Function, List::State, List::Months, List::Weekdays, List::TimeUnits, List::Joining];
        token.lower.chars().all(|c| c.is_ascii_digit()) || listed.iter().any(|&list| reading.keeps_at(list, at))
    };
    for at in 0..reading.tokens.len() {
        if refers_at(at) {
            return true;
        }
        // A capital within the sentence is a name, also of a word that is listed.
        if !passes(at) || (at > 0 && reading.tokens[at].capital && reading.tokens[at].lower != "i") {
            return false;
        }
    }
    false
}
