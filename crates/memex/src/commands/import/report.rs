//! What became of each file of an import.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::failure::Failure;
use crate::output::{self, counted, safe_line, style};

/// What became of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It was not there.
    Created,
    /// It was there with another text.
    Replaced,
    /// It was there with the same text.
    Unchanged,
    /// The dream log that is there stays: memory-api alone writes it.
    Kept,
    /// memory-api refused it, or would have.
    Refused(String),
    /// It cannot be a file of memory.
    Skipped(String),
    /// It was not asked for, and what asks for it: it is hidden, or shared, or was deleted in memory.
    LeftOut(&'static str),
}

/// What became of all of them.
#[derive(Debug, Default)]
pub struct Report {
    fates: Vec<(String, Fate)>,
}

impl Report {
    /// Begins with what was skipped and left out before anything was sent.
    pub fn new(skipped: Vec<(PathBuf, String)>, left_out: Vec<(PathBuf, &'static str)>) -> Self {
        let skipped = skipped.into_iter().map(|(file, why)| (file, Fate::Skipped(why)));
        let all = left_out.into_iter().map(|(file, why)| (file, Fate::LeftOut(why))).chain(skipped);
        Self { fates: all.map(|(file, fate)| (file.display().to_string(), fate)).collect() }
    }

    /// Adds one file's.
    pub fn add(&mut self, path: &str, fate: Fate) {
        self.fates.push((path.to_owned(), fate));
    }

    /// Whether every file is in memory now.
    ///
    /// # Errors
    /// [`Failure::Incomplete`] where one was refused or skipped.
    pub fn outcome(&self) -> Result<(), Failure> {
        let missing = self.count("refused") + self.count("skipped");
        if missing == 0 {
            return Ok(());
        }
        Err(Failure::Incomplete(format!("{} not imported", counted(missing as i64, "file"))))
    }

    /// Prints a line for each file that a person should look at, and the sums; as JSON every file. `stopped` is what
    /// ended the import early.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn print(&self, json: bool, stopped: Option<&Failure>) -> io::Result<()> {
        if json {
            output::json(&self.to_json(stopped))
        } else {
            self.print_lines(&mut output::out(), stopped.is_none())
        }
    }

    fn print_lines(&self, out: &mut impl Write, complete: bool) -> io::Result<()> {
        let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
        for (path, fate) in &self.fates {
            let why = match fate {
                Fate::Refused(why) | Fate::Skipped(why) => why.as_str(),
                Fate::LeftOut(why) => why,
                Fate::Kept => "memory-api alone writes it, and has one already",
                Fate::Created | Fate::Replaced | Fate::Unchanged => continue,
            };
            let what = word(fate).replace('_', " ");
            writeln!(out, "{notice}{what}{reset} {}: {}", safe_line(path), safe_line(why))?;
        }
        let counts = KINDS.map(|kind| (self.count(kind), kind)).into_iter().filter(|(count, _)| *count > 0);
        let sums: Vec<_> = counts.map(|(count, kind)| format!("{count} {kind}")).collect();
        let sums = if sums.is_empty() { "nothing to import".to_owned() } else { sums.join(", ") };
        let left_out = match self.count(LEFT_OUT) {
            0 => String::new(),
            count => format!(" ({count} left out)"),
        };
        let ended = if complete { "" } else { "; ended early: import again to go on" };
        writeln!(out, "{sums}{left_out}{ended}")
    }

    fn to_json(&self, stopped: Option<&Failure>) -> Value {
        let files = self.fates.iter().map(|(path, fate)| match fate {
            Fate::Refused(why) | Fate::Skipped(why) => json!({"path": path, "fate": word(fate), "why": why}),
            Fate::LeftOut(why) => json!({"path": path, "fate": word(fate), "why": why}),
            _ => json!({"path": path, "fate": word(fate)}),
        });
        let counts: Value = KINDS.iter().map(|kind| ((*kind).to_owned(), Value::from(self.count(kind)))).collect();
        let (left_out, error) = (self.count(LEFT_OUT), stopped.map(Failure::error_json));
        json!({"files": files.collect::<Vec<_>>(), "counts": counts, "left_out": left_out, "error": error})
    }

    fn count(&self, kind: &str) -> usize {
        self.fates.iter().filter(|(_, fate)| word(fate) == kind).count()
    }
}

const LEFT_OUT: &str = "left_out";

const KINDS: [&str; 6] = ["created", "replaced", "unchanged", "kept", "refused", "skipped"];

fn word(fate: &Fate) -> &'static str {
    match fate {
        Fate::Created => "created",
        Fate::Replaced => "replaced",
        Fate::Unchanged => "unchanged",
        Fate::Kept => "kept",
        Fate::Refused(_) => "refused",
        Fate::Skipped(_) => "skipped",
        Fate::LeftOut(_) => LEFT_OUT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_that_is_not_in_memory_is_named_and_counted() {
        let skipped = vec![(PathBuf::from("notes/film.md"), "is not UTF-8 text".to_owned())];
        let left_out = vec![(PathBuf::from("notes/.git"), "is hidden; --hidden brings it in")];
        let mut report = Report::new(skipped, left_out);
        report.add("user/a.md", Fate::Created);
        report.add("user/b.md", Fate::Created);
        assert!(report.outcome().is_err());
        report.add("user/c.md", Fate::Refused("is there with another text".to_owned()));
        report.add("user/dream-log.md", Fate::Kept);
        let mut out = anstream::StripStream::new(Vec::new());
        report.print_lines(&mut out, true).unwrap();
        let expected = "\
left out notes/.git: is hidden; --hidden brings it in
skipped notes/film.md: is not UTF-8 text
refused user/c.md: is there with another text
kept user/dream-log.md: memory-api alone writes it, and has one already
2 created, 1 kept, 1 refused, 1 skipped (1 left out)
";
        assert_eq!(String::from_utf8(out.into_inner()).unwrap(), expected);
        assert_eq!(report.outcome().unwrap_err().to_string(), "2 files not imported");
        assert_eq!(report.to_json(None)["counts"]["created"], 2);
    }

    #[test]
    fn kept_and_unchanged_files_are_no_failure() {
        let mut report = Report::default();
        report.add("user/dream-log.md", Fate::Kept);
        report.add("user/a.md", Fate::Unchanged);
        assert!(report.outcome().is_ok());
    }
}
