//! Which lines only name what follows: labels, in prose and among the items of a list.

use super::{Mark, Statement, html};
use crate::date;
use crate::fitness::is_clause;
use crate::language::{List, Reading};

/// A label has at most this many words.
const LABEL_WORDS: usize = 4;

/// A label in capitals among the items of a list has at most this many.
const NAME_WORDS: usize = 3;

/// What a line looks like, for the question whether it is a label.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    /// Two characters of a script without spaces count as one word.
    pub words: usize,
    has_verb: bool,
    key_value: bool,
    in_marks: bool,
    colon: bool,
    /// It is a day and nothing else.
    day: bool,
    /// It holds a full date.
    dated: bool,
    name: bool,
    /// It has a subject and a verb.
    clause: bool,
    /// It ends as a sentence does.
    ended: bool,
}

impl Look {
    pub fn of(statement: &Statement) -> Self {
        let text = statement.text.trim();
        let reading = Reading::new(text);
        let unspaced = reading.tokens.iter().filter(|t| t.unspaced).count();
        let words = reading.tokens.len() - unspaced + unspaced.div_ceil(2);
        // One word alone names what follows, also if it is a verb's form: "Cancelled", "A."
        let has_verb =
            words > 1 && (0..reading.tokens.len()).any(|i| reading.is_verb(i) && !(i > 0 && reading.tokens[i].capital));
        let colon = ends_in_colon(text);
        let key_value = !colon && text.split_once(':').is_some_and(|(_, value)| value.starts_with(' '));
        Self {
            words,
            has_verb,
            key_value,
            in_marks: in_marks(text),
            colon,
            day: is_day(text, &reading),
            dated: !date::find_days(text).is_empty(),
            clause: is_clause(text, &reading),
            ended: text.ends_with(['.', '!', '?', '\u{3002}', '\u{ff01}', '\u{ff1f}']),
            name: words <= NAME_WORDS && is_name(text, &reading),
        }
    }

    /// Whether a line in prose names what follows, which is longer or is no statement.
    pub fn is_prose_label(&self, follows: Option<usize>) -> bool {
        let short = (1..=LABEL_WORDS).contains(&self.words) && !self.key_value;
        let names = short && (!self.has_verb || !(self.clause || self.ended));
        let day = self.day || (short && self.dated);
        self.in_marks
            || self.colon
            || (follows.is_some() && day)
            || (names && follows.is_some_and(|next| next > self.words))
    }

    /// Whether the item of a list names the items after it, whatever the other items are.
    pub fn is_item_label(&self) -> bool {
        self.day || self.in_marks || self.colon || (self.name && !self.key_value)
    }

    fn is_short(&self) -> bool {
        self.words <= LABEL_WORDS && !self.has_verb
    }
}

/// Per item of a list, in order, whether it is a label. `None`: an item that cannot be one.
pub(super) fn item_labels(items: &[Option<&Look>]) -> Vec<bool> {
    let short = |item: &Option<&Look>| item.is_some_and(Look::is_short);
    let words = |item: &Option<&Look>| item.map_or(usize::MAX, |look| look.words);
    let by_turns = items.len() >= 4
        && items.chunks(2).all(|pair| short(&pair[0]) && pair.get(1).is_none_or(|even| words(even) > words(&pair[0])));
    let alone = |item: &Option<&Look>| item.is_some_and(Look::is_item_label);
    items.iter().enumerate().map(|(i, item)| alone(item) || (by_turns && i % 2 == 0)).collect()
}

/// The text ends in a colon, also within marks, quotation marks or brackets: `**Ann says:**`.
pub(super) fn ends_in_colon(text: &str) -> bool {
    let closing = |c: char| {
        matches!(c, '*' | '_' | '"' | '\'' | '`' | ')' | ']' | '>' | '\u{201d}' | '\u{2019}' | '\u{bb}' | '\u{300d}')
    };
    text.trim_end_matches(|c: char| closing(c) || c.is_whitespace()).ends_with([':', '\u{ff1a}'])
}

/// The whole line stands in marks of bold or italic, or in an element of HTML.
fn in_marks(text: &str) -> bool {
    let bare = text.trim_end_matches([':', '\u{ff1a}']);
    if bare.starts_with('<') && bare.ends_with('>') && bare.contains("</") {
        let inner = html::marks(text).into_iter().find_map(|mark| match mark {
            html::Mark::Words(words) | html::Mark::Heading(words) => Some(words),
            _ => None,
        });
        return inner.is_some_and(|words| ends_in_colon(&words) || words.split(' ').count() <= LABEL_WORDS);
    }
    ["***", "**", "__", "*", "_"].iter().any(|mark| {
        let inside = bare.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
        inside
            .is_some_and(|inside| !inside.is_empty() && !inside.contains(mark) && !inside.starts_with(['*', '_', ' ']))
    })
}

/// The line is a day of the calendar or of the week, and nothing else.
fn is_day(text: &str, reading: &Reading) -> bool {
    let days = date::find_days(text);
    let rest =
        reading.tokens.iter().enumerate().filter(|(_, t)| !days.iter().any(|d| d.start <= t.start && t.end <= d.end));
    let mut weekdays = rest.map(|(i, _)| reading.keeps_at(List::Weekdays, i));
    let all = weekdays.all(|weekday| weekday);
    !reading.tokens.is_empty() && all
}

/// Every word begins with a capital, no full stop ends it, and it is no predicate such as "Vegetarian".
fn is_name(text: &str, reading: &Reading) -> bool {
    let predicate =
        |i: usize| reading.is_verb(i) || reading.keeps_at(List::Adjectives, i) || reading.keeps_at(List::Passing, i);
    !reading.tokens.is_empty()
        && reading.tokens.iter().all(|t| t.capital)
        && !text.ends_with(['.', '!', '\u{3002}'])
        && !(0..reading.tokens.len()).any(predicate)
}

/// Whether the statement can be a label at all.
pub(super) fn may_be(statement: &Statement) -> bool {
    statement.mark != Mark::KeyValue && statement.lines.first == statement.lines.last && statement.checkbox.is_none()
}
