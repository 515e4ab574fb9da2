//! Values that are a list of phrases: one string, in which `;` or a line end divides the phrases.

use std::collections::HashSet;

use super::{DREAM_NEUTRAL, KeyRefusal};

/// How many characters of a phrase a refusal quotes.
const QUOTED: usize = 40;

/// Characters that end a phrase in a given value.
const DIVIDERS: [char; 3] = [';', '\n', '\r'];

/// The text between two phrases of a stored value.
const DIVIDER: &str = "; ";

/// The parts of a context that a workspace calls neutral, from the stored value of `dream_neutral`. A stored value that
/// [`Key::check`](super::Key::check) would refuse, left by another version, counts as not set: there are none.
pub fn neutral_phrases(stored: &str) -> Vec<String> {
    DREAM_NEUTRAL.check(stored).map(|value| divided(&value).map(str::to_owned).collect()).unwrap_or_default()
}

/// The canonical spelling of a list of phrases: trimmed, without empty ones, each once in any case, divided by `; `.
pub(super) fn check(key: &'static str, value: &str, most: usize, length: usize) -> Result<String, KeyRefusal> {
    let mut seen = HashSet::new();
    let phrases: Vec<&str> = divided(value).filter(|phrase| seen.insert(phrase.to_lowercase())).collect();
    for phrase in &phrases {
        if phrase.chars().any(char::is_control) {
            return Err(KeyRefusal::ControlCharacter { key, phrase: quoted(phrase) });
        }
        let has = phrase.chars().count();
        if has > length {
            return Err(KeyRefusal::PhraseTooLong { key, phrase: quoted(phrase), length, has });
        }
    }
    if phrases.len() > most {
        return Err(KeyRefusal::TooManyPhrases { key, most, has: phrases.len() });
    }
    Ok(phrases.join(DIVIDER))
}

fn divided(value: &str) -> impl Iterator<Item = &str> {
    value.split(DIVIDERS).map(str::trim).filter(|phrase| !phrase.is_empty())
}

/// The phrase in quotation marks, escaped, and cut where it is long.
fn quoted(phrase: &str) -> String {
    let begin: String = phrase.chars().take(QUOTED).collect();
    let cut = if begin.len() < phrase.len() { "…" } else { "" };
    format!("{begin:?}{cut}")
}
