//! Finds statements that take back, correct or sum up the statements above them.

use super::reference::refers;
use crate::language::{List, Reading, VOCABULARY};

/// Returns true if the statement takes back or sums up the statements above it: "no, …", "wrong", "all this", "these".
pub(super) fn takes_back(reading: &Reading, text: &str) -> bool {
    let first = |list| reading.keeping(list).any(|hit| hit.first == 0);
    let not_after = |at: usize| at > 0 && reading.permits_at(List::AboveNotAfter, at - 1);
    let above = reading.keeping(List::Above).any(|hit| !not_after(hit.first));
    let retracts = reading.keeping(List::Retractions).filter(|hit| hit.first == 0).any(|hit| {
        let end = reading.tokens[hit.end - 1].end;
        let rest = text[end..].trim_start();
        // "No" and its like take back only before a mark: "No sugar" says something of its own.
        let short = reading.tokens[0].lower.chars().count() <= 3 && hit.end == 1 && spaced(hit.language);
        !short || rest.is_empty() || rest.starts_with([',', '.', '!', ':', ';', '-', '\u{2013}', '\u{2014}', '?'])
    });
    first(List::These) || above || retracts || corrects(reading, text)
}

/// "Correction: Bob, not Anna" corrects what stands above. "Correction: the exam is in May" says it anew, in full.
fn corrects(reading: &Reading, text: &str) -> bool {
    reading.keeping(List::Corrections).filter(|hit| hit.first == 0).any(|hit| {
        let rest = text[reading.tokens[hit.end - 1].end..].trim_start();
        let mark = rest.find([':', ',', '-', '\u{2013}', '\u{2014}', '\u{ff1a}', '\u{ff0c}', '.', '!']);
        // "I got that wrong earlier, Anna lives in Rome".
        let at_once = |&mark: &usize| rest[..mark].split_whitespace().count() < 2;
        match mark.filter(at_once) {
            Some(mark) => {
                let said = rest[mark..].trim_start_matches(|c: char| !c.is_alphanumeric());
                !is_clause(&Reading::new(said))
            }
            None => rest.is_empty() || hit.end > 1,
        }
    })
}

/// A subject of its own and a verb: neither "not Anna" nor "it was Bob".
fn is_clause(reading: &Reading) -> bool {
    let negates = reading.keeping(List::InstructionMarks).any(|hit| hit.first == 0);
    !negates && !refers(reading) && (1..reading.tokens.len()).any(|at| reading.is_verb(at))
}

fn spaced(language: u8) -> bool {
    VOCABULARY.languages[usize::from(language)].spaced
}
