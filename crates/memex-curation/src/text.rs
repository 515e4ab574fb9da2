//! The text of a statement in its two forms: strict, for what is certainly the same, and loose, for what probably is.

mod loose;
mod strict;

pub(crate) use loose::loose;
pub(crate) use strict::{Strict, stamp, strict};

use crate::language::Reading;

/// A run of characters between white space, and its core without marks at its edges.
#[derive(Debug, Clone, Copy)]
struct Chunk<'a> {
    text: &'a str,
    /// Bytes of the core within `text`.
    core: (usize, usize),
}

impl<'a> Chunk<'a> {
    fn new(text: &'a str) -> Self {
        let start = text.find(char::is_alphanumeric).unwrap_or(text.len());
        let end = text.rfind(char::is_alphanumeric);
        let end = end.map_or(start, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
        Self { text, core: (start, end.max(start)) }
    }

    fn core(self) -> &'a str {
        &self.text[self.core.0..self.core.1]
    }

    /// Letters only, no capital after the first, nothing around it but marks of a sentence.
    fn is_plain(self) -> bool {
        let core = self.core();
        let (before, after) = (&self.text[..self.core.0], &self.text[self.core.1..]);
        let mut letters = core.chars();
        letters.next().is_some()
            && core.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '-' | '\u{300}'..='\u{36f}'))
            && letters.all(|c| !c.is_uppercase())
            && before.chars().all(|c| matches!(c, '"' | '\'' | '('))
            && after.chars().all(|c| matches!(c, '"' | '\'' | ')' | ',' | '.' | ';' | ':' | '!' | '?'))
    }
}

/// Whether the statement holds a value in which each capital and each mark counts: a password, a code, a branch.
fn holds_secret(reading: &Reading, text: &str) -> bool {
    use crate::language::List;
    let key = |end: usize| {
        let Some(at) = end.checked_sub(1).and_then(|last| reading.tokens.get(last)) else { return false };
        let rest = text[at.end..].trim_start();
        let is = reading
            .tokens
            .get(end)
            .is_some_and(|_| reading.keeping(List::State).any(|hit| hit.first == end && hit.end == end + 1));
        rest.starts_with([':', '=']) || is
    };
    reading.keeping(List::Secrets).next().is_some() || reading.keeping(List::Keys).any(|hit| key(hit.end))
}

#[cfg(test)]
mod tests;
