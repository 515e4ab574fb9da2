//! The text while it is edited: a file that only its owner can read, gone with the command unless something went wrong.

use std::fs::{OpenOptions, Permissions};
use std::io::{Write as _, stderr};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use memex_proto::v1::ErrorReason;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::files::{SourceArg, read_text};
use crate::failure::Failure;
use crate::settings::variable;
use crate::shell::{quoted, user_flag};

/// The editor where nobody names another.
const EDITOR: &str = "vi";

/// What a shell answers for a program that is not there or is none.
const NO_PROGRAM: [i32; 2] = [126, 127];

/// A name that is longer is not one that every file system takes.
const MAX_NAME_BYTES: usize = 200;

/// What the command line said of the write, for the one that says it again.
#[derive(Debug, Clone, Copy)]
pub struct Meant<'a> {
    /// The file of memory.
    pub path: &'a str,
    /// The user, where one was named.
    pub user: Option<&'a str>,
    /// Why; empty where nobody said.
    pub why: &'a str,
    /// Where the text comes from, where that was said.
    pub source: Option<SourceArg>,
}

/// The text of a file of memory in a file of this machine.
#[derive(Debug)]
pub struct Draft<'a> {
    dir: TempDir,
    file: PathBuf,
    meant: Meant<'a>,
    version: i64,
}

impl<'a> Draft<'a> {
    /// Puts `text` into a directory of its own, where the editor may leave what it likes.
    ///
    /// # Errors
    /// [`Failure::Local`] where it cannot be made.
    pub fn new(meant: Meant<'a>, version: i64, text: &str) -> Result<Self, Failure> {
        let private = Permissions::from_mode(0o700);
        let dir = tempfile::Builder::new().prefix("memex-edit-").permissions(private).tempdir();
        let dir = dir.map_err(|error| Failure::local(std::env::temp_dir(), error))?;
        // An editor knows by the name that it is Markdown.
        let name = Path::new(meant.path).file_name().filter(|name| name.len() <= MAX_NAME_BYTES);
        let file = dir.path().join(name.unwrap_or("memory.md".as_ref()));
        let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file);
        made.and_then(|mut made| made.write_all(text.as_bytes())).map_err(|error| Failure::local(&file, error))?;
        Ok(Self { dir, file, meant, version })
    }

    /// Lets a person edit it, and gives the text afterwards. With `json` standard output is not the editor's.
    ///
    /// # Errors
    /// [`Failure::Local`] where there is no editor, it does not end well, or it leaves what is no text.
    pub async fn edited(&self, json: bool) -> Result<String, Failure> {
        let editor = editor();
        // Ctrl-C is the editor's: this process must outlive it.
        let _ignored = [signal(SignalKind::interrupt())?, signal(SignalKind::quit())?];
        // As a shell has it: the variable may name arguments too.
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{editor} \"$@\"")).arg(&editor).arg(&self.file);
        if json {
            shell.stdout(Stdio::from(stderr()));
        }
        let status = shell.status().await.map_err(|error| Failure::local(&editor, error))?;
        if !status.success() {
            return Err(Failure::local(&editor, ended_badly(status)));
        }
        read_text(Some(&self.file))
    }

    /// Whether nobody has changed it.
    pub fn is_still(&self, before: &str) -> bool {
        std::fs::read(&self.file).is_ok_and(|text| text == before.as_bytes())
    }

    /// Leaves it where it is, with how to go on after `failure`. Where the editor has deleted it there is none to keep.
    pub fn kept(self, failure: Failure) -> Failure {
        if !self.file.exists() {
            return failure;
        }
        let (path, user) = (quoted(self.meant.path), user_flag(self.meant.user));
        // Another's text is there now, at a version that nobody here has read yet.
        let another = matches!(failure.reason(), Some(ErrorReason::VersionConflict | ErrorReason::FileExists));
        let next = match failure.fact("current_version") {
            Some("0") if another => format!("the file is gone; to make it again: {}", self.put("0")),
            current if another => {
                let put = self.put(current.unwrap_or("VERSION"));
                format!("see what is there now: memex cat {path}{user}; bring your text in line with it, then: {put}")
            }
            _ => format!("once that is put right: {}", self.put(&self.version.to_string())),
        };
        let _stays = self.dir.keep();
        Failure::Kept { cause: Box::new(failure), file: self.file, next }
    }

    /// The command line that writes it over `version` as it was meant.
    fn put(&self, version: &str) -> String {
        let (path, file) = (quoted(self.meant.path), quoted(&self.file.display().to_string()));
        let meant = self.meant;
        let source = meant.source.map(|source| format!(" --source {}", source.name())).unwrap_or_default();
        let why = if meant.why.is_empty() { String::new() } else { format!(" --reason {}", quoted(meant.why)) };
        format!("memex put {path} {file} --expected-version {version}{}{source}{why}", user_flag(meant.user))
    }
}

/// What the environment names, as other programs read it.
fn editor() -> String {
    let named = |name| variable(name).filter(|editor| !editor.trim().is_empty());
    named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| EDITOR.to_owned())
}

fn ended_badly(status: ExitStatus) -> String {
    if status.code().is_some_and(|code| NO_PROGRAM.contains(&code)) {
        return "cannot be run; name your editor in VISUAL or EDITOR".to_owned();
    }
    format!("ended with {status}; nothing was written")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Meant<'_> {
        Meant { path, user: None, why: "", source: None }
    }

    #[test]
    fn only_its_owner_can_read_a_draft_and_it_goes_unless_it_is_kept() {
        let draft = Draft::new(at("user/deep/tea.md"), 1, "text\n").unwrap();
        let (dir, file) = (draft.dir.path().to_owned(), draft.file.clone());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&dir), mode(&file)), (0o700, 0o600));
        assert_eq!(file.file_name().unwrap(), "tea.md");
        assert!(draft.is_still("text\n") && !draft.is_still("other"));
        drop(draft);
        assert!(!dir.exists());
    }

    #[test]
    fn a_name_that_leads_elsewhere_or_is_too_long_is_not_taken() {
        for path in ["user/..", &format!("user/{}", "a".repeat(300))] {
            let draft = Draft::new(at(path), 0, "").unwrap();
            assert_eq!(draft.file, draft.dir.path().join("memory.md"), "{path}");
        }
    }
}
