//! Edits as flags, whose order counts.

use std::path::PathBuf;

use clap::error::{Error, ErrorKind};
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Args, Command, FromArgMatches, value_parser};
use memex_proto::v1::edit::Kind;
use memex_proto::v1::{AppendLines, DeleteLines, Edit, InsertLines, Replace};

use super::listed;
use crate::failure::Failure;

/// What the flags of `patch` ask for, in the order of the command line.
#[derive(Debug, Clone)]
pub struct GivenEdits(Vec<Given>);

#[derive(Debug, Clone, PartialEq)]
enum Given {
    Edit(Kind),
    /// A list of edits, to be read when the command runs.
    List(PathBuf),
}

impl GivenEdits {
    /// The edits, those of lists among them.
    ///
    /// # Errors
    /// [`Failure::Local`] where a list cannot be read.
    pub fn into_edits(self) -> Result<Vec<Edit>, Failure> {
        let mut edits = Vec::new();
        for given in self.0 {
            match given {
                Given::Edit(kind) => edits.push(Edit { kind: Some(kind) }),
                Given::List(file) => edits.extend(listed::edits(&file)?),
            }
        }
        Ok(edits)
    }
}

impl Args for GivenEdits {
    fn augment_args(command: Command) -> Command {
        let flag = |name: &'static str, values: &[&'static str], help: &'static str| {
            let arg = Arg::new(name).long(name).help(help).help_heading("Edits").action(ArgAction::Append);
            // Lines of Markdown begin with hyphens.
            arg.num_args(values.len()).value_names(values.to_vec()).allow_hyphen_values(true)
        };
        let edits = [
            flag("append", &["TEXT"], "Add lines at the end, whatever stands there"),
            flag("replace", &["OLD", "NEW"], "Replace a text that is there exactly once"),
            flag("insert-after", &["LINE", "TEXT"], "Add lines after a line's number; 0: at the beginning"),
            flag("delete", &["LINES", "EXPECTED"], "Delete a line, 7, or a range, 7-9, that says what is expected"),
            flag("edits", &["FILE"], "Apply a JSON list of edits; - reads standard input")
                .value_parser(value_parser!(PathBuf)),
        ];
        let group = ArgGroup::new("edit").args(edits.iter().map(Arg::get_id)).required(true).multiple(true);
        let heading =
            flag("after-heading", &["HEADING"], "Of the --append before it: at the end of this heading's section");
        let once = Arg::new("once").long("once").action(ArgAction::SetTrue).help_heading("Edits");
        let once = once.help("Of every --append: skip a block that stands there already as a whole").requires("append");
        command.args(edits).arg(heading.requires("append")).arg(once).group(group)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for GivenEdits {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut given: Vec<(usize, Given)> = Vec::new();
        for (at, values) in occurrences(matches, "append") {
            let skip_if_present = matches.get_flag("once");
            let append = AppendLines { lines: lines(values[0]), after_heading: String::new(), skip_if_present };
            given.push((at, Given::Edit(Kind::AppendLines(append))));
        }
        for (at, values) in occurrences(matches, "replace") {
            let replace = Replace { old: values[0].clone(), new: values[1].clone() };
            given.push((at, Given::Edit(Kind::Replace(replace))));
        }
        for (at, values) in occurrences(matches, "insert-after") {
            let insert = InsertLines { after_line: line(values[0])?, lines: lines(values[1]) };
            given.push((at, Given::Edit(Kind::InsertLines(insert))));
        }
        for (at, values) in occurrences(matches, "delete") {
            let (first_line, last_line) = range(values[0])?;
            // The range's last line ending is not part of what is expected.
            let expected = lines(values[1]).join("\n");
            given.push((at, Given::Edit(Kind::DeleteLines(DeleteLines { first_line, last_line, expected }))));
        }
        let lists = matches.indices_of("edits").into_iter().flatten();
        let files = matches.get_many::<PathBuf>("edits").into_iter().flatten();
        given.extend(lists.zip(files).map(|(at, file)| (at, Given::List(file.clone()))));
        given.sort_by_key(|(at, _)| *at);
        for (at, heading) in occurrences(matches, "after-heading") {
            set_heading(&mut given, at, heading[0])?;
        }
        Ok(Self(given.into_iter().map(|(_, given)| given).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Each time that a flag was given: where its first value stands, and its values.
fn occurrences<'m>(matches: &'m ArgMatches, name: &str) -> Vec<(usize, Vec<&'m String>)> {
    let groups: Vec<Vec<_>> = matches.get_occurrences(name).into_iter().flatten().map(Iterator::collect).collect();
    let mut indices = matches.indices_of(name).into_iter().flatten();
    let mut first = |values: usize| {
        let at = indices.next().unwrap_or_default();
        indices.by_ref().take(values - 1).for_each(drop);
        at
    };
    groups.into_iter().map(|values| (first(values.len()), values)).collect()
}

/// Gives the heading to the append that comes right before it.
fn set_heading(given: &mut [(usize, Given)], at: usize, heading: &str) -> Result<(), Error> {
    let before = given.iter_mut().rev().find(|(edit, _)| *edit < at);
    let Some((_, Given::Edit(Kind::AppendLines(append)))) = before else {
        return Err(wrong("--after-heading belongs right after the --append that it is about"));
    };
    if heading.is_empty() || !append.after_heading.is_empty() {
        return Err(wrong("--after-heading is given once for an --append, and is not empty"));
    }
    append.after_heading = heading.to_owned();
    Ok(())
}

/// The lines of a text; what ends the last one is not a further line.
fn lines(text: &str) -> Vec<String> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).to_owned()).collect()
}

fn line(text: &str) -> Result<i32, Error> {
    let refusal = || wrong(format_args!("a line is a number, not {text:?}"));
    text.parse().ok().filter(|number| *number >= 0).ok_or_else(refusal)
}

/// `7` or `7-9`.
fn range(text: &str) -> Result<(i32, i32), Error> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Ok((line(first)?, line(last)?))
}

fn wrong(what: impl std::fmt::Display) -> Error {
    Error::raw(ErrorKind::ValueValidation, format!("{what}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(args: &[&str]) -> Result<Vec<Given>, Error> {
        let command = GivenEdits::augment_args(Command::new("patch").no_binary_name(true));
        GivenEdits::from_arg_matches(&command.try_get_matches_from(args)?).map(|given| given.0)
    }

    #[test]
    fn edits_stay_in_the_order_in_which_they_are_given() {
        let args = ["--replace", "-a", "--b", "--append", "- c", "--edits", "x.json", "--replace", "d", ""];
        let replace = |old: &str, new: &str| Given::Edit(Kind::Replace(Replace { old: old.into(), new: new.into() }));
        let append = AppendLines { lines: vec!["- c".into()], ..AppendLines::default() };
        let expected = [
            replace("-a", "--b"),
            Given::Edit(Kind::AppendLines(append)),
            Given::List("x.json".into()),
            replace("d", ""),
        ];
        assert_eq!(given(&args).unwrap(), expected);
    }

    #[test]
    fn a_heading_belongs_to_the_append_before_it() {
        let args = ["--append", "a\nb\n", "--append", "c", "--after-heading", "Tea", "--insert-after", "0", "- d"];
        let append = |lines: &[&str], after_heading: &str| {
            let lines = lines.iter().map(|line| (*line).to_owned()).collect();
            let after_heading = after_heading.to_owned();
            Given::Edit(Kind::AppendLines(AppendLines { lines, after_heading, skip_if_present: false }))
        };
        let insert = InsertLines { after_line: 0, lines: vec!["- d".into()] };
        let expected = [append(&["a", "b"], ""), append(&["c"], "Tea"), Given::Edit(Kind::InsertLines(insert))];
        assert_eq!(given(&args).unwrap(), expected);
        for wrong in [
            &["--after-heading", "Tea", "--append", "a"][..],
            &["--append", "a", "--replace", "b", "c", "--after-heading", "Tea"],
            &["--append", "a", "--after-heading", "Tea", "--after-heading", "Milk"],
            &["--after-heading", "Tea"],
            &["--append", "a", "--after-heading", ""],
        ] {
            assert!(given(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn once_is_said_of_every_append() {
        let args = ["--append", "a", "--once", "--append", "b", "--after-heading", "Tea"];
        let edits = given(&args).unwrap();
        let once = |edit: &Given| matches!(edit, Given::Edit(Kind::AppendLines(append)) if append.skip_if_present);
        assert!(edits.len() == 2 && edits.iter().all(once), "{edits:?}");
        assert!(given(&["--once", "--replace", "a", "b"]).is_err());
    }

    #[test]
    fn lines_to_delete_are_one_or_a_range_with_what_they_say() {
        let delete = |lines: &str| match &given(&["--delete", lines, "- a\n- b\n"])?[..] {
            [Given::Edit(Kind::DeleteLines(delete))] => {
                assert_eq!(delete.expected, "- a\n- b");
                Ok((delete.first_line, delete.last_line))
            }
            other => panic!("{other:?}"),
        };
        assert_eq!((delete("7").unwrap(), delete("7-9").unwrap()), ((7, 7), (7, 9)));
        for bad in ["", "-", "7-", "-7", "7-x", "1-2-3", "99999999999"] {
            assert!(delete(bad).map_err(|error: Error| error).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_patch_has_an_edit() {
        assert!(given(&[]).is_err() && given(&["--replace", "a"]).is_err());
    }
}
