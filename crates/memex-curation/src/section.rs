//! Tells which headings are left with nothing under them once duplicates are gone.

use std::collections::BTreeSet;

use crate::statement::{Document, Element};

/// The headings that go together with the dropped statements: all that stood under them has gone, and something had.
/// Titles (level 1), headings with a day and headings that say something stay.
pub(crate) fn emptied_headings(
    document: &Document,
    dropped: impl Fn(usize) -> bool,
    says_nothing: impl Fn(usize) -> bool,
) -> BTreeSet<usize> {
    let mut emptied = BTreeSet::new();
    for (at, element) in document.elements.iter().enumerate().rev() {
        let Element::Heading(h) = *element else { continue };
        let heading = &document.headings[h];
        if heading.level == 1 || heading.day.is_some() || !says_nothing(h) {
            continue;
        }
        let mut section = document.elements[at + 1..]
            .iter()
            .take_while(|e| !matches!(e, Element::Heading(next) if document.headings[*next].level <= heading.level));
        let mut gone = 0;
        let empty = section.all(|e| match *e {
            Element::Statement(s) => {
                gone += 1;
                dropped(s)
            }
            Element::Heading(sub) => emptied.contains(&sub),
            Element::Opaque(_) | Element::Break(_) => false,
        });
        if empty && gone > 0 {
            emptied.insert(h);
        }
    }
    emptied
}
