//! What the commands share that change one file: the reason that is kept, and how the outcome is said.

use std::io::Write as _;

use memex_proto::v1::{File, MoveFileResponse, PatchFileResponse, RestoreRevisionResponse, WriteFileResponse};
use serde_json::json;

use super::Context;
use crate::failure::Failure;
use crate::output::view::FileView;
use crate::output::{self, safe_line};

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
}

impl Written {
    /// Says it.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub fn say(self, context: &Context) -> Result<(), Failure> {
        let file = self.file.map(FileView::from);
        if context.json {
            let (changed, revision_id) = (self.changed, self.revision_id);
            return Ok(output::json(&json!({"file": file, "changed": changed, "revision_id": revision_id}))?);
        }
        let (path, version) = file.map(|file| (file.path, file.version)).unwrap_or_default();
        let (mut out, path) = (output::out(), safe_line(&path));
        if self.changed {
            writeln!(out, "{path} is now at version {version} ({})", self.revision_id)?;
        } else {
            writeln!(out, "{path} stays at version {version}: the text is the same")?;
        }
        Ok(())
    }
}

/// Every answer to a change says the same.
macro_rules! from_answers {
    ($($answer:ident),+) => {
        $(impl From<$answer> for Written {
            fn from(answer: $answer) -> Self {
                Self { file: answer.file, changed: answer.changed, revision_id: answer.revision_id }
            }
        })+
    };
}

from_answers!(WriteFileResponse, PatchFileResponse, MoveFileResponse, RestoreRevisionResponse);
