//! Ranks lines, and makes passages of the best.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ops::Range;

use super::lines::{Line, Text};
use super::query::Match;
use super::{Passage, Weights};
use crate::limits::MAX_PASSAGE_BYTES;

/// What a word that a misspelt one may have meant is worth.
const GUESSED: f64 = 0.75;

/// The scores of all lines.
pub(super) struct Ranks<'a> {
    texts: &'a [&'a str],
    read: &'a [Text],
    lines: &'a [Line],
    weights: &'a Weights,
    /// What each of the query's words tells.
    telling: Vec<f64>,
    /// Each line's own score.
    own: Vec<f64>,
}

impl<'a> Ranks<'a> {
    pub(super) fn new(
        texts: &'a [&'a str],
        read: &'a [Text],
        lines: &'a [Line],
        guessed: &[bool],
        weights: &'a Weights,
    ) -> Self {
        let exact = having(lines, guessed.len(), |found| !found.kin);
        let any = having(lines, guessed.len(), |_| true);
        let count = lines.len() as f64;
        let tells = |n: u32| (1.0 + (count - f64::from(n) + 0.5) / (f64::from(n) + 0.5)).ln();
        // What stands for a word that is not there tells less than the word would.
        let of = |((exact, any), guessed): ((u32, u32), &bool)| match (exact, guessed) {
            (0, _) => weights.kin * tells(any),
            (_, true) => GUESSED * tells(exact),
            (_, false) => tells(exact),
        };
        let telling = exact.into_iter().zip(any).zip(guessed).map(of).collect();
        let mut ranks = Self { texts, read, lines, weights, telling, own: Vec::new() };
        let average = ranks.average(|i| i..i + 1);
        ranks.own = (0..lines.len()).map(|i| ranks.score(i..i + 1, average)).collect();
        ranks
    }

    /// BM25 of some lines as one document.
    fn score(&self, lines: Range<usize>, average: f64) -> f64 {
        let lines = &self.lines[lines];
        let mut counts = vec![0.0; self.telling.len()];
        for (found, _) in lines.iter().flat_map(|line| &line.hits) {
            counts[found.word] += self.worth(*found);
        }
        let words: u32 = lines.iter().map(|line| line.words).sum();
        let Weights { k1, b, .. } = self.weights;
        let length = k1 * (1.0 - b + b * f64::from(words) / average);
        let of = |(count, telling): (f64, &f64)| telling * count * (k1 + 1.0) / (count + length);
        counts.into_iter().zip(&self.telling).filter(|(count, _)| *count > 0.0).map(of).sum()
    }

    /// What one place counts.
    fn worth(&self, found: Match) -> f64 {
        if found.kin { self.weights.kin } else { 1.0 }
    }

    /// The average count of words over what `of` gives for each line.
    fn average(&self, of: impl Fn(usize) -> Range<usize>) -> f64 {
        let words = |range: Range<usize>| self.lines[range].iter().map(|line| f64::from(line.words)).sum::<f64>();
        let all: f64 = (0..self.lines.len()).map(|i| words(of(i))).sum();
        (all / self.lines.len().max(1) as f64).max(1.0)
    }

    /// The lines around one that a passage has room for, as many above as below.
    fn window(&self, i: usize) -> Range<usize> {
        let mut range = i..i + 1;
        let home = self.read[self.lines[i].text].lines.clone();
        loop {
            let before = range.clone();
            for next in [range.start.wrapping_sub(1)..range.end, before.start..range.end + 1] {
                let wider = next.start.min(range.start)..next.end.max(range.end);
                if wider.start >= home.start && wider.end <= home.end && next.start != usize::MAX && self.fits(&wider) {
                    range = wider;
                }
            }
            if range == before {
                return range;
            }
        }
    }

    fn bytes(&self, lines: &Range<usize>) -> Range<usize> {
        self.lines[lines.start].bytes.start..self.lines[lines.end - 1].bytes.end
    }

    fn fits(&self, lines: &Range<usize>) -> bool {
        self.bytes(lines).len() <= MAX_PASSAGE_BYTES
    }

    /// What each line that has a word of the query scores in all.
    fn scores(&self) -> Vec<f64> {
        let windows: Vec<Range<usize>> = (0..self.lines.len()).map(|i| self.window(i)).collect();
        let average = self.average(|i| windows[i].clone());
        let file_words: u32 = self.lines.iter().map(|line| line.words).sum();
        let file_average = (f64::from(file_words) / self.read.len().max(1) as f64).max(1.0);
        let files: Vec<f64> = self.read.iter().map(|text| self.score(text.lines.clone(), file_average)).collect();
        let near = self.nearness();
        let day = self.weights.days * self.telling.iter().copied().fold(0.0, f64::max);
        let of = |i: usize| match self.own[i] {
            0.0 => 0.0,
            own => {
                let window = self.weights.window * self.score(windows[i].clone(), average);
                let text = self.lines[i].text;
                let day = if self.read[text].of_the_day { day } else { 0.0 };
                own + window + self.weights.near * near[i] + self.weights.file * files[text] + day
            }
        };
        (0..self.lines.len()).map(of).collect()
    }

    /// What each line has of the query's words in itself or near it, a word that is a line farther off telling half.
    fn nearness(&self) -> Vec<f64> {
        const FADES: f64 = 0.5;
        let mut near = vec![0.0; self.lines.len()];
        if self.weights.near == 0.0 || self.telling.is_empty() {
            return near;
        }
        let mut best = vec![0.0; self.telling.len()];
        let mut above = Vec::new();
        for text in self.read {
            best.fill(0.0);
            above.clear();
            for i in text.lines.clone() {
                self.meet(i, &mut best, FADES);
                above.extend_from_slice(&best);
            }
            best.fill(0.0);
            let rows = above.chunks(best.len()).rev();
            for (i, row) in text.lines.clone().rev().zip(rows) {
                self.meet(i, &mut best, FADES);
                let words = best.iter().zip(row).zip(&self.telling);
                near[i] = words.map(|((below, above), telling)| below.max(*above) * telling).sum();
            }
        }
        near
    }

    /// Goes on to a line: what was met before fades, what it has itself counts in full.
    fn meet(&self, line: usize, best: &mut [f64], fades: f64) {
        best.iter_mut().for_each(|one| *one *= fades);
        for (found, _) in &self.lines[line].hits {
            best[found.word] = best[found.word].max(self.worth(*found));
        }
    }

    /// The lines that have any of the words, the best first, superseded ones last.
    fn order(&self, scores: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lines.len()).filter(|i| self.own[*i] > 0.0).collect();
        order.sort_by(|a, b| {
            let late = self.lines[*a].superseded.cmp(&self.lines[*b].superseded);
            late.then(scores[*b].partial_cmp(&scores[*a]).unwrap_or(Ordering::Equal)).then(a.cmp(b))
        });
        order
    }

    /// The texts of those lines, each with the number of its best.
    pub(super) fn texts(&self) -> Vec<(usize, usize)> {
        let mut seen = BTreeSet::new();
        let lines = self.order(&self.scores()).into_iter().map(|i| (self.lines[i].text, self.lines[i].number));
        lines.filter(|(text, _)| seen.insert(*text)).collect()
    }

    pub(super) fn passages(&self, limit: usize) -> Vec<Passage> {
        let scores = self.scores();
        let order = self.order(&scores);
        let mut taken = vec![false; self.lines.len()];
        let mut passages = Vec::new();
        for best in order {
            if passages.len() == limit {
                break;
            }
            if !taken[best] {
                let lines = self.around(best, &scores, &taken);
                taken[lines.clone()].fill(true);
                passages.push(self.passage(best, lines, scores[best]));
            }
        }
        passages
    }

    /// The best line with those next to it that are worth their room, the better side first.
    fn around(&self, best: usize, scores: &[f64], taken: &[bool]) -> Range<usize> {
        let mut range = best..best + 1;
        if !self.weights.passages {
            return range;
        }
        let least = self.weights.join * scores[best];
        loop {
            let above = range.start.checked_sub(1).map(|i| (i, i..range.end));
            let below = Some((range.end, range.start..range.end + 1));
            let joins = |(i, wider): &(usize, Range<usize>)| {
                let line = self.lines.get(*i);
                let near = line.is_some_and(|line| {
                    line.text == self.lines[best].text && line.superseded == self.lines[best].superseded
                });
                near && !taken[*i] && scores[*i] >= least && self.fits(wider)
            };
            let next = [above, below].into_iter().flatten().filter(joins);
            match next.max_by(|a, b| scores[a.0].partial_cmp(&scores[b.0]).unwrap_or(Ordering::Equal)) {
                Some((_, wider)) => range = wider,
                None => return range,
            }
        }
    }

    fn passage(&self, best: usize, lines: Range<usize>, score: f64) -> Passage {
        let line = &self.lines[best];
        let mut bytes = self.bytes(&lines);
        if bytes.len() > MAX_PASSAGE_BYTES {
            bytes = self.best_part(line);
        }
        let inside = |place: &Range<usize>| place.start >= bytes.start && place.end <= bytes.end;
        let places = self.lines[lines.clone()].iter().flat_map(|line| &line.hits).map(|(_, place)| place);
        let mut highlights: Vec<Range<usize>> = Vec::new();
        for place in places.filter(|place| inside(place)) {
            let place = place.start - bytes.start..place.end - bytes.start;
            match highlights.last_mut() {
                Some(last) if place.start < last.end => last.end = last.end.max(place.end),
                _ => highlights.push(place),
            }
        }
        let heading = self.read[line.text].headings[line.heading].clone();
        let (first_line, last_line) = (self.lines[lines.start].number + 1, self.lines[lines.end - 1].number + 1);
        Passage {
            text: line.text,
            heading,
            first_line,
            last_line,
            bytes,
            highlights,
            score,
            superseded: line.superseded,
        }
    }

    /// The part of a long line that has most of what tells.
    fn best_part(&self, line: &Line) -> Range<usize> {
        let text = self.texts[line.text];
        let mut best = (f64::MIN, line.bytes.start..line.bytes.start);
        for (i, (_, first)) in line.hits.iter().enumerate() {
            // A little of what stands before it.
            let start =
                text.floor_char_boundary(first.start.saturating_sub(MAX_PASSAGE_BYTES / 8)).max(line.bytes.start);
            let end = text.floor_char_boundary(start + MAX_PASSAGE_BYTES).min(line.bytes.end);
            let start = match end - start {
                room if room < MAX_PASSAGE_BYTES => {
                    text.ceil_char_boundary(end.saturating_sub(MAX_PASSAGE_BYTES)).max(line.bytes.start)
                }
                _ => start,
            };
            let inside: BTreeSet<usize> =
                line.hits[i..].iter().take_while(|(_, place)| place.end <= end).map(|(found, _)| found.word).collect();
            let score: f64 = inside.into_iter().map(|word| self.telling[word]).sum();
            if score > best.0 {
                best = (score, start..end);
            }
        }
        best.1
    }
}

/// In how many lines each of the query's words is.
fn having(lines: &[Line], words: usize, counts: impl Fn(&Match) -> bool) -> Vec<u32> {
    let mut having = vec![0; words];
    for line in lines {
        let distinct: BTreeSet<usize> =
            line.hits.iter().filter(|(found, _)| counts(found)).map(|(found, _)| found.word).collect();
        distinct.into_iter().for_each(|word| having[word] += 1);
    }
    having
}
