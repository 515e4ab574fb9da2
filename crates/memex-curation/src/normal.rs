//! The normal form of a statement: two statements with the same form say the same thing in the same words.

use unicode_normalization::UnicodeNormalization;

const LEADS: [&str; 7] = ["as mentioned before", "for the record", "reminder", "noted", "again", "note", "fyi"];
const TAILS: [&str; 3] = ["(again)", "(repeat)", "mentioned again"];
const NUMBERS: [(&str, &str); 9] = [
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
];
const CONTRACTIONS: [(&str, &str); 9] = [
    ("can't", "cannot"),
    ("can not", "cannot"),
    ("won't", "will not"),
    ("shan't", "shall not"),
    ("n't", " not"),
    ("'re", " are"),
    ("'ll", " will"),
    ("'ve", " have"),
    ("i'm", "i am"),
];
/// Words that, written in capitals, are names ("US", "IT") and not themselves.
const ALSO_NAMES: [&str; 16] =
    ["us", "it", "who", "am", "pm", "or", "in", "as", "is", "on", "me", "no", "to", "at", "be", "may"];

/// What a statement says, freed of what does not change its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NormalForm {
    /// Empty when the text has no letter and no digit: then it equals nothing.
    pub key: String,
    /// Whether a harmless lead ("FYI, …") or tail ("… (again)") was dropped.
    pub decorated: bool,
}

/// The normal form of `text`, a statement without its list mark.
pub(crate) fn normal_form(text: &str) -> NormalForm {
    let folded = fold(text);
    let (body, decorated) = undecorate(&folded);
    if !body.chars().any(char::is_alphanumeric) {
        return NormalForm { key: String::new(), decorated };
    }
    let mut key = lower_runs(body);
    for (short, long) in CONTRACTIONS {
        if key.contains(short) {
            key = replace_at_word_end(&key, short, long);
        }
    }
    NormalForm { key: without_articles(&key), decorated }
}

/// NFKC, one kind of quote and of dash, no bold marks; superscripts stay apart from digits, because NFKC makes "10²" "102".
fn fold(text: &str) -> String {
    let mut marked = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\u{b2}' | '\u{b3}' | '\u{b9}' | '\u{2070}'..='\u{207f}' => marked.extend(['^', c]),
            '\u{2080}'..='\u{208e}' => marked.extend(['_', c]),
            '\u{bc}'..='\u{be}' | '\u{2150}'..='\u{215f}' => marked.extend([' ', c]),
            '\u{2018}' | '\u{2019}' | '\u{201a}' | '\u{2bc}' | '`' | '\u{b4}' => marked.push('\''),
            '\u{201c}' | '\u{201d}' | '\u{201e}' => marked.push('"'),
            '\u{2010}'..='\u{2013}' | '\u{2212}' => marked.push('-'),
            '\u{2014}' => marked.push_str(" - "),
            _ => marked.push(c),
        }
    }
    let folded: String = marked.nfkc().collect();
    let bold = folded.matches("**").count();
    let folded = if bold > 0 && bold.is_multiple_of(2) { folded.replace("**", "") } else { folded };
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The statement as it would stand without "FYI," and the like before it.
pub(crate) fn without_lead(text: &str) -> &str {
    strip_lead(text.trim_start())
}

/// Drops final punctuation, leads and tails until nothing more goes.
fn undecorate(folded: &str) -> (&str, bool) {
    let mut body = folded.trim();
    let mut decorated = false;
    loop {
        let shorter = body.trim_end_matches(['.', '!', ';', ',', '\u{3002}', '\u{964}', '\u{6d4}', ' ']);
        let without = strip_lead(strip_tail(shorter));
        decorated |= without.len() != shorter.len();
        if without.len() == body.len() {
            return (body, decorated);
        }
        body = without;
    }
}

fn strip_lead(body: &str) -> &str {
    for lead in LEADS {
        let Some(head) = body.get(..lead.len()) else { continue };
        let rest = &body[lead.len()..];
        if head.eq_ignore_ascii_case(lead) {
            let rest = rest.trim_start();
            if let Some(rest) = rest.strip_prefix([':', ',']) {
                return rest.trim_start();
            }
        }
    }
    body
}

fn strip_tail(body: &str) -> &str {
    for tail in TAILS {
        let Some(at) = body.len().checked_sub(tail.len()) else { continue };
        let Some(end) = body.get(at..) else { continue };
        if !end.eq_ignore_ascii_case(tail) {
            continue;
        }
        let head = body[..at].trim_end();
        if tail.starts_with('(') {
            return head;
        }
        let bare = head.trim_end_matches('-');
        if bare.len() < head.len() {
            return bare.trim_end();
        }
    }
    body
}

/// Lower case and digits for number words, run of letters by run of letters.
fn lower_runs(body: &str) -> String {
    let shouting = !body.chars().any(char::is_lowercase);
    let mut out = String::with_capacity(body.len());
    let mut run_start = None;
    let mut first = true;
    for (i, c) in body.char_indices().chain([(body.len(), ' ')]) {
        let in_run = i < body.len() && (c.is_alphanumeric() || is_mark(c));
        match (in_run, run_start) {
            (true, None) => run_start = Some(i),
            (true, Some(_)) => {}
            (false, start) => {
                if let Some(start) = start {
                    push_run(&mut out, &body[start..i], first, shouting);
                    first = false;
                    run_start = None;
                }
                if i < body.len() {
                    out.extend(c.to_lowercase());
                }
            }
        }
    }
    out
}

fn push_run(out: &mut String, run: &str, first: bool, shouting: bool) {
    let lower = run.to_lowercase();
    let capital = run.chars().all(char::is_uppercase);
    let letter = capital && run.chars().count() == 1 && run != "I";
    let name = capital && run.len() > 1 && ALSO_NAMES.contains(&lower.as_str());
    let means_another = name || (letter && !first);
    if means_another && !shouting {
        out.push_str(run);
    } else if let Some((_, digits)) = NUMBERS.iter().find(|(word, _)| *word == lower) {
        out.push_str(digits);
    } else {
        out.push_str(&lower);
    }
}

/// Combining marks belong to the letter before them.
fn is_mark(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
}

fn replace_at_word_end(key: &str, short: &str, long: &str) -> String {
    let mut out = String::with_capacity(key.len() + 4);
    let mut rest = key;
    while let Some(at) = rest.find(short) {
        let after = &rest[at + short.len()..];
        let ends = !after.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '\'');
        let before = rest[..at].chars().next_back().or_else(|| out.chars().next_back());
        let suffix = short.starts_with('\'') || short == "n't";
        let begins = suffix == before.is_some_and(char::is_alphanumeric);
        out.push_str(&rest[..at]);
        out.push_str(if ends && begins { long } else { short });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// An article at the very end is no article ("vitamin a").
fn without_articles(key: &str) -> String {
    let words: Vec<&str> = key.split(' ').filter(|w| !w.is_empty()).collect();
    let last = words.len().saturating_sub(1);
    let kept: Vec<&str> = words
        .iter()
        .enumerate()
        .filter(|(i, w)| *i == last || !matches!(**w, "a" | "an" | "the"))
        .map(|(_, w)| *w)
        .collect();
    kept.join(" ")
}

#[cfg(test)]
#[path = "normal_tests.rs"]
mod tests;
