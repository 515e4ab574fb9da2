//! Tells which statements depend on others: items on the line that introduces them, "he" on the one before.

use std::collections::HashMap;

use super::{Document, Element, FIELD_WORDS, Mark, Statement};

/// Words with which a statement refers back to the one before it.
const REFERRING: [&str; 45] = [
    "he",
    "she",
    "it",
    "they",
    "him",
    "her",
    "his",
    "hers",
    "its",
    "their",
    "theirs",
    "them",
    "this",
    "that",
    "these",
    "those",
    "he's",
    "she's",
    "it's",
    "they're",
    "that's",
    "but",
    "and",
    "or",
    "also",
    "then",
    "however",
    "instead",
    "so",
    "because",
    "otherwise",
    "same",
    "ditto",
    "except",
    "therefore",
    "yes",
    "no",
    "both",
    "neither",
    "else",
    "plus",
    "unless",
    "likewise",
    "there",
    "although",
];
/// Keys that open a record: what follows is about that person or thing.
const RECORD_KEYS: [&str; 18] = [
    "name", "who", "person", "contact", "company", "client", "customer", "project", "pet", "title", "id", "subject",
    "user", "friend", "product", "team", "event", "place",
];
const HISTORY: [&str; 18] = [
    "history",
    "historical",
    "previous",
    "previously",
    "archive",
    "archived",
    "archives",
    "superseded",
    "past",
    "old",
    "outdated",
    "former",
    "formerly",
    "obsolete",
    "deprecated",
    "earlier",
    "retired",
    "legacy",
];

/// Whether a heading or a file's name says that what follows no longer holds.
pub(crate) fn has_history_word(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| HISTORY.contains(&word))
}

/// What the walk over the page has seen last.
#[derive(Default)]
struct Walk {
    /// The last line that introduces all that follows: "At work:", "**Ann**".
    lead: Option<usize>,
    /// The paragraph directly above.
    paragraph: Option<usize>,
    /// Per list: what its items belong to.
    list_parents: HashMap<usize, Option<usize>>,
    /// Per list: its last item, and an item of it that introduces those after it.
    list_items: HashMap<usize, (usize, Option<usize>)>,
    previous: Option<usize>,
    /// The last statement that refers to no other.
    anchor: Option<usize>,
}

pub(super) fn link(document: &mut Document) {
    let mut walk = Walk::default();
    for element in document.elements.clone() {
        match element {
            Element::Heading(_) => {
                walk = Walk { list_parents: walk.list_parents, list_items: walk.list_items, ..Walk::default() };
            }
            Element::Statement(i) => walk.statement(document, i),
            Element::Opaque(_) | Element::Break(_) => walk.paragraph = None,
        }
    }
}

impl Walk {
    fn statement(&mut self, document: &mut Document, i: usize) {
        let nested = document.statements[i].parent;
        let parent = match document.statements[i].list {
            Some(list) => self.item_parent(document, i, list, nested),
            None if nested.is_some() => nested,
            None => self.lead.filter(|_| !introduces(&document.statements[i])),
        };
        document.statements[i].parent = parent;
        self.refer_back(&mut document.statements[i], i, parent);
        let statement = &document.statements[i];
        if statement.list.is_none() && nested.is_none() {
            self.paragraph = Some(i);
            if introduces(statement) {
                self.lead = Some(i);
            }
        } else if statement.list.is_some() {
            self.paragraph = None;
        }
    }

    fn item_parent(&mut self, document: &Document, i: usize, list: usize, nested: Option<usize>) -> Option<usize> {
        let above = nested.or(self.paragraph).or(self.lead);
        let base = *self.list_parents.entry(list).or_insert(above);
        let lead = match self.list_items.get(&list) {
            Some(&(last, lead)) => {
                let statement = &document.statements[last];
                let bare = last + 1 == i;
                let record = is_record_key(&statement.text);
                if (bare && introduces(statement)) || record { Some(last) } else { lead }
            }
            None => None,
        };
        let own = &document.statements[i];
        let applies = lead.filter(|&l| {
            let record = is_record_key(&document.statements[l].text);
            if record { own.text.contains(':') && !is_record_key(&own.text) } else { !introduces(own) }
        });
        self.list_items.insert(list, (i, lead));
        applies.or(base)
    }

    fn refer_back(&mut self, statement: &mut Statement, i: usize, parent: Option<usize>) {
        if refers(&statement.text) {
            for back in [self.previous, self.anchor].into_iter().flatten() {
                if Some(back) != parent && !statement.antecedents.contains(&back) {
                    statement.antecedents.push(back);
                }
            }
        } else {
            self.anchor = Some(i);
        }
        self.previous = Some(i);
    }
}

/// Whether the statement introduces those after it: it ends with a colon, or is bold as a whole.
fn introduces(statement: &Statement) -> bool {
    let text = statement.text.trim_end_matches(':');
    let bold = |mark: &str| {
        text.len() > 2 * mark.len() && text.starts_with(mark) && text.ends_with(mark) && text.matches(mark).count() == 2
    };
    statement.mark != Mark::KeyValue
        && (text.len() < statement.text.len()
            || text.trim_end_matches('*').ends_with(':') && text.ends_with("**")
            || bold("**")
            || bold("__"))
}

fn is_record_key(text: &str) -> bool {
    let Some((key, value)) = text.split_once(':') else { return false };
    if value.split_whitespace().count() > FIELD_WORDS {
        return false;
    }
    let key = key.trim_matches(['*', ' ', '_']);
    RECORD_KEYS.iter().any(|k| key.eq_ignore_ascii_case(k))
}

fn refers(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let word: String = start.chars().take_while(|c| c.is_alphanumeric() || matches!(c, '\'' | '\u{2019}')).collect();
    let word = word.replace('\u{2019}', "'").to_lowercase();
    REFERRING.contains(&word.as_str())
}
