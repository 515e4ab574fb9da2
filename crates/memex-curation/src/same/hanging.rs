//! Short lines without a subject and a verb of their own: they limit, doubt, date or attribute the line above them.

use std::collections::HashSet;

use super::identity::Parts;
use crate::fitness::{Says, is_clause};
use crate::language::List;
use crate::statement::{Document, Mark};

/// A line of more words says enough to stand by itself. Two characters of a script without spaces count as one word.
const HANGING_WORDS: usize = 4;

/// "Ben no está de acuerdo".
const DISSENT_WORDS: usize = 5;

/// The statements that a line below them hangs on: "Sometimes.", "Since the move.", "(quote from the novel)".
pub(super) fn hung_on(document: &Document, read: &[Parts]) -> HashSet<usize> {
    let hangs: Vec<bool> = (0..read.len()).map(|i| hangs(document, i, &read[i])).collect();
    let mut found = HashSet::new();
    for (i, statement) in document.statements.iter().enumerate() {
        if let Some(above) = statement.above.filter(|_| hangs[i]) {
            found.insert(above);
        }
        // A second short line hangs on the statement that the first one hangs on.
        if let Some(above) = statement.above.filter(|above| hangs[i] && hangs[*above] && found.contains(above)) {
            found.extend(document.statements[above].above);
        }
    }
    found
}

fn hangs(document: &Document, i: usize, own: &Parts) -> bool {
    let statement = &document.statements[i];
    if statement.mark == Mark::KeyValue || (statement.label && names_what_follows(document, i, own)) {
        return false;
    }
    if own.fitness.says != Says::Event {
        return false;
    }
    let text = statement.text.trim();
    let in_brackets = (text.starts_with('(') && text.ends_with(')')) || (text.starts_with('[') && text.ends_with(']'));
    let reading = &own.strict.reading;
    let unspaced = reading.tokens.iter().filter(|token| token.unspaced).count();
    let words = reading.tokens.len() - unspaced + unspaced.div_ceil(2);
    let replies = reading.keeping(List::Replies).any(|hit| hit.first == 0 && hit.end == reading.tokens.len());
    let dissents = words <= DISSENT_WORDS && reading.keeping(List::Dissent).next().is_some();
    let short = words <= HANGING_WORDS && !replies;
    dissents || (short && (in_brackets || !is_clause(&own.strict.body, reading)))
}

/// A label names the lines below it. An item without one below it is none, nor is one that begins with a small word:
/// "Maybe", "Not Ann, Anne".
fn names_what_follows(document: &Document, i: usize, own: &Parts) -> bool {
    let Some(list) = document.statements[i].list else { return true };
    let last = document.statements[i + 1..].iter().all(|other| other.list != Some(list));
    !last && !own.strict.reading.keeps_at(List::Function, 0)
}
