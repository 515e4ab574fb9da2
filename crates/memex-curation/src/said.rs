//! The statements of a text in their strict form. Two texts are compared by them, so that list marks and spaces do not count.

use std::collections::HashSet;

use crate::LineRange;
use crate::statement::{Checkbox, Document, Statement};
use crate::text::strict;

/// A statement in its strict form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Said {
    /// The lines that it stands in.
    pub lines: LineRange,
    /// Its strict text, with the state of its box.
    pub text: String,
}

impl Said {
    fn of(statement: &Statement) -> Option<Self> {
        let strict = strict(&statement.text);
        let text = format!("{}{}", box_of(statement.checkbox), strict.text);
        (!strict.text.is_empty()).then_some(Self { lines: statement.lines, text })
    }
}

/// The statements of a text, in order. One without a letter and a digit says nothing and is left out.
pub fn said(text: &str) -> Vec<Said> {
    Document::parse(text).statements.iter().filter_map(Said::of).collect()
}

impl Said {
    /// The statements of `text` that `other` does not have.
    pub fn beyond(text: &str, other: &str) -> Vec<Self> {
        let (mine, theirs) = (Document::parse(text), Document::parse(other));
        let written = |statement: &Statement| (statement.checkbox, statement.text.clone());
        // Most statements of two versions of a file are written alike: only the others are read.
        let known: HashSet<_> = theirs.statements.iter().map(written).collect();
        let new: Vec<&Statement> = mine.statements.iter().filter(|one| !known.contains(&written(one))).collect();
        if new.is_empty() {
            return Vec::new();
        }
        let known: HashSet<String> = theirs.statements.iter().filter_map(Self::of).map(|said| said.text).collect();
        new.into_iter().filter_map(Self::of).filter(|said| !known.contains(&said.text)).collect()
    }
}

/// The state of a check box as it stands before a statement's text.
pub(crate) fn box_of(checkbox: Option<Checkbox>) -> &'static str {
    match checkbox {
        None => "",
        Some(Checkbox::Open) => "[ ] ",
        Some(Checkbox::Done) => "[x] ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(said: Vec<Said>) -> Vec<String> {
        said.into_iter().map(|one| one.text).collect()
    }

    #[test]
    fn list_marks_white_space_and_final_stops_say_nothing_and_a_box_does() {
        assert_eq!(texts(said("# Tea\n\n- Ada  likes tea.\n")), texts(said("* Ada likes tea\n")));
        assert_ne!(texts(said("- [ ] call Ben\n")), texts(said("- [x] call Ben\n")));
        assert_eq!(texts(said("- ---\n")), Vec::<String>::new());
    }

    #[test]
    fn beyond_is_what_the_other_does_not_say() {
        let before = "- Ada likes tea.\n- Ada lives in Graz.\n";
        let after = "* Ada likes  tea\n- Ada lives in Linz.\n";
        assert_eq!(texts(Said::beyond(after, before)), ["ada lives in Linz"]);
        assert_eq!(texts(Said::beyond(before, after)), ["ada lives in Graz"]);
        assert_eq!(texts(Said::beyond(before, "")).len(), 2);
    }
}
