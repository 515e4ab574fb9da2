//! Finds the passages of a few texts that answer a question, by its telling words: folded, stemmed, ranked by BM25 over
//! lines with a share of what stands around them.

mod languages;
mod lines;
mod query;
mod rank;
#[cfg(test)]
mod tests;
mod words;

use std::ops::Range;

use lines::read;
use query::Query;
use rank::Ranks;

/// How passages are ranked; [`Weights::default`] is what the service uses, the rest is for measuring what each buys.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Words are stemmed, and small words left out.
    pub stems: bool,
    /// A word that no text has finds the words that it may be a misspelling of.
    pub misspellings: bool,
    /// Passages reach beyond their best line.
    pub passages: bool,
    /// What the window around a line adds to its score.
    pub window: f64,
    /// What its file adds.
    pub file: f64,
    /// A line next to a passage joins it from this share of the best line's score on.
    pub join: f64,
    /// BM25's saturation.
    pub k1: f64,
    /// BM25's share of the length.
    pub b: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { stems: true, misspellings: true, passages: true, window: 0.5, file: 0.5, join: 0.3, k1: 1.2, b: 0.75 }
    }
}

/// A piece of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Passage {
    /// Which of the texts.
    pub text: usize,
    /// The heading above it, without its marks; empty: none.
    pub heading: String,
    /// Its first line, from 1.
    pub first_line: usize,
    /// Its last line, inclusive.
    pub last_line: usize,
    /// Its bytes within the text: whole lines, or a part of one.
    pub bytes: Range<usize>,
    /// The matching words, as bytes of the passage.
    pub highlights: Vec<Range<usize>>,
    /// How well it matches.
    pub score: f64,
    /// Its lines stand under a heading `History`.
    pub superseded: bool,
}

/// At most `limit` passages, the best first; superseded ones after all others. The same texts in the same order give the
/// same passages.
pub fn search(texts: &[&str], query: &str, limit: usize, weights: &Weights) -> Vec<Passage> {
    ranked(texts, query, weights, |ranks| ranks.passages(limit))
}

/// The texts that have any of the query's telling words, each with its best line (from 0), in the order in which
/// [`search`] ranks these lines.
pub fn relevant(texts: &[&str], query: &str, weights: &Weights) -> Vec<(usize, usize)> {
    ranked(texts, query, weights, |ranks| ranks.texts())
}

fn ranked<T>(texts: &[&str], query: &str, weights: &Weights, give: impl FnOnce(Ranks<'_>) -> T) -> T {
    let mut query = Query::new(query, weights);
    let (mut read_texts, mut all) = read(texts, &mut query);
    let mut found = vec![0_u32; query.len()];
    for (word, _) in all.iter().flat_map(|line| &line.hits) {
        found[*word] += 1;
    }
    let guessed: Vec<bool> = found.iter().map(|count| *count == 0).collect();
    if weights.misspellings && guessed.contains(&true) && query.correct(&found) {
        (read_texts, all) = read(texts, &mut query);
    }
    give(Ranks::new(texts, &read_texts, &all, &guessed, weights))
}
