//! What a person types in a review.

use std::io::{self, BufRead, Write};

use crate::commands::dream::show::Groups;
use crate::output::{safe_line, style};

/// What becomes of a proposal, or what is to be shown of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// All of it is adopted.
    Approve,
    /// None of it is adopted, now or later.
    Reject,
    /// Some of its files are adopted.
    Files,
    /// Its diffs are shown.
    Diff,
    /// All of its pairs are shown.
    Pairs,
    /// It waits on.
    Skip,
    /// It and all that follow wait on.
    Quit,
    /// The letters are explained.
    Help,
}

/// What the letters mean.
const HELP: &str = "\
a  approve all of it
r  reject it, with a reason: its pairs are not proposed again
f  choose files to approve, whole groups; the rest waits as a proposal of its own
d  show the diffs
p  show all pairs
s  skip it for now
q  quit; what is not decided waits on
?  this help";

/// Asks what becomes of a proposal. An end of the input quits.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn ask(input: &mut impl BufRead, out: &mut impl Write) -> io::Result<Choice> {
    loop {
        let Some(typed) = line(input, out, "approve? [a,r,f,d,p,s,q,?]")? else { return Ok(Choice::Quit) };
        match typed.to_lowercase().as_str() {
            "a" => return Ok(Choice::Approve),
            "r" => return Ok(Choice::Reject),
            "f" => return Ok(Choice::Files),
            "d" => return Ok(Choice::Diff),
            "p" => return Ok(Choice::Pairs),
            "s" => return Ok(Choice::Skip),
            "q" => return Ok(Choice::Quit),
            "?" | "h" => return Ok(Choice::Help),
            "" => {}
            other => writeln!(out, "{} is none of the letters; ? says what they mean", safe_line(other))?,
        }
    }
}

/// Says what the letters mean.
///
/// # Errors
/// When the terminal cannot be written.
pub fn help(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{HELP}")
}

/// Asks for a line after `question`; nothing where the input is at its end.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn line(input: &mut impl BufRead, out: &mut impl Write, question: &str) -> io::Result<Option<String>> {
    write!(out, "{}{question}{} ", style::HEAD.render(), style::HEAD.render_reset())?;
    out.flush()?;
    let mut typed = String::new();
    if input.read_line(&mut typed)? == 0 {
        writeln!(out)?;
        return Ok(None);
    }
    Ok(Some(typed.trim().to_owned()))
}

/// Asks which groups of files to approve, and gives their files; nothing where none is chosen.
///
/// # Errors
/// When the terminal cannot be read or written.
pub fn files(input: &mut impl BufRead, out: &mut impl Write, groups: &Groups<'_>) -> io::Result<Option<Vec<String>>> {
    if groups.iter().count() < 2 {
        writeln!(out, "all of its files stand or fall together: a approves them")?;
        return Ok(None);
    }
    for (number, paths) in groups.iter() {
        writeln!(out, "  {number}  {}", safe_line(&paths.join(", ")))?;
    }
    let question = "which to approve? numbers such as 1 3; empty for none:";
    let Some(typed) = line(input, out, question)? else { return Ok(None) };
    match chosen(&typed, groups) {
        Ok(paths) if paths.is_empty() => Ok(None),
        Ok(paths) => Ok(Some(paths)),
        Err(wrong) => {
            writeln!(out, "{} is none of the numbers; nothing is chosen", safe_line(&wrong))?;
            Ok(None)
        }
    }
}

/// The files of the groups whose numbers were typed, or what is no number of a group.
fn chosen(typed: &str, groups: &Groups<'_>) -> Result<Vec<String>, String> {
    let words: Vec<&str> = typed.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let number = |word: &&str| word.parse::<i32>().ok();
    let known = |word: &&str| number(word).is_some_and(|number| groups.iter().any(|(known, _)| known == number));
    if let Some(wrong) = words.iter().find(|word| !known(word)) {
        return Err((*wrong).to_owned());
    }
    let numbers: Vec<i32> = words.iter().filter_map(number).collect();
    let of_chosen = groups.iter().filter(|(number, _)| numbers.contains(number));
    Ok(of_chosen.flat_map(|(_, paths)| paths.iter().map(|path| (*path).to_owned())).collect())
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::FileChange;

    use super::*;

    fn asked(typed: &str) -> (Choice, String) {
        let mut out = anstream::StripStream::new(Vec::new());
        let choice = ask(&mut typed.as_bytes(), &mut out).unwrap();
        (choice, String::from_utf8(out.into_inner()).unwrap())
    }

    #[test]
    fn a_letter_decides_and_anything_else_is_asked_again() {
        assert_eq!(asked("a\n").0, Choice::Approve);
        assert_eq!(asked(" R \r\n").0, Choice::Reject);
        let (choice, shown) = asked("\nyes\u{1b}\ns\n");
        assert_eq!(choice, Choice::Skip);
        assert!(shown.contains("yes\\u{1b} is none of the letters"), "{shown}");
        assert_eq!(asked("").0, Choice::Quit, "an end of the input quits");
    }

    #[test]
    fn whole_groups_are_chosen_by_their_numbers() {
        let file = |path: &str, group| FileChange { path: path.to_owned(), group, ..FileChange::default() };
        let changes = [file("user/a.md", 1), file("user/b.md", 2), file("user/c.md", 1)];
        let groups = Groups::of(&changes);
        let pick = |typed: &str| files(&mut typed.as_bytes(), &mut Vec::new(), &groups).unwrap();
        assert_eq!(pick("1\n"), Some(vec!["user/a.md".to_owned(), "user/c.md".to_owned()]));
        assert_eq!(pick("2, 1\n").map(|paths| paths.len()), Some(3));
        for nothing in ["", "\n", "3\n", "1 x\n"] {
            assert_eq!(pick(nothing), None, "{nothing:?}");
        }
        let mut out = Vec::new();
        let alone = [file("user/a.md", 1)];
        assert_eq!(files(&mut "1\n".as_bytes(), &mut out, &Groups::of(&alone)).unwrap(), None);
        assert!(String::from_utf8(out).unwrap().contains("stand or fall together"));
    }
}
