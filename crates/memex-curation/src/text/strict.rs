//! The strict form: equal forms say the same in the same words.

use chrono::NaiveDate;
use unicode_normalization::UnicodeNormalization;

use super::{Chunk, holds_secret};
use crate::date;
use crate::language::{List, Reading, is_unspaced};

/// A statement's text in its strict form.
#[derive(Debug, Clone)]
pub(crate) struct Strict {
    /// Empty when the text has no letter and no digit: then it equals nothing.
    pub text: String,
    /// The same with the first letter as it was written.
    pub body: String,
    /// The words of `body`.
    pub reading: Reading,
    /// The day of a stamp before the statement, which is no part of its text.
    pub stamp: Option<NaiveDate>,
    /// "FYI, …" and the like stood before it.
    pub had_lead: bool,
    /// It holds a password, a code or the like: its first and last word are no ordinary words.
    pub secret: bool,
}

/// The strict form of a statement without its list mark and box.
pub(crate) fn strict(said: &str) -> Strict {
    let folded = folded(said);
    let (stamp, unstamped) = without_stamp(&folded);
    let reading = Reading::new(unstamped);
    let secret = holds_secret(&reading, unstamped);
    let (body, had_lead) = without_leads(unstamped, &reading);
    let body = without_final_mark(body, secret);
    let text = match body.chars().any(char::is_alphanumeric) {
        // Each quote, dash and space of a password counts.
        true if secret && stamp.is_none() && !had_lead => said.trim().to_owned(),
        true => with_small_start(body, secret),
        false => String::new(),
    };
    Strict { text, body: body.to_owned(), reading: Reading::new(body), stamp, had_lead, secret }
}

/// The day of the stamp before a statement.
pub(crate) fn stamp(said: &str) -> Option<NaiveDate> {
    without_stamp(&folded(said)).0
}

fn folded(said: &str) -> String {
    without_emphasis(&fold(said))
}

/// NFC; one kind of quote, dash and space; white space outside of code folded to one space.
fn fold(said: &str) -> String {
    let mut out = String::with_capacity(said.len());
    let mut in_code = false;
    for c in said.trim().nfc() {
        in_code ^= c == '`';
        match c {
            _ if in_code => out.push(c),
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{201b}' => out.push('\''),
            '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => out.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => out.push('-'),
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    out
}

/// Without the marks of bold and italic around whole words. `__name__` and `2**3` are none.
fn without_emphasis(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut gone = vec![false; chars.len()];
    let mut open: Vec<(usize, usize, char)> = Vec::new();
    let mut in_code = false;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        in_code ^= c == '`';
        if in_code || !matches!(c, '*' | '_') {
            at += 1;
            continue;
        }
        let length = chars[at..].iter().take_while(|x| **x == c).count();
        let before = at.checked_sub(1).map(|i| chars[i]);
        let after = chars.get(at + length).copied();
        let edge =
            |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || (!c.is_alphanumeric() && !matches!(c, '*' | '_')));
        let inside = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
        let marks = length <= 3 && !(c == '_' && length != 1);
        if marks && inside(before) && edge(after) && open.last().is_some_and(|&(_, l, m)| (l, m) == (length, c)) {
            let (start, ..) = open.pop().expect("it was looked at");
            gone[start..start + length].fill(true);
            gone[at..at + length].fill(true);
        } else if marks && edge(before) && inside(after) {
            open.push((at, length, c));
        }
        at += length;
    }
    chars.iter().zip(gone).filter(|(_, gone)| !gone).map(|(c, _)| *c).collect()
}

/// The day before a statement in brackets, or before a dash or colon; a time of day beside it stays.
fn without_stamp(text: &str) -> (Option<NaiveDate>, &str) {
    let Some(found) = date::find_days(text).first().copied() else { return (None, text) };
    let bracketed = text[..found.start].trim() == "[" || text[..found.start].trim() == "(";
    let rest = &text[found.end..];
    if bracketed {
        let Some(rest) = rest.strip_prefix([']', ')']) else { return (None, text) };
        let rest = rest.trim_start().trim_start_matches([':', '-']).trim_start();
        return if rest.is_empty() { (None, text) } else { (Some(found.day), rest) };
    }
    let rest = rest.trim_start();
    match rest.strip_prefix([':', '-']).map(str::trim_start) {
        Some(said) if text[..found.start].trim().is_empty() && !said.is_empty() => (Some(found.day), said),
        _ => (None, text),
    }
}

/// Without "FYI," and its like, as often as they stand there.
fn without_leads<'a>(text: &'a str, reading: &Reading) -> (&'a str, bool) {
    let mut from = 0;
    loop {
        let first = reading.tokens.partition_point(|t| t.start < from);
        let begins = reading.tokens.get(first).is_some_and(|t| text[from..t.start].trim().is_empty());
        let ends = |language| {
            let longest =
                reading.of(language, List::Leads).filter(|hit| hit.first == first).map(|hit| hit.end).max()?;
            let end = reading.tokens[longest - 1].end;
            let rest =
                text[end..].trim_start().strip_prefix([',', ':', '\u{3001}', '\u{ff1a}', '\u{ff0c}'])?.trim_start();
            (!rest.is_empty()).then_some(text.len() - rest.len())
        };
        let mut answers = reading.tongues.iter().map(ends);
        let agreed = answers.next().flatten().filter(|end| answers.all(|other| other == Some(*end)));
        match agreed.filter(|_| begins) {
            Some(end) => from = end,
            None => return (&text[from..], from > 0),
        }
    }
}

/// Without one final full stop after a word, one final exclamation mark after an ordinary word.
fn without_final_mark(text: &str, secret: bool) -> &str {
    let last = Chunk::new(text.rsplit(' ').next().unwrap_or(text));
    let Some(shorter) = text.strip_suffix(['.', '!', '\u{3002}', '\u{ff01}']) else { return text };
    let bare = shorter.strip_suffix(['"', '\'', ')']).unwrap_or(shorter);
    let ends_in_letter = bare.chars().next_back().is_some_and(char::is_alphabetic);
    if !ends_in_letter || secret {
        return text;
    }
    let spelled = bare.chars().next_back().is_some_and(is_unspaced);
    let word = last.core().chars().all(char::is_alphabetic) || spelled;
    let stop = text.ends_with(['.', '\u{3002}']);
    let ordinary = last.is_plain() || spelled;
    if (stop && word && last.text[..last.core.0].chars().all(|c| matches!(c, '"' | '\'' | '('))) || ordinary {
        shorter
    } else {
        text
    }
}

/// The first letter small, if its word is an ordinary one.
fn with_small_start(text: &str, secret: bool) -> String {
    let first = Chunk::new(text.split(' ').next().unwrap_or(text));
    if secret || !first.is_plain() || first.core.0 > 0 {
        return text.to_owned();
    }
    let mut chars = text.chars();
    let small = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    small + chars.as_str()
}
