//! Finds the passages of a few texts that answer a question, by its telling words and their kin: folded, stemmed, ranked
//! by BM25 over lines with a share of what stands around them.

mod dates;
mod kin;
mod languages;
mod lines;
mod query;
mod rank;
mod stems;
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
    /// Words that make a question (`kind`, `recently`) are left out of an English one.
    pub question_words: bool,
    /// A word that no text has finds the words that it may be a misspelling of.
    pub misspellings: bool,
    /// Passages reach beyond their best line.
    pub passages: bool,
    /// What a word of everyday life tells where its next of kin was asked for (`puppy` for `dog`).
    pub kin: f64,
    /// What the window around a line adds to its score.
    pub window: f64,
    /// What the words on lines near it add, by their distance.
    pub near: f64,
    /// What its file adds.
    pub file: f64,
    /// What it adds that the file is of the month or year that the query names, in words that tell most.
    pub days: f64,
    /// A line next to a passage joins it from this share of the best line's score on.
    pub join: f64,
    /// BM25's saturation.
    pub k1: f64,
    /// BM25's share of the length.
    pub b: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            stems: true,
            question_words: true,
            misspellings: true,
            passages: true,
            kin: 0.5,
            window: 0.5,
            near: 0.5,
            file: 0.5,
            days: 2.0,
            join: 0.62,
            k1: 0.9,
            b: 0.5,
        }
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
    for (one, _) in all.iter().flat_map(|line| &line.hits) {
        found[one.word] += 1;
    }
    let guessed: Vec<bool> = found.iter().map(|count| *count == 0).collect();
    if weights.misspellings && guessed.contains(&true) && query.correct(&found) {
        (read_texts, all) = read(texts, &mut query);
    }
    give(Ranks::new(texts, &read_texts, &all, &guessed, weights))
}
