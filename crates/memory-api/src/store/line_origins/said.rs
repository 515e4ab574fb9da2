//! From when until when lines were said, with the copies that dreams dropped for them.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;

use super::walk::{Standing, Walked};

/// From when until when a line was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    /// The earliest day.
    pub first: NaiveDate,
    /// The latest day.
    pub last: NaiveDate,
}

impl Said {
    fn on(day: NaiveDate) -> Self {
        Self { first: day, last: day }
    }

    fn and(self, other: Self) -> Self {
        Self { first: self.first.min(other.first), last: self.last.max(other.last) }
    }
}

/// A copy that a dream dropped, and the line that stayed for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The copy, as it stood before the dream.
    pub dropped: Standing,
    /// The line that stayed, as the dream cited it.
    pub stayed: Standing,
}

/// The days of the lines that stayed for copies.
#[derive(Debug)]
pub(super) struct SaidDays<'a> {
    walked: &'a Walked,
    today: NaiveDate,
    /// By origin.
    said: HashMap<u32, Option<Said>>,
    /// The origins in `said` that had a written day.
    dated: HashSet<u32>,
}

impl<'a> SaidDays<'a> {
    /// `pairs` are in the order of adoption, so that the days of a dropped line are known when it is dropped.
    pub fn of(walked: &'a Walked, today: NaiveDate, pairs: &[Pair]) -> Self {
        let mut days = Self { walked, today, said: HashMap::new(), dated: HashSet::new() };
        for Pair { dropped, stayed } in pairs {
            let both = either(days.with_own(*stayed), days.with_own(*dropped));
            days.said.insert(stayed.origin, both);
            if days.written(*stayed).is_some() {
                days.dated.insert(stayed.origin);
            }
        }
        days
    }

    /// The days of a line as it stands now; `None` where no dream dropped a copy for it, or no day is known.
    pub fn since_drops(&self, line: Standing) -> Option<Said> {
        self.said.contains_key(&line.origin).then(|| self.with_own(line)).flatten()
    }

    fn with_own(&self, line: Standing) -> Option<Said> {
        either(self.said.get(&line.origin).copied().flatten(), self.own(line).map(Said::on))
    }

    /// The written day, or the day of the assertion where no day was ever written with the line.
    fn own(&self, line: Standing) -> Option<NaiveDate> {
        let asserted = || self.walked.owns[line.origin as usize].asserted_on;
        self.written(line).or_else(|| asserted().filter(|_| !self.dated.contains(&line.origin)))
    }

    /// The written day, unless it is later than today: such a line is a plan.
    fn written(&self, line: Standing) -> Option<NaiveDate> {
        line.written.filter(|day| *day <= self.today)
    }
}

fn either(one: Option<Said>, other: Option<Said>) -> Option<Said> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}
