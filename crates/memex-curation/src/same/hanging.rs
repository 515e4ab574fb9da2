//! Short lines without a subject and a verb of their own: they limit, doubt, date or attribute the line above them.

use std::collections::HashSet;

use super::identity::Parts;
use crate::fitness::{Says, asks_for_an_act, is_clause, is_without_subject};
use crate::language::List;
use crate::statement::{Document, Mark};

/// A line of more words says enough to stand by itself. Two characters of a script without spaces count as one word.
const HANGING_WORDS: usize = 4;

/// The same in Japanese, which leaves the subject out and marks one that is there: "小説から取った例です".
const UNSPACED_WORDS: usize = 8;

/// A line of doubt with more words says what it doubts: "Ben no está de acuerdo" has five.
const DISSENT_WORDS: usize = 5;

/// The statements that a line below them hangs on: "Sometimes.", "Since the move.", "(quote from the novel)".
pub(super) fn hung_on(document: &Document, read: &[Parts]) -> HashSet<usize> {
    let hangs: Vec<bool> = (0..read.len()).map(|i| hangs(document, i, read)).collect();
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

fn hangs(document: &Document, i: usize, read: &[Parts]) -> bool {
    let statement = &document.statements[i];
    let (own, above) = (&read[i], statement.above.map(|above| &read[above]));
    let of_a_record = statement.parent.is_some() || document.statements.get(i + 1).is_some_and(|s| s.parent == Some(i));
    if (statement.mark == Mark::KeyValue && of_a_record) || (statement.label && names_what_follows(document, i, own)) {
        return false;
    }
    let text = statement.text.trim();
    let in_brackets = (text.starts_with('(') && text.ends_with(')')) || (text.starts_with('[') && text.ends_with(']'));
    let reading = &own.strict.reading;
    let unspaced = reading.tokens.iter().filter(|token| token.unspaced).count();
    let words = reading.tokens.len() - unspaced + unspaced.div_ceil(2);
    let replies = reading.keeping(List::Replies).any(|hit| hit.first == 0 && hit.end == reading.tokens.len());
    if replies {
        return false;
    }
    let dissents = words <= DISSENT_WORDS && reading.keeping(List::Dissent).next().is_some();
    // "Ann told me that": whoever it names, it speaks of the line above.
    let refers = reading.keeping(List::Reference).next().is_some();
    let alone = match own.fitness.says {
        Says::Attribute | Says::Instruction | Says::Field => false,
        // "Comes from the novel": a verb without a subject, and no list of such lines.
        Says::State => {
            above.is_some_and(|above| above.fitness.names_subject)
                && !own.fitness.names_subject
                && is_without_subject(&own.strict.body, reading)
        }
        Says::Event => in_brackets || !(is_clause(&own.strict.body, reading) || asks_for_an_act(reading)),
    };
    // Without spaces and without a mark of the subject a longer line has no subject either.
    let most =
        if unspaced > 0 && is_without_subject(&own.strict.body, reading) { UNSPACED_WORDS } else { HANGING_WORDS };
    dissents || (words <= most && alone) || (words <= HANGING_WORDS && refers)
}

/// A label names the lines below it. An item without one below it is none, nor is one that begins with a small word:
/// "Maybe", "Not Ann, Anne".
fn names_what_follows(document: &Document, i: usize, own: &Parts) -> bool {
    let Some(list) = document.statements[i].list else { return true };
    let last = document.statements[i + 1..].iter().all(|other| other.list != Some(list));
    !last && !own.strict.reading.keeps_at(List::Function, 0)
}
