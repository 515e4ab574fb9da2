//! The loose form: the strict form without what seldom changes the meaning. Equal loose forms are for a person to judge.

use super::{Chunk, Strict};
use crate::date;
use crate::language::{List, Reading, VOCABULARY};

/// The loose form of a statement.
pub(crate) fn loose(strict: &Strict) -> String {
    let dated = with_plain_days(&strict.text);
    let said = Said::new(&dated);
    let last = said.chunks.len().saturating_sub(1);
    let mut words: Vec<String> = Vec::with_capacity(said.chunks.len());
    let mut in_code = false;
    for (i, &(_, chunk)) in said.chunks.iter().enumerate() {
        let code = in_code || chunk.contains('`');
        in_code ^= chunk.matches('`').count() % 2 == 1;
        let edge = strict.secret && (i == 0 || i == last);
        if code || edge {
            words.push(chunk.to_owned());
        } else if !said.is_article(i) {
            words.push(said.loosened(i));
        }
    }
    apart(&words.join(" "))
}

/// The day in one order: `3 May 1990` and `May 3, 1990` become `1990-05-03`.
fn with_plain_days(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for found in date::find_days(text) {
        out.push_str(&text[from..found.start]);
        out.push_str(&found.day.to_string());
        from = found.end;
    }
    out.push_str(&text[from..]);
    out
}

/// A text in chunks between spaces, each with its first byte.
struct Said<'a> {
    chunks: Vec<(usize, &'a str)>,
    reading: Reading,
}

impl<'a> Said<'a> {
    fn new(text: &'a str) -> Self {
        let mut start = 0;
        let mut chunks = Vec::new();
        for chunk in text.split(' ') {
            if !chunk.is_empty() {
                chunks.push((start, chunk));
            }
            start += chunk.len() + 1;
        }
        Self { chunks, reading: Reading::new(text) }
    }

    fn chunk(&self, i: usize) -> Chunk<'a> {
        Chunk::new(self.chunks[i].1)
    }

    /// The token that is the chunk's core, if the chunk is one word.
    fn token(&self, i: usize) -> Option<usize> {
        let (start, core) = (self.chunks[i].0, self.chunk(i).core);
        let at = self.reading.tokens.binary_search_by_key(&(start + core.0), |t| t.start).ok()?;
        (self.reading.tokens[at].end == start + core.1).then_some(at)
    }

    fn begins_with_capital(&self, i: usize) -> bool {
        i < self.chunks.len() && self.chunk(i).core().starts_with(char::is_uppercase)
    }

    /// An article counts before "few" and its like, before a name and before a single letter or a number.
    fn is_article(&self, i: usize) -> bool {
        let (chunk, Some(at)) = (self.chunks[i].1, self.token(i)) else { return false };
        if i + 1 >= self.chunks.len() || !chunk.chars().all(char::is_alphabetic) || !self.chunk(i).is_plain() {
            return false;
        }
        let next = self.chunk(i + 1).core();
        let word =
            next.chars().count() > 1 && next.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_uppercase());
        word && self.reading.permits_at(List::Articles, at) && !self.reading.keeps_at(List::ArticleCountsBefore, at + 1)
    }

    fn loosened(&self, i: usize) -> String {
        let chunk = self.chunk(i);
        let core = chunk.core();
        let around = |middle: &str| format!("{}{middle}{}", &chunk.text[..chunk.core.0], &chunk.text[chunk.core.1..]);
        if let Some(plain) = without_thousands(core) {
            return around(&plain);
        }
        if !chunk.is_plain() {
            return chunk.text.to_owned();
        }
        let lower = core.to_lowercase();
        if let Some(long) = self.agreed(List::Contractions, &lower) {
            return around(long);
        }
        // A number word beside a capital is part of a name: "Ocean's Eleven", "Two Steps".
        let beside = self.begins_with_capital(i + 1) || (i > 0 && self.begins_with_capital(i - 1));
        let named = beside || core.starts_with(char::is_uppercase);
        match self.agreed(List::Numbers, &lower) {
            Some(digits) if !named => around(digits),
            None if self.is_ordinary(i) => around(&lower),
            _ => chunk.text.to_owned(),
        }
    }

    /// A capital is a name's unless a list knows the word.
    fn is_ordinary(&self, i: usize) -> bool {
        self.token(i).is_none_or(|at| !self.reading.tokens[at].capital || self.reading.is_known(at))
    }

    /// What every language that may be meant has for the word.
    fn agreed(&self, list: List, word: &str) -> Option<&'static str> {
        let mut values = self.reading.tongues.iter().map(|language| VOCABULARY.value(language, list, word));
        let first = values.next()??;
        values.all(|value| value == Some(first)).then_some(first)
    }
}

/// `50,000` and `1,200,000` without commas. One group after the comma is a thousand only where it is `000`: elsewhere it
/// may be a decimal fraction.
fn without_thousands(core: &str) -> Option<String> {
    let groups: Vec<&str> = core.split(',').collect();
    let fits = groups.len() > 1
        && (1..=3).contains(&groups[0].len())
        && !groups[0].starts_with('0')
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_digit()))
        && groups[1..].iter().all(|group| group.len() == 3)
        && (groups.len() > 2 || groups[1] == "000");
    fits.then(|| groups.concat())
}

/// `60kg` as `60 kg`: a unit directly after digits stands apart.
fn apart(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for (i, chunk) in text.split(' ').enumerate() {
        if i > 0 {
            out.push(' ');
        }
        let digits = chunk.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b',')).count();
        let unit = chunk[digits..].trim_end_matches(['.', ',', ';', '!', '?', ')']);
        if digits > 0 && (1..=3).contains(&unit.chars().count()) && unit.chars().all(char::is_alphabetic) {
            out.push_str(&chunk[..digits]);
            out.push(' ');
            out.push_str(&chunk[digits..]);
        } else {
            out.push_str(chunk);
        }
    }
    out
}
