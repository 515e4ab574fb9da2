//! What a dream changed or would change, file by file.

use std::collections::BTreeMap;
use std::io::{self, Write};

use memex_proto::v1::FileChange;

use crate::output::{diff, safe_line, style};

/// Each file's change: its diff where `diffs`, else a line.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_changes(out: &mut impl Write, files: &[FileChange], diffs: bool) -> io::Result<()> {
    let groups = Groups::of(files);
    for file in files {
        let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
        let (came, went) = (style::ADDED, style::REMOVED);
        let sums = format!(
            "{}+{}{} {}-{}{}",
            came.render(),
            file.added_lines,
            came.render_reset(),
            went.render(),
            file.removed_lines,
            went.render_reset()
        );
        writeln!(out, "\n{head}{}{reset} at version {}  {sums}", safe_line(&file.path), file.base_version)?;
        if let Some(others) = groups.tied_to(file) {
            let (dim, reset) = (style::FAINT.render(), style::FAINT.render_reset());
            writeln!(out, "{dim}stands or falls with {}{reset}", safe_line(&others.join(", ")))?;
        }
        if file.redacted {
            writeln!(out, "(redacted)")?;
        }
        if diffs {
            diff::write_unified(out, &file.diff)?;
        }
    }
    Ok(())
}

/// The unified diffs alone, as `patch` and `git apply` read them.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_diffs(out: &mut impl Write, files: &[FileChange]) -> io::Result<()> {
    files.iter().try_for_each(|file| diff::write_unified(out, &file.diff))
}

/// Files that are approved and reverted together, or not at all: by the number of their group.
pub struct Groups<'a>(BTreeMap<i32, Vec<&'a str>>);

impl<'a> Groups<'a> {
    /// The groups of these files. Files of no group, which an older memory-api sends, are in none.
    pub fn of(files: &'a [FileChange]) -> Self {
        let mut groups = BTreeMap::<_, Vec<_>>::new();
        for file in files.iter().filter(|file| file.group > 0) {
            groups.entry(file.group).or_default().push(file.path.as_str());
        }
        Self(groups)
    }

    /// Each group's number and files, by number.
    pub fn iter(&self) -> impl Iterator<Item = (i32, &[&'a str])> {
        self.0.iter().map(|(number, paths)| (*number, paths.as_slice()))
    }

    /// The other files of a file's group; nothing where it stands alone.
    fn tied_to(&self, file: &FileChange) -> Option<Vec<&'a str>> {
        let others = self.0.get(&file.group)?.iter().copied().filter(|path| *path != file.path);
        Some(others.collect::<Vec<_>>()).filter(|others| !others.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(print: impl Fn(&mut anstream::StripStream<Vec<u8>>)) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        print(&mut out);
        String::from_utf8(out.into_inner()).unwrap()
    }

    fn file(path: &str, group: i32) -> FileChange {
        FileChange {
            path: path.to_owned(),
            base_version: 2,
            diff: "@@ -1 +0,0 @@\n-gone\n".to_owned(),
            removed_lines: 1,
            group,
            ..FileChange::default()
        }
    }

    #[test]
    fn changes_are_shown_with_or_without_their_diffs() {
        let files = [file("user/a.md", 0)];
        assert_eq!(shown(|out| write_changes(out, &files, false).unwrap()), "\nuser/a.md at version 2  +0 -1\n");
        let with = shown(|out| write_changes(out, &files, true).unwrap());
        assert_eq!(with, "\nuser/a.md at version 2  +0 -1\n@@ -1 +0,0 @@\n-gone\n");
        assert_eq!(shown(|out| write_diffs(out, &files).unwrap()), "@@ -1 +0,0 @@\n-gone\n");
    }

    #[test]
    fn the_files_of_a_group_name_each_other() {
        let files = [file("user/a.md", 1), file("user/b.md", 2), file("user/c.md", 1)];
        let expected = "\
\nuser/a.md at version 2  +0 -1\nstands or falls with user/c.md
\nuser/b.md at version 2  +0 -1
\nuser/c.md at version 2  +0 -1\nstands or falls with user/a.md\n";
        assert_eq!(shown(|out| write_changes(out, &files, false).unwrap()), expected);
        let groups: Vec<(i32, Vec<&str>)> =
            Groups::of(&files).iter().map(|(number, paths)| (number, paths.to_vec())).collect();
        assert_eq!(groups, [(1, vec!["user/a.md", "user/c.md"]), (2, vec!["user/b.md"])]);
    }
}
