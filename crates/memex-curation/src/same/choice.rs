//! Which of several copies stays.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;

use super::{Grade, ReadFile, grade};
use crate::Rules;
use crate::language::Reading;

/// A statement of one of the files: index of the file, index of the statement.
pub(crate) type Place = (usize, usize);

/// Another value differs from the statement in one run of at most this many words.
const VALUE_WORDS: usize = 5;

/// A run with another verb has at most this many words.
const VERB_WORDS: usize = 3;

/// Where a file or a statement of it stands, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Pinned,
    Topic,
    UndatedNote,
    Other,
}

fn rank(file: &ReadFile<'_>, i: usize) -> Rank {
    let identity = &file.identities[i];
    if file.pinned {
        Rank::Pinned
    } else if identity.placed_by_day {
        Rank::Other
    } else if !identity.context.parts.is_empty() {
        Rank::Topic
    } else if file.parts.path.occasion {
        Rank::Other
    } else {
        Rank::UndatedNote
    }
}

/// Which of two copies stays where no other value stands beside them: `Less` the first.
pub(crate) fn prefer(a: (&ReadFile<'_>, usize), b: (&ReadFile<'_>, usize)) -> Ordering {
    let key = |(file, i): (&ReadFile<'_>, usize)| {
        let identity = &file.identities[i];
        (identity.source, rank(file, i), Reverse(identity.day))
    };
    let (x, y) = (&a.0.identities[a.1], &b.0.identities[b.1]);
    let undated = x.day.is_none() && y.day.is_none();
    let asserted = if undated { y.asserted_on.cmp(&x.asserted_on) } else { Ordering::Equal };
    key(a).cmp(&key(b)).then(asserted).then(x.style.cmp(&y.style)).then_with(|| {
        let at = |(file, i): (&ReadFile<'_>, usize)| file.document.statements[i].lines;
        a.0.file.path.as_bytes().cmp(b.0.file.path.as_bytes()).then(at(a).cmp(&at(b)))
    })
}

/// All files that are known, with what is needed to find another value of a statement.
pub(crate) struct Places<'a, 'f> {
    pub files: &'a [&'a ReadFile<'f>],
    /// Statements with a written day by their first word and by their last.
    by_edge: HashMap<(bool, String), Vec<Place>>,
    /// Other files may hold another value of any statement.
    partial: bool,
}

impl<'a, 'f> Places<'a, 'f> {
    pub fn new(files: &'a [&'a ReadFile<'f>], rules: &Rules) -> Self {
        let mut by_edge: HashMap<(bool, String), Vec<Place>> = HashMap::new();
        for (f, file) in files.iter().enumerate() {
            for (i, identity) in file.identities.iter().enumerate().filter(|(_, identity)| identity.day.is_some()) {
                let words = words(&identity.strict.reading);
                for (last, word) in [(false, words.first()), (true, words.last())] {
                    if let Some(word) = word {
                        by_edge.entry((last, (*word).to_owned())).or_default().push((f, i));
                    }
                }
            }
        }
        Self { files, by_edge, partial: rules.partial }
    }

    fn at(&self, (f, i): Place) -> (&'a ReadFile<'f>, usize) {
        (self.files[f], i)
    }

    /// Whether a dated statement of the same context holds another value of the statement, or may.
    pub fn is_contested(&self, (file, i): (&ReadFile<'_>, usize)) -> bool {
        if self.partial {
            return true;
        }
        let own = &file.identities[i];
        let mine = words(&own.strict.reading);
        [(false, mine.first()), (true, mine.last())].into_iter().any(|(last, word)| {
            let Some(word) = word else { return false };
            let candidates = self.by_edge.get(&(last, (*word).to_owned())).map_or(&[][..], Vec::as_slice);
            candidates.iter().any(|&(f, other)| {
                let other = &self.files[f].identities[other];
                other.key != own.key
                    && is_other_value(&own.strict.reading, &other.strict.reading)
                    && other.context.agrees_with(&own.context)
            })
        })
    }

    /// Whether `kept` may stay for `dropped`, as far as places and days go.
    pub fn may_stay_for(&self, kept: (&ReadFile<'_>, usize), dropped: (&ReadFile<'_>, usize)) -> bool {
        let (k, d) = (&kept.0.identities[kept.1], &dropped.0.identities[dropped.1]);
        if k.source > d.source {
            return false;
        }
        if self.is_contested(kept) || self.is_contested(dropped) {
            return match (k.day, d.day) {
                (Some(kept_day), Some(dropped_day)) => {
                    kept_day > dropped_day || (kept_day == dropped_day && prefer(kept, dropped).is_lt())
                }
                (None, None) => prefer(kept, dropped).is_lt(),
                _ => false,
            };
        }
        prefer(kept, dropped).is_lt()
    }

    /// For each statement of a group of equal ones that may go, the one that stays for it.
    pub fn grounds(&self, group: &[Place], wanted: Grade) -> Vec<(Place, Place)> {
        let mut order = group.to_vec();
        let contested = group.iter().any(|&place| self.is_contested(self.at(place)));
        order.sort_by(|&a, &b| {
            let (a, b) = (self.at(a), self.at(b));
            let latest = |(file, i): (&ReadFile<'_>, usize)| Reverse(file.identities[i].day);
            let by_day = if contested { latest(a).cmp(&latest(b)) } else { Ordering::Equal };
            by_day.then_with(|| prefer(a, b))
        });
        let mut kept: Vec<Place> = Vec::new();
        let mut grounds = Vec::new();
        for place in order {
            let stands = |&&keep: &&Place| {
                grade(self.at(keep), self.at(place)) == Some(wanted) && self.may_stay_for(self.at(keep), self.at(place))
            };
            match kept.iter().find(stands) {
                Some(&keep) => grounds.push((place, keep)),
                None => kept.push(place),
            }
        }
        grounds
    }
}

/// The words of a statement in lower case; characters of scripts without spaces one by one.
fn words(reading: &Reading) -> Vec<&str> {
    reading.tokens.iter().map(|t| t.lower.as_str()).collect()
}

/// Whether two texts are equal but for one run: of at most five words without a verb, or of at most three with a verb in
/// each, between equal words ("Ann *works* at Acme", "Ann *doesn't work* at Acme"). The run may be empty in one of them.
fn is_other_value(a: &Reading, b: &Reading) -> bool {
    let (x, y) = (words(a), words(b));
    let head = x.iter().zip(&y).take_while(|(p, q)| p == q).count();
    let most = x.len().min(y.len()) - head;
    let tail = x.iter().rev().zip(y.iter().rev()).take(most).take_while(|(p, q)| p == q).count();
    let weight = |reading: &Reading, end: usize| -> usize {
        let run = &reading.tokens[head..end];
        let unspaced = run.iter().filter(|t| t.unspaced).count();
        run.len() - unspaced + unspaced.div_ceil(2)
    };
    let (a_end, b_end) = (x.len() - tail, y.len() - tail);
    let verb = |reading: &Reading, end: usize| (head..end).any(|i| reading.is_verb(i) && !reading.tokens[i].capital);
    let most = weight(a, a_end).max(weight(b, b_end));
    // "I like tea", "I don't like tea" in a language that says so with one more word.
    let one_more = head == a_end || head == b_end;
    match (verb(a, a_end), verb(b, b_end)) {
        _ if one_more => head + tail > 0 && most <= VALUE_WORDS,
        (false, false) => head + tail > 0 && most <= VALUE_WORDS,
        (true, true) => head.min(tail) > 0 && most <= VERB_WORDS,
        _ => false,
    }
}
