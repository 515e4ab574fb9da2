//! A text in words, and what the lists of each language know of them.

use super::{LanguageIndex, List, VOCABULARY};

/// A word, or one character of a script without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// In lower case; `Anna's` is `anna` where the whole is no known word.
    pub lower: String,
    /// Its bytes in the text.
    pub start: usize,
    pub end: usize,
    /// It begins with a capital.
    pub capital: bool,
    /// It holds letters only.
    pub letters: bool,
    /// It ends in `'s`.
    pub possessive: bool,
    /// It is one character of a script without spaces.
    pub unspaced: bool,
}

/// An entry of a list that stands in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hit {
    pub language: LanguageIndex,
    pub list: List,
    /// Its first token, and the one after its last.
    pub first: usize,
    pub end: usize,
}

/// The languages that know the most of a text's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Tongues(u32);

impl Tongues {
    pub fn has(self, language: LanguageIndex) -> bool {
        self.0 & (1 << language) != 0
    }

    pub fn iter(self) -> impl Iterator<Item = LanguageIndex> {
        (0..32).filter(move |&language| self.has(language))
    }

    /// Exactly one language knows the most.
    pub fn is_certain(self) -> bool {
        self.0.count_ones() == 1
    }

    /// Of several languages those which are among `others` too; all of them where none is.
    pub fn narrowed_by(self, others: Self) -> Self {
        let both = self.0 & others.0;
        if both == 0 { self } else { Self(both) }
    }

    /// What makes a drop possible holds only where every language that may be meant says so.
    pub fn all(self, permits: impl Fn(LanguageIndex) -> bool) -> bool {
        self.0 != 0 && self.iter().all(permits)
    }

    /// What keeps a line holds where its language says so or, where that is not certain, any language.
    pub fn keeps(self, language: LanguageIndex) -> bool {
        !self.is_certain() || self.has(language)
    }
}

/// A text, its words, and what is known of them.
#[derive(Debug, Clone)]
pub(crate) struct Reading {
    pub tokens: Vec<Token>,
    /// By first token.
    pub hits: Vec<Hit>,
    pub tongues: Tongues,
}

impl Reading {
    pub fn new(text: &str) -> Self {
        let mut tokens = tokens(text);
        let mut hits = Vec::new();
        for at in 0..tokens.len() {
            if !tokens[at].unspaced {
                spaced_hits(&mut tokens, at, &mut hits);
            }
        }
        if tokens.iter().any(|t| t.unspaced) {
            unspaced_hits(text, &tokens, &mut hits);
        }
        keep_the_longest(&mut hits);
        let tongues = tongues(&tokens, &hits);
        Self { tokens, hits, tongues }
    }

    /// Hits of a list that permits, in one language.
    pub fn of(&self, language: LanguageIndex, list: List) -> impl Iterator<Item = Hit> + '_ {
        self.hits.iter().copied().filter(move |hit| hit.language == language && hit.list == list)
    }

    /// Hits of a list that keeps: of the text's language or, where that is not certain, of any.
    pub fn keeping(&self, list: List) -> impl Iterator<Item = Hit> + '_ {
        self.hits.iter().copied().filter(move |hit| hit.list == list && self.tongues.keeps(hit.language))
    }

    /// Whether a list that keeps knows the token.
    pub fn keeps_at(&self, list: List, token: usize) -> bool {
        self.keeping(list).any(|hit| (hit.first..hit.end).contains(&token))
    }

    /// Whether a list that permits knows the token, in every language that may be meant.
    pub fn permits_at(&self, list: List, token: usize) -> bool {
        self.tongues.all(|language| self.of(language, list).any(|hit| (hit.first..hit.end).contains(&token)))
    }

    /// Whether any list of the text's languages, all languages where that is not certain, knows the token.
    pub fn is_known(&self, token: usize) -> bool {
        self.hits.iter().any(|hit| (hit.first..hit.end).contains(&token) && self.tongues.keeps(hit.language))
    }

    /// Whether the token is a form of a verb of any list that keeps.
    pub fn is_verb(&self, token: usize) -> bool {
        let listed = |hit: &Hit| (hit.first..hit.end).contains(&token) && hit.list.is_verb();
        self.hits.iter().any(|hit| listed(hit) && self.tongues.keeps(hit.language))
    }
}

fn spaced_hits(tokens: &mut [Token], at: usize, hits: &mut Vec<Hit>) {
    let known = VOCABULARY.words.get(&tokens[at].lower);
    let base = tokens[at].lower.strip_suffix("'s").map(str::to_owned);
    if known.is_none()
        && let Some(base) = base
    {
        tokens[at].possessive = true;
        tokens[at].lower = base;
    }
    let Some(entries) = VOCABULARY.words.get(&tokens[at].lower) else { return };
    for entry in entries {
        let end = at + 1 + entry.rest.len();
        let follows = end <= tokens.len() && entry.rest.iter().zip(&tokens[at + 1..]).all(|(w, t)| *w == t.lower);
        if follows {
            hits.push(Hit { language: entry.language, list: entry.list, first: at, end });
        }
    }
}

fn unspaced_hits(text: &str, tokens: &[Token], hits: &mut Vec<Hit>) {
    for found in VOCABULARY.runs.find_overlapping_iter(text) {
        let first = tokens.partition_point(|t| t.start < found.start());
        let end = tokens.partition_point(|t| t.start < found.end());
        for &(language, list) in &VOCABULARY.run_entries[found.pattern().as_usize()] {
            hits.push(Hit { language, list, first, end });
        }
    }
}

/// Lists whose entries count within a longer one of another list too: "but not" refers as "but" does.
const NEVER_WITHIN: [List; 10] = [
    List::Reference,
    List::These,
    List::Retractions,
    List::Frequency,
    List::Every,
    List::TimeUnits,
    List::Weekdays,
    List::Doses,
    List::Medicines,
    List::Payments,
];

/// Of the entries of one language, a longer one stands for those within it: "is called" is no "is".
fn keep_the_longest(hits: &mut Vec<Hit>) {
    hits.sort_by_key(|hit| (hit.language, hit.first, std::cmp::Reverse(hit.end)));
    let mut reach: Option<(LanguageIndex, usize, usize)> = None;
    hits.retain(|hit| {
        let within = reach.is_some_and(|(language, first, end)| {
            language == hit.language && first <= hit.first && hit.end <= end && (first, end) != (hit.first, hit.end)
        });
        if !within && reach.is_none_or(|(language, _, end)| language != hit.language || hit.end > end) {
            reach = Some((hit.language, hit.first, hit.end));
        }
        !within || NEVER_WITHIN.contains(&hit.list)
    });
    hits.sort_by_key(|hit| (hit.first, hit.end));
}

/// The languages that know the most. Two characters of a script without spaces count as one word. A capital within the
/// text is a name's, whatever else the word means, and one at its beginning may be: the first counts half.
fn tongues(tokens: &[Token], hits: &[Hit]) -> Tongues {
    let mut known = vec![vec![false; tokens.len()]; VOCABULARY.languages.len()];
    for hit in hits {
        let language = usize::from(hit.language);
        let small_noun = hit.list == List::Nouns && VOCABULARY.languages[language].capital_nouns;
        if !small_noun || tokens[hit.first].capital {
            known[language][hit.first..hit.end].fill(true);
        }
    }
    let worth = |at: usize| match &tokens[at] {
        token if token.unspaced => 1,
        token if token.capital && at > 0 => 0,
        token if token.capital && tokens.len() > 1 => 1,
        _ => 2,
    };
    let points = |known: &Vec<bool>| -> u32 { (0..tokens.len()).filter(|&at| known[at]).map(worth).sum() };
    let points: Vec<u32> = known.iter().map(points).collect();
    let most = points.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return Tongues::default();
    }
    Tongues(
        (0..).zip(&points).filter(|(_, p)| **p == most).fold(0, |mask, (language, _): (u32, _)| mask | 1 << language),
    )
}

/// Whether the character belongs to a script that puts no space between words.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{3007}'
        | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The words of a text. A hyphen parts words; an apostrophe does where it stands for an elided vowel (`l'eau`).
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut start = None;
    let mut chars = text.char_indices().peekable();
    while let Some((i, c)) = chars.next() {
        let next = chars.peek().map(|&(_, c)| c);
        let apostrophe = matches!(c, '\'' | '\u{2019}');
        let joins = apostrophe && start.is_some() && next.is_some_and(|n| n.is_alphanumeric() && !is_unspaced(n));
        // A combining mark belongs to the letter before it; the selector after an emoji is no word.
        let combines = start.is_some() && unicode_normalization::char::is_combining_mark(c);
        let in_word = (c.is_alphanumeric() || combines) && !is_unspaced(c);
        if in_word || (joins && is_english_ending(&text[i + c.len_utf8()..])) {
            start.get_or_insert(i);
            continue;
        }
        if let Some(s) = start.take() {
            found.push(token(text, s, i));
        }
        if is_unspaced(c) {
            found.push(Token { unspaced: true, ..token(text, i, i + c.len_utf8()) });
        }
    }
    if let Some(s) = start {
        found.push(token(text, s, text.len()));
    }
    found
}

/// `'s`, `'t`, `'re`, `'ve`, `'ll`, `'m`, `'d` belong to the word before them.
fn is_english_ending(rest: &str) -> bool {
    let ending: String = rest.chars().take_while(|c| c.is_alphanumeric()).collect();
    matches!(ending.as_str(), "s" | "t" | "re" | "ve" | "ll" | "m" | "d" | "S" | "T")
}

fn token(text: &str, start: usize, end: usize) -> Token {
    let said = &text[start..end];
    Token {
        lower: said.to_lowercase().replace('\u{2019}', "'"),
        start,
        end,
        capital: said.chars().next().is_some_and(char::is_uppercase),
        letters: said.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '\u{2019}')),
        possessive: false,
        unspaced: false,
    }
}
