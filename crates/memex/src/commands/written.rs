//! What the commands share that change one file: the reason that is kept, and how the outcome is said.

use std::io::Write as _;

use memex_proto::v1::{File, MoveFileResponse, PatchFileResponse, RestoreRevisionResponse, WriteFileResponse};
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, safe_line};
use memex_view::FileView;

/// Why a file is changed.
#[derive(Debug, Clone, clap::Args)]
pub struct ReasonArg {
    /// Why; kept with the revision
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub reason: String,
}

/// What memory-api answered to a change of a file.
#[derive(Debug, Default)]
pub struct Written {
    /// The file afterwards.
    pub file: Option<File>,
    /// False where the text was the same.
    pub changed: bool,
    /// The revision; empty where nothing changed.
    pub revision_id: String,
    /// Of a patch: how many lines were not added, because they stood there already.
    pub skipped_lines: Option<i32>,
}

impl Written {
    /// Says it.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn say(self, context: &Context) -> Result<(), Failure> {
        let file = self.file.map(FileView::from);
        if context.json {
            let mut said = json!({"file": file, "changed": self.changed, "revision_id": self.revision_id});
            self.skipped_lines.into_iter().for_each(|lines| said["skipped_lines"] = lines.into());
            return Ok(output::json(&said)?);
        }
        let (path, version) = file.map(|file| (file.path, file.version)).unwrap_or_default();
        let (mut out, path) = (output::out(), safe_line(&path));
        if self.changed {
            writeln!(out, "{path} is now at version {version} ({})", self.revision_id)?;
        } else {
            writeln!(out, "{path} stays at version {version}: the text is the same")?;
        }
        if let Some(lines) = self.skipped_lines.filter(|lines| *lines > 0) {
            writeln!(out, "{} not added: the block stands there already", output::counted(lines, "line"))?;
        }
        Ok(())
    }
}

/// What most answers to a change say.
macro_rules! from_answers {
    ($($answer:ident),+) => {
        $(impl From<$answer> for Written {
            fn from(answer: $answer) -> Self {
                let (file, changed, revision_id) = (answer.file, answer.changed, answer.revision_id);
                Self { file, changed, revision_id, skipped_lines: None }
            }
        })+
    };
}

from_answers!(WriteFileResponse, MoveFileResponse, RestoreRevisionResponse);

impl From<PatchFileResponse> for Written {
    fn from(answer: PatchFileResponse) -> Self {
        let (file, changed, revision_id) = (answer.file, answer.changed, answer.revision_id);
        Self { file, changed, revision_id, skipped_lines: Some(answer.skipped_lines) }
    }
}
