//! Words that must not be left behind in a file of the repository.

use std::path::Path;

use crate::checkout::Checkout;
use crate::findings::Findings;

/// A word that is refused, where, and why. Written in halves, so that this file does not hold it.
struct Stray {
    word: &'static str,
    endings: &'static [&'static str],
    because: &'static str,
}

const STRAYS: [Stray; 6] = [
    Stray { word: concat!("to", "do!("), endings: &[".rs"], because: "it is not finished" },
    Stray { word: concat!("unimpl", "emented!("), endings: &[".rs"], because: "it is not finished" },
    Stray { word: concat!("#[ig", "nore"), endings: &[".rs"], because: "a test that does not run proves nothing" },
    Stray { word: concat!("// TO", "DO"), endings: &[".rs", ".proto"], because: UNNUMBERED },
    Stray { word: concat!("-- TO", "DO"), endings: &[".sql", ".rs"], because: UNNUMBERED },
    Stray { word: concat!("# TO", "DO"), endings: &[".toml", ".yaml", ".sh"], because: UNNUMBERED },
];

const UNNUMBERED: &str = "it carries no issue's number";

/// Folders of one machine or one person.
const PRIVATE: [&str; 4] =
    [concat!("/ho", "me/"), concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

/// Where Homebrew puts packages on every Linux machine.
const HOMEBREW: &str = concat!("/ho", "me/linuxbrew/");

/// Judges every file of the repository. Fails when one cannot be read.
pub fn check(root: &Path) -> anyhow::Result<Findings> {
    let checkout = Checkout::open(root)?;
    Ok(checkout.texts()?.iter().flat_map(|(path, text)| findings(path, text)).collect())
}

fn findings(path: &str, text: &str) -> Findings {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let place = format!("{path}:{}", index + 1);
        for stray in STRAYS.iter().filter(|stray| stray.endings.iter().any(|ending| path.ends_with(ending))) {
            if holds(line, stray) {
                findings.push(format!("{place} holds `{}`: {}", stray.word, stray.because));
            }
        }
        for folder in PRIVATE.iter().filter(|folder| starts_a_path(line, folder)) {
            findings.push(format!("{place} names a path under {folder}, which is of one machine"));
        }
    }
    findings
}

/// Whether the word stands in `line` without an issue's number, `(#12)`, after it.
fn holds(line: &str, stray: &Stray) -> bool {
    let numbered = |rest: &str| rest.starts_with("(#") && rest[2..].starts_with(|c: char| c.is_ascii_digit());
    line.match_indices(stray.word).any(|(index, word)| !numbered(&line[index + word.len()..]))
}

/// Whether `folder` begins an absolute path in `line`, rather than standing in the middle of a relative one.
fn starts_a_path(line: &str, folder: &str) -> bool {
    let inside = |before: char| before.is_alphanumeric() || "_-.~*}%$)]>".contains(before);
    let begins = |index: usize| !line[..index].ends_with(inside) && !line[index..].starts_with(HOMEBREW);
    line.match_indices(folder).any(|(index, _)| begins(index))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unfinished_code_is_refused_in_sources_and_not_in_prose() {
        for stray in &STRAYS[..3] {
            let line = format!("fn a() {{}}\n    {}) }}\n", stray.word);
            assert_eq!(findings("src/a.rs", &line).len(), 1, "{}", stray.word);
            assert!(findings("src/a.rs", &line)[0].starts_with("src/a.rs:2 "));
            assert!(findings("README.md", &line).is_empty());
        }
    }

    #[test]
    fn what_is_left_to_do_carries_an_issues_number() {
        for stray in &STRAYS[3..] {
            let path = format!("a{}", stray.endings[0]);
            assert_eq!(findings(&path, &format!("{}: later\n", stray.word)).len(), 1, "{}", stray.word);
            assert_eq!(findings(&path, &format!("{}(#12)?\n", stray.word)).len(), 0, "{}", stray.word);
        }
    }

    #[test]
    fn absolute_paths_of_one_machine_are_refused_and_relative_ones_are_not() {
        for folder in PRIVATE {
            assert_eq!(findings("README.md", &format!("see `{folder}x`\n")).len(), 1, "{folder}");
            assert_eq!(findings("README.md", &format!("see file://{folder}x\n")).len(), 1, "{folder}");
            assert!(findings("README.md", &format!("see user{folder}x and ${{HOME}}{folder}\n")).is_empty());
        }
        assert!(findings("a.rs", &format!("{HOMEBREW}opt\n")).is_empty());
        assert_eq!(findings("a.rs", &format!("{HOMEBREW}opt {}x\n", PRIVATE[0])).len(), 1);
    }
}
