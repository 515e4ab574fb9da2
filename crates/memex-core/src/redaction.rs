//! Which lines of a text tell it, and whether another text still contains one of them.

use std::collections::HashSet;

use aho_corasick::AhoCorasick;

/// The lines that a revision brought, by their words: what a redaction looks for elsewhere.
#[derive(Clone, Debug)]
pub struct Telling {
    lines: Vec<String>,
    /// All lines at once; `None` where they are too many for one automaton, and none where there is no line.
    automaton: Option<AhoCorasick>,
}

impl Telling {
    /// What `text` brought over `before`; where it brought nothing, all that it says.
    pub fn of(text: &str, before: Option<&str>) -> Self {
        let stood: HashSet<&str> = before.unwrap_or_default().lines().map(words).collect();
        let all = || text.lines().map(words).filter(|line| !line.is_empty());
        let mut lines: Vec<String> = all().filter(|line| !stood.contains(line)).map(str::to_owned).collect();
        if lines.is_empty() {
            lines = all().map(str::to_owned).collect();
        }
        lines.sort_unstable();
        lines.dedup();
        let automaton = if lines.is_empty() { None } else { AhoCorasick::new(&lines).ok() };
        Self { lines, automaton }
    }

    /// Whether a text contains one of the lines, wherever it stands in it.
    pub fn is_in(&self, text: &str) -> bool {
        match &self.automaton {
            Some(automaton) => automaton.is_match(text),
            None => self.lines.iter().any(|line| text.contains(line.as_str())),
        }
    }
}

/// A line from its first letter or digit to its last: a list mark or a full stop does not hide it elsewhere.
fn words(line: &str) -> &str {
    line.trim_matches(|character: char| !character.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_came_is_found_wherever_it_stands() {
        let telling = Telling::of("# Keys\n- The door's code is 4711.\n- Likes tea.\n", Some("# Keys\n- Likes tea.\n"));
        for text in
            ["- The door's code is 4711.", "* The door's code is 4711 (back)\n", "x\r\n  The door's code is 4711\r\n"]
        {
            assert!(telling.is_in(text), "{text}");
        }
        for text in ["", "# Keys\n- Likes tea.\n", "- The door's code is 471\n", "- the door's code is 4711\n"] {
            assert!(!telling.is_in(text), "{text}");
        }
    }

    #[test]
    fn a_first_text_is_told_by_every_line_that_has_a_word() {
        let telling = Telling::of("---\n\n- One\n", None);
        assert!(telling.is_in("all is One") && !telling.is_in("---\n\n- two\n"));
    }

    #[test]
    fn a_text_that_brought_nothing_is_told_by_all_of_it_and_an_empty_one_by_nothing() {
        assert!(Telling::of("- One\n", Some("- One\n- Two\n")).is_in("One"));
        assert!(!Telling::of("---\n", None).is_in("---\n"));
    }

    #[test]
    fn a_shorter_line_is_found_beside_a_longer_one_that_begins_alike() {
        let telling = Telling::of("code 47\ncode 4711 now\n", None);
        assert!(telling.is_in("code 4711") && telling.is_in("the code 47"));
    }
}
