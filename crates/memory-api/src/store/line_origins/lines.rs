//! The lines of a text, followed from revision to revision.

use std::collections::{HashMap, VecDeque};

use memex_core::diff::kept;
use memex_core::lines::rows;
use sha2::{Digest as _, Sha256};

/// What tells lines apart, without their texts, which are not kept in memory: the beginning of the SHA-256 of a line
/// without outer white space and list mark, and that mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct LineText {
    key: [u8; 16],
    mark: u8,
}

impl LineText {
    const BLANK: Self = Self { key: [0; 16], mark: 0 };

    fn of(row: &str) -> Self {
        let line = row.trim();
        if line.is_empty() {
            return Self::BLANK;
        }
        let item = line.strip_prefix(['-', '*', '+']).filter(|rest| rest.starts_with([' ', '\t']));
        let (mark, said) = item.map_or((0, line), |rest| (line.as_bytes()[0], rest));
        let mut key = [0; 16];
        key.copy_from_slice(&Sha256::digest(said.as_bytes())[..16]);
        Self { key, mark }
    }

    /// The same for every list mark.
    fn of_any_mark(self) -> Self {
        Self { mark: u8::from(self.mark != 0), ..self }
    }
}

/// A line with where it comes from; a blank one comes from nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<T> {
    text: LineText,
    /// Where it comes from.
    pub origin: Option<T>,
}

impl<T> Line<T> {
    /// The same line, its origin told otherwise.
    pub fn map<U>(&self, told: impl FnOnce(T) -> U) -> Line<U>
    where
        T: Copy,
    {
        Line { text: self.text, origin: self.origin.map(told) }
    }
}

/// The lines after a change to `text`. A line that stood comes from where it came, also where it moved; of every other
/// one `brought` says it. A dream changes list marks, and the line stays the same.
pub(super) fn follow<T: Copy>(
    before: &[Line<T>],
    text: &str,
    dreamt: bool,
    mut brought: impl FnMut() -> T,
) -> Vec<Line<T>> {
    let mut after: Vec<Line<T>> = rows(text).map(|row| Line { text: LineText::of(row), origin: None }).collect();
    let texts = |lines: &[Line<T>]| lines.iter().map(|line| line.text).collect::<Vec<_>>();
    let mut left = vec![true; before.len()];
    let stood = kept(&texts(before), &texts(&after));
    for (line, stood) in after.iter_mut().zip(stood) {
        if let Some(at) = stood.map(|number| number as usize - 1) {
            line.origin = before[at].origin;
            left[at] = false;
        }
    }
    let mut left: Vec<&Line<T>> = before.iter().zip(left).filter_map(|(line, left)| left.then_some(line)).collect();
    find_moved(&mut left, &mut after, |text| text);
    if dreamt {
        find_moved(&mut left, &mut after, LineText::of_any_mark);
    }
    for line in after.iter_mut().filter(|line| line.origin.is_none() && line.text != LineText::BLANK) {
        line.origin = Some(brought());
    }
    after
}

/// Gives lines without an origin that of a line that is left, the first of equal ones to the first.
fn find_moved<T: Copy>(left: &mut Vec<&Line<T>>, after: &mut [Line<T>], form: fn(LineText) -> LineText) {
    let mut places: HashMap<LineText, VecDeque<usize>> = HashMap::new();
    for (at, line) in left.iter().enumerate().filter(|(_, line)| line.origin.is_some()) {
        places.entry(form(line.text)).or_default().push_back(at);
    }
    let mut stays = vec![true; left.len()];
    for line in after.iter_mut().filter(|line| line.origin.is_none()) {
        if let Some(at) = places.get_mut(&form(line.text)).and_then(VecDeque::pop_front) {
            line.origin = left[at].origin;
            stays[at] = false;
        }
    }
    let mut stays = stays.into_iter();
    left.retain(|_| stays.next().unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each line of the last text, the number of the text that brought it; blank lines: 0.
    fn followed(texts: &[(&str, bool)]) -> Vec<usize> {
        let mut lines = Vec::new();
        for (number, (text, dreamt)) in texts.iter().enumerate() {
            lines = follow(&lines, text, *dreamt, || number + 1);
        }
        lines.into_iter().map(|line| line.origin.unwrap_or_default()).collect()
    }

    #[test]
    fn a_line_that_stands_comes_from_where_it_came_also_where_it_moved() {
        assert_eq!(followed(&[("a\n", false), ("a\nb\n", false), ("  b\n\na\nc", false)]), [2, 0, 1, 3]);
        assert_eq!(followed(&[("a\n", false), ("", false), ("a\n", false)]), [3]);
    }

    #[test]
    fn of_two_equal_lines_each_comes_from_where_it_came() {
        assert_eq!(followed(&[("a\n", false), ("a\nb\na\n", false)]), [1, 2, 2]);
        assert_eq!(followed(&[("a\n", false), ("a\nb\na\n", false), ("b\na\n", false)]), [2, 2]);
        assert_eq!(followed(&[("a\n", false), ("a\nb\na\nc\n", false), ("x\nb\na\ny\n", false)]), [3, 2, 2, 3]);
    }

    #[test]
    fn a_list_mark_that_a_dream_changes_leaves_the_line_what_it_is_and_one_that_another_changes_does_not() {
        assert_eq!(followed(&[("* a\n- b\n", false), ("- a  \n- b\n", true)]), [1, 1]);
        assert_eq!(followed(&[("+ a\n", false), ("- a\n", false)]), [2]);
        assert_eq!(followed(&[("a\n", false), ("- a\n", true)]), [2]);
    }
}
