//! What is known of each language: the word lists of `words/`, read once.

mod list;
mod reading;

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

pub(crate) use list::List;
pub(crate) use reading::{Hit, Reading, Tongues, is_unspaced, tokens};

/// Code and text of each file of `words/`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/word_files.rs"));

/// A language: an index into [`Vocabulary::languages`].
pub(crate) type LanguageIndex = u8;

/// What is said of a language as a whole.
#[derive(Debug)]
pub(crate) struct Language {
    /// Words are separated by spaces.
    pub spaced: bool,
    /// Every noun begins with a capital, so that a capital names nobody.
    pub capital_nouns: bool,
    /// Where words are not separated by spaces: the verb does not end the sentence.
    pub verb_first: bool,
}

/// An entry of a list, found by its first word.
#[derive(Debug)]
struct Entry {
    language: LanguageIndex,
    list: List,
    /// The words after the first.
    rest: Box<[String]>,
}

/// All languages' words.
pub(crate) struct Vocabulary {
    pub languages: Vec<Language>,
    /// Entries of spaced languages by their first word, in lower case.
    words: HashMap<String, Vec<Entry>>,
    /// Entries of languages without spaces: one automaton finds them all.
    runs: AhoCorasick,
    run_entries: Vec<Vec<(LanguageIndex, List)>>,
    /// `two` → `2`, `january` → `1`, `can't` → `cannot`, by language and list.
    values: HashMap<(LanguageIndex, List, String), String>,
    endings: Vec<(List, LanguageIndex, String)>,
}

/// The words of every language; read at the first use.
pub(crate) static VOCABULARY: LazyLock<Vocabulary> =
    LazyLock::new(|| Vocabulary::read(FILES).expect("a test reads every file of words/"));

impl Vocabulary {
    /// The words of all files; what is wrong with one of them, in words.
    fn read(files: &[(&str, &str)]) -> Result<Self, String> {
        let mut words = Words::default();
        for (index, (code, text)) in files.iter().enumerate() {
            let language = LanguageIndex::try_from(index).map_err(|_| "too many languages".to_owned())?;
            let table: toml::Table = text.parse().map_err(|e| format!("{code}: {e}"))?;
            let flag = |key: &str| table.get(key).and_then(toml::Value::as_bool);
            let spaced = flag("spaced").ok_or_else(|| format!("{code}: spaced is missing"))?;
            words.languages.push(Language {
                spaced,
                capital_nouns: flag("capital_nouns").unwrap_or(false),
                verb_first: flag("verb_first").unwrap_or(false),
            });
            for list in List::ALL {
                for entry in entries(&table, list).ok_or_else(|| format!("{code}: no {}", list.path()))? {
                    words.add(language, list, entry);
                }
            }
        }
        words.into_vocabulary()
    }

    /// The value of an entry: the digits of a number word, the number of a month, the long form of a contraction.
    pub fn value(&self, language: LanguageIndex, list: List, word: &str) -> Option<&str> {
        self.values.get(&(language, list, word.to_owned())).map(String::as_str)
    }

    /// The entries of a list of endings, with their languages.
    pub fn endings(&self, list: List) -> impl Iterator<Item = (LanguageIndex, &str)> {
        self.endings
            .iter()
            .filter(move |(of, ..)| *of == list)
            .map(|(_, language, ending)| (*language, ending.as_str()))
    }

    /// Whether a list of any language has the word.
    pub fn has_in_any(&self, list: List, word: &str) -> bool {
        self.words.get(word).is_some_and(|entries| entries.iter().any(|e| e.list == list && e.rest.is_empty()))
    }

    /// Whether a list of the language has the word.
    pub fn has(&self, language: LanguageIndex, list: List, word: &str) -> bool {
        let entry = |e: &Entry| e.language == language && e.list == list && e.rest.is_empty();
        self.words.get(word).is_some_and(|entries| entries.iter().any(entry))
    }

    /// The number of a month or weekday in any language.
    pub fn number_in_any(&self, list: List, word: &str) -> Option<u32> {
        let count = LanguageIndex::try_from(self.languages.len()).unwrap_or(LanguageIndex::MAX);
        (0..count).find_map(|language| self.value(language, list, word)?.parse().ok())
    }
}

/// Entries as they are read.
#[derive(Default)]
struct Words {
    languages: Vec<Language>,
    spaced: HashMap<String, Vec<Entry>>,
    runs: HashMap<String, Vec<(LanguageIndex, List)>>,
    values: HashMap<(LanguageIndex, List, String), String>,
    endings: Vec<(List, LanguageIndex, String)>,
}

impl Words {
    fn add(&mut self, language: LanguageIndex, list: List, entry: &str) {
        let (said, value) = word_and_value(list, entry);
        if let Some(value) = value {
            self.values.insert((language, list, said.to_owned()), value.to_owned());
        }
        if list.is_of_endings() {
            self.endings.push((list, language, said.to_owned()));
            return;
        }
        if !self.languages[usize::from(language)].spaced && said.chars().any(is_unspaced) {
            self.runs.entry(said.to_owned()).or_default().push((language, list));
            return;
        }
        let mut parts = tokens(said).into_iter().map(|t| t.lower);
        if let Some(first) = parts.next() {
            self.spaced.entry(first).or_default().push(Entry { language, list, rest: parts.collect() });
        }
    }

    fn into_vocabulary(self) -> Result<Vocabulary, String> {
        let (patterns, run_entries): (Vec<_>, Vec<_>) = self.runs.into_iter().unzip();
        let runs =
            AhoCorasick::builder().match_kind(MatchKind::Standard).build(&patterns).map_err(|e| e.to_string())?;
        let Self { languages, spaced: words, values, endings, .. } = self;
        Ok(Vocabulary { languages, words, runs, run_entries, values, endings })
    }
}

/// `two=2` is a word and its value, in lists that have values.
fn word_and_value(list: List, entry: &str) -> (&str, Option<&str>) {
    match entry.split_once('=') {
        Some((said, value)) if list.has_values() => (said.trim(), Some(value.trim())),
        _ => (entry, None),
    }
}

fn entries(table: &toml::Table, list: List) -> Option<impl Iterator<Item = &str>> {
    let (group, name) = list.path().split_once('.')?;
    let text = table.get(group)?.get(name)?.as_str()?;
    Some(text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty()))
}

#[cfg(test)]
mod tests;
