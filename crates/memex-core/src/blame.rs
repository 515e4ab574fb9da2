//! Which revision brought each line of a text, by following its lines from revision to revision.

use crate::diff::kept_lines;
use crate::lines::{body, rows};

/// A text as its revisions made it: each line with the revision that brought it. `O` tells of a revision; revisions are
/// added from the oldest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame<O> {
    text: String,
    origins: Vec<O>,
}

impl<O> Default for Blame<O> {
    fn default() -> Self {
        Self { text: String::new(), origins: Vec::new() }
    }
}

impl<O: Copy> Blame<O> {
    /// The next revision left this text: a line that stayed keeps its origin, every other one is `origin`'s. A line that
    /// changed in one character came with it as a whole; so did one that moved.
    pub fn revise(&mut self, text: String, origin: O) {
        let kept = kept_lines(&self.text, &text);
        let old = |line: u32| self.origins.get(line as usize - 1).copied();
        self.origins = kept.into_iter().map(|line| line.and_then(old).unwrap_or(origin)).collect();
        self.text = text;
    }

    /// The lines in order, without their endings, each with what brought it.
    pub fn lines(&self) -> impl Iterator<Item = (&str, O)> {
        rows(&self.text).map(body).zip(self.origins.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn blamed(texts: &[&str]) -> Vec<(String, usize)> {
        let mut blame = Blame::default();
        for (number, text) in texts.iter().enumerate() {
            blame.revise((*text).to_owned(), number + 1);
        }
        blame.lines().map(|(line, origin)| (line.to_owned(), origin)).collect()
    }

    #[test]
    fn each_line_is_the_revisions_that_brought_it() {
        type Case = (&'static [&'static str], &'static [(&'static str, usize)]);
        let cases: [Case; 7] = [
            (&[], &[]),
            (&["a\nb\n"], &[("a", 1), ("b", 1)]),
            (&["a\nb\n", "a\nx\nb\n"], &[("a", 1), ("x", 2), ("b", 1)]),
            (&["a\nb\n", "b\n", "a\nb\n"], &[("a", 3), ("b", 1)]),
            (&["a\nb\n", "", "a\n"], &[("a", 3)]),
            (&["a", "a\nb"], &[("a", 2), ("b", 2)]),
            (&["a\r\n", "a\r\nb\r\n"], &[("a", 1), ("b", 2)]),
        ];
        for (texts, expected) in cases {
            let expected: Vec<_> = expected.iter().map(|&(line, origin)| (line.to_owned(), origin)).collect();
            assert_eq!(blamed(texts), expected, "{texts:?}");
        }
    }

    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec("[abc]\n", 0..12).prop_map(|lines| lines.concat())
    }

    /// Whether `part` is left of `whole` where lines are taken away.
    fn is_left_of(part: &[&str], whole: &[&str]) -> bool {
        let mut whole = whole.iter();
        part.iter().all(|line| whole.any(|other| other == line))
    }

    proptest! {
        #[test]
        fn a_line_came_with_its_revision_and_stayed_ever_since(texts in proptest::collection::vec(text(), 1..8)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let blamed = blamed(&texts);
            let last: Vec<&str> = texts[texts.len() - 1].lines().collect();
            prop_assert_eq!(blamed.iter().map(|(line, _)| line.as_str()).collect::<Vec<_>>(), last);
            let mut before = "";
            for (number, text) in texts.iter().enumerate() {
                let came = |since: usize| blamed.iter().filter(move |(_, origin)| *origin <= since);
                let lines: Vec<&str> = text.lines().collect();
                let stayed: Vec<&str> = came(number + 1).map(|(line, _)| line.as_str()).collect();
                prop_assert!(is_left_of(&stayed, &lines), "what is older than {} is in it", number + 1);
                let kept = kept_lines(before, text);
                let new: Vec<&str> = lines.iter().zip(&kept).filter(|(_, kept)| kept.is_none()).map(|(line, _)| *line).collect();
                let brought: Vec<&str> =
                    blamed.iter().filter(|(_, origin)| *origin == number + 1).map(|(line, _)| line.as_str()).collect();
                prop_assert!(is_left_of(&brought, &new), "what {} brought was not there before", number + 1);
                before = text;
            }
        }
    }
}
