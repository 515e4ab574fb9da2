//! What is known of each language: the word lists of `words/`, read once.

mod list;
mod reading;

use std::collections::HashMap;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};

pub(crate) use list::List;
pub(crate) use reading::{Reading, Token, Tongues, is_unspaced, tokens};

/// Code and text of each file of `words/`.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/word_files.rs"));

/// A language: an index into [`Vocabulary::languages`].
pub(crate) type LanguageIndex = u8;

/// What is said of a language as a whole.
#[derive(Debug)]
pub(crate) struct Language {
    /// Its ISO 639-1 code.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests name the language by it"))]
    pub code: &'static str,
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

/// What is wrong with a file of words.
#[derive(Debug)]
pub(crate) struct WordsFault(pub String);

impl Vocabulary {
    fn read(files: &[(&'static str, &str)]) -> Result<Self, WordsFault> {
        let mut languages = Vec::new();
        let mut words: HashMap<String, Vec<Entry>> = HashMap::new();
        let mut runs: HashMap<String, Vec<(LanguageIndex, List)>> = HashMap::new();
        let mut values = HashMap::new();
        let mut endings = Vec::new();
        for (index, (code, text)) in files.iter().enumerate() {
            let language = LanguageIndex::try_from(index).map_err(|_| WordsFault("too many languages".to_owned()))?;
            let table: toml::Table = text.parse().map_err(|e| WordsFault(format!("{code}: {e}")))?;
            let flag = |key: &str| table.get(key).and_then(toml::Value::as_bool);
            let spaced = flag("spaced").ok_or_else(|| WordsFault(format!("{code}: spaced is missing")))?;
            languages.push(Language { code, spaced, capital_nouns: flag("capital_nouns").unwrap_or(false), verb_first: flag("verb_first").unwrap_or(false) });
            for list in List::ALL {
                for entry in entries(&table, list).ok_or_else(|| WordsFault(format!("{code}: no {}", list.path())))? {
                    let (said, value) = match entry.split_once('=') {
                        Some((said, value)) if list.has_values() => (said.trim(), Some(value.trim())),
                        _ => (entry, None),
                    };
                    if let Some(value) = value {
                        values.insert((language, list, said.to_owned()), value.to_owned());
                    }
                    if list.is_of_endings() {
                        endings.push((list, language, said.to_owned()));
                        continue;
                    }
                    if !spaced && said.chars().any(is_unspaced) {
                        runs.entry(said.to_owned()).or_default().push((language, list));
                        continue;
                    }
                    let mut parts = tokens(said).into_iter().map(|t| t.lower);
                    let Some(first) = parts.next() else { continue };
                    words.entry(first).or_default().push(Entry { language, list, rest: parts.collect() });
                }
            }
        }
        let (patterns, run_entries): (Vec<_>, Vec<_>) = runs.into_iter().unzip();
        let runs = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .build(&patterns)
            .map_err(|e| WordsFault(e.to_string()))?;
        Ok(Self { languages, words, runs, run_entries, values, endings })
    }

    /// The value of an entry: the digits of a number word, the number of a month, the long form of a contraction.
    pub fn value(&self, language: LanguageIndex, list: List, word: &str) -> Option<&str> {
        self.values.get(&(language, list, word.to_owned())).map(String::as_str)
    }

    /// The entries of a list of endings, with their languages.
    pub fn endings(&self, list: List) -> impl Iterator<Item = (LanguageIndex, &str)> {
        self.endings.iter().filter(move |(of, ..)| *of == list).map(|(_, language, ending)| (*language, ending.as_str()))
    }

    /// Whether a list of any language has the word.
    pub fn has_in_any(&self, list: List, word: &str) -> bool {
        self.words.get(word).is_some_and(|entries| entries.iter().any(|e| e.list == list && e.rest.is_empty()))
    }

    /// The number of a month or weekday in any language.
    pub fn number_in_any(&self, list: List, word: &str) -> Option<u32> {
        let count = LanguageIndex::try_from(self.languages.len()).unwrap_or(LanguageIndex::MAX);
        (0..count).find_map(|language| self.value(language, list, word)?.parse().ok())
    }
}

fn entries(table: &toml::Table, list: List) -> Option<impl Iterator<Item = &str>> {
    let (group, name) = list.path().split_once('.')?;
    let text = table.get(group)?.get(name)?.as_str()?;
    Some(text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty()))
}



