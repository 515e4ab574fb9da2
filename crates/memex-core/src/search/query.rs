//! The telling words of a query, and which words of a text are one of them.

use std::collections::{BTreeSet, HashMap};

use super::Weights;
use super::dates::Days;
use super::kin;
use super::languages::{Language, is_of_questions};
use super::stems::Stems;
use super::words::{bare, each_word, lower};
use crate::limits::MAX_QUERY_WORDS;

/// The words that a query looks for, and what was met of other words.
pub(super) struct Query<'w> {
    words: Vec<String>,
    stems: Stems,
    weights: &'w Weights,
    /// What each word met in a text is; none: nothing that is looked for.
    known: HashMap<Language, Known>,
    /// Words that stand for a misspelt one.
    instead: HashMap<String, usize>,
    /// The months and years that the query names.
    pub(super) days: Days,
}

/// One of the query's words that a word of a text is, or is next of kin to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// Which of the query's words.
    pub(super) word: usize,
    /// Not that word, but one of its kin.
    pub(super) kin: bool,
}

#[derive(Default)]
struct Known {
    /// The stems of the query's words in this language.
    wanted: Vec<String>,
    met: HashMap<String, Vec<Match>>,
}

impl<'w> Query<'w> {
    pub(super) fn new(text: &str, weights: &'w Weights) -> Self {
        let language = Language::of(text);
        let mut all = Vec::new();
        each_word(text, |_, word| {
            let word = lower(word);
            if !all.contains(&word) {
                all.push(word);
            }
        });
        let of_questions =
            |word: &str| weights.question_words && language == Language::English && is_of_questions(word);
        let telling = |word: &&String| !(weights.stems && language.is_small(word) || of_questions(word));
        let mut words: Vec<String> = all.iter().filter(telling).cloned().collect();
        if words.is_empty() {
            words = all;
        }
        let (stems, known, instead) = (Stems::new(), HashMap::new(), HashMap::new());
        let mut query = Self { words, stems, weights, known, instead, days: Days::of(text) };
        // Two forms of one word are one.
        let mut seen = BTreeSet::new();
        let stems: Vec<String> = query.words.iter().map(|word| query.stem(word, language)).collect();
        let mut stems = stems.into_iter();
        query.words.retain(|_| stems.next().is_some_and(|stem| seen.insert(stem)));
        query.words.truncate(MAX_QUERY_WORDS);
        query
    }

    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.words.len()
    }

    /// Which of the query's words a word is or is kin to, in a text of this language.
    pub(super) fn find(&mut self, word: &str, language: Language) -> &[Match] {
        let known = self.known.entry(language).or_insert_with(|| Known {
            wanted: self.words.iter().map(|word| stem(&self.stems, self.weights, word, language)).collect(),
            met: HashMap::new(),
        });
        // Looked up twice, as most words were met before and need no copy.
        if !known.met.contains_key(word) {
            let lowered = lower(word);
            let stemmed = stem(&self.stems, self.weights, &lowered, language);
            let exact = known.wanted.iter().position(|wanted| *wanted == stemmed);
            let exact = exact.or_else(|| self.instead.get(&bare(&lowered)).copied());
            let mut found: Vec<Match> = exact.into_iter().map(|word| Match { word, kin: false }).collect();
            if self.weights.kin > 0.0 && language == Language::English {
                let all = known.wanted.iter().enumerate();
                let kin = all.filter(|(i, wanted)| Some(*i) != exact && kin::are(wanted, &stemmed));
                found.extend(kin.map(|(word, _)| Match { word, kin: true }));
            }
            known.met.insert(word.to_owned(), found);
        }
        known.met.get(word).map_or(&[], Vec::as_slice)
    }

    fn stem(&self, word: &str, language: Language) -> String {
        stem(&self.stems, self.weights, word, language)
    }

    /// Looks for what the words that were never found may be misspellings of; gives whether there is anything.
    pub(super) fn correct(&mut self, found: &[u32]) -> bool {
        let met: BTreeSet<String> =
            self.known.values().flat_map(|known| known.met.keys()).map(|word| bare(&lower(word))).collect();
        for (i, word) in self.words.iter().enumerate().filter(|(i, _)| found[*i] == 0) {
            let word = bare(word);
            let letters = word.chars().count();
            if letters < 4 || !word.chars().all(char::is_alphabetic) {
                continue;
            }
            let most = if letters < 8 { 1 } else { 2 };
            let near = met.iter().filter(|other| other.chars().count().abs_diff(letters) <= most);
            let near: Vec<(usize, &String)> = near
                .map(|other| (strsim::osa_distance(&word, other), other))
                .filter(|(distance, other)| *distance <= most && other.chars().count() > 3)
                .collect();
            let least = near.iter().map(|(distance, _)| *distance).min();
            let nearest = near.into_iter().filter(|(distance, _)| Some(*distance) == least);
            self.instead.extend(nearest.map(|(_, other)| (other.clone(), i)));
        }
        self.known.clear();
        !self.instead.is_empty()
    }
}

fn stem(stems: &Stems, weights: &Weights, word: &str, language: Language) -> String {
    if weights.stems { stems.stem(word, language) } else { bare(word) }
}
