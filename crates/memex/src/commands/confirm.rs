//! Asks a person before what cannot be undone.

use std::io::{self, BufRead, IsTerminal as _, Write as _};

use crate::context::Context;
use crate::failure::Failure;
use crate::output::safe;

/// Goes on where `yes` was given or a person at the terminal types one of `words` after `question`.
///
/// # Errors
/// [`Failure::Usage`] where nobody can be asked; [`Failure::Declined`] with `otherwise`, what was not done, where
/// something else is typed.
pub fn confirm(
    context: &Context,
    yes: bool,
    question: &str,
    words: &[&str],
    otherwise: &'static str,
) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    ask_somebody(context, yes)?;
    let mut err = anstream::stderr();
    write!(err, "{} ", safe(question))?;
    err.flush()?;
    if is_one_of(&mut io::stdin().lock(), words)? { Ok(()) } else { Err(Failure::Declined(otherwise)) }
}

/// Whether a person can be asked, where it must be: before anything is looked up for the question.
///
/// # Errors
/// [`Failure::Usage`] where neither `yes` was given nor anybody can be asked.
pub fn ask_somebody(context: &Context, yes: bool) -> Result<(), Failure> {
    if yes || !context.json && io::stdin().is_terminal() && io::stderr().is_terminal() {
        return Ok(());
    }
    let why = if context.json { "with --json" } else { "without a terminal" };
    Err(Failure::Usage(format!("this cannot be undone and nobody can be asked {why}: give --yes if you mean it")))
}

/// An end of the input is an answer that is none of them.
fn is_one_of(input: &mut impl BufRead, words: &[&str]) -> io::Result<bool> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    Ok(words.contains(&line.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_word_itself_is_a_yes() {
        let said = |line: &str, words: &[&str]| is_one_of(&mut line.as_bytes(), words).unwrap();
        assert!(said("ada\n", &["ada"]) && said(" ada \r\n", &["ada"]) && said("yes", &["y", "yes"]));
        for line in ["", "\n", "y\n", "Ada\n", "ada grace\n"] {
            assert!(!said(line, &["ada"]), "{line:?}");
        }
    }
}
