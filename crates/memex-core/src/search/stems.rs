//! The stems of words, by their script and language.

use rust_stemmers::{Algorithm, Stemmer};

use super::languages::Language;
use super::words::{bare, is_unspaced};

/// The stemmers, each made once a search.
pub(super) struct Stems(Vec<(Algorithm, Stemmer)>);

impl Stems {
    pub(super) fn new() -> Self {
        let all = [
            Algorithm::English,
            Algorithm::German,
            Algorithm::French,
            Algorithm::Spanish,
            Algorithm::Italian,
            Algorithm::Portuguese,
            Algorithm::Dutch,
            Algorithm::Arabic,
            Algorithm::Russian,
            Algorithm::Greek,
        ];
        Self(all.into_iter().map(|one| (one, Stemmer::create(one))).collect())
    }

    /// The stem of a word in lower case, by its script, or where that is Latin by the language.
    pub(super) fn stem(&self, word: &str, language: Language) -> String {
        let algorithm = match word.chars().find(|one| one.is_alphabetic()) {
            Some('\u{0600}'..='\u{06ff}') => Algorithm::Arabic,
            Some('\u{0400}'..='\u{04ff}') => Algorithm::Russian,
            Some('\u{0370}'..='\u{03ff}') => Algorithm::Greek,
            Some(one) if !is_unspaced(one) => language.algorithm(),
            _ => return word.to_owned(),
        };
        let base = if algorithm == Algorithm::English { regular(word) } else { word };
        let stemmer = self.0.iter().find(|(one, _)| *one == algorithm);
        stemmer.map_or_else(|| bare(base), |(_, stemmer)| bare(&stemmer.stem(base)))
    }
}

/// English verbs and nouns whose forms no stemmer brings together.
fn regular(word: &str) -> &str {
    const FORMS: &str = "go went gone|buy bought|eat ate eaten|see saw seen|write wrote written|take took taken|\
        give gave given|get got gotten|make made|find found|feel felt|think thought|teach taught|bring brought|\
        catch caught|meet met|leave left|lose lost|win won|run ran|begin began begun|drive drove driven|\
        speak spoke spoken|tell told|say said|know knew known|grow grew grown|fly flew flown|sing sang sung|\
        swim swam swum|sell sold|send sent|spend spent|build built|keep kept|sleep slept|hear heard|hold held|\
        become became|come came|choose chose chosen|break broke broken|wear wore worn|draw drew drawn|\
        child children|person people|man men|woman women|wife wives|life lives|foot feet|tooth teeth|\
        mouse mice|fall fell fallen|read readings|pay paid|lead led|ride rode ridden|fight fought|steal stole stolen";
    FORMS
        .split('|')
        .map(|forms| forms.trim())
        .find(|forms| forms.split(' ').any(|form| form == word))
        .and_then(|forms| forms.split(' ').next())
        .unwrap_or(word)
}
