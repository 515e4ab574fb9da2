//! Edits as a JSON list, with the contract's names.

use std::path::Path;

use memex_proto::v1::edit::Kind;
use memex_proto::v1::{AppendLines, DeleteLines, Edit, InsertLines, Replace};
use serde::Deserialize;

use crate::commands::files::read_text;
use crate::failure::Failure;

/// One edit, as the contract names it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Listed {
    #[serde(alias = "appendLines")]
    AppendLines(Append),
    Replace(Replaced),
    #[serde(alias = "insertLines")]
    InsertLines(Insert),
    #[serde(alias = "deleteLines")]
    DeleteLines(Delete),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Append {
    lines: Vec<String>,
    #[serde(default, alias = "afterHeading")]
    after_heading: String,
    #[serde(default, alias = "skipIfPresent")]
    skip_if_present: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Replaced {
    old: String,
    #[serde(default)]
    new: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Insert {
    #[serde(default, alias = "afterLine")]
    after_line: i32,
    lines: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Delete {
    #[serde(alias = "firstLine")]
    first_line: i32,
    #[serde(alias = "lastLine")]
    last_line: i32,
    expected: String,
}

/// The edits in a file, or for `-` in standard input.
///
/// # Errors
/// [`Failure::Local`] where it cannot be read or is no such list.
pub fn edits(file: &Path) -> Result<Vec<Edit>, Failure> {
    let listed = serde_json::from_str::<Vec<Listed>>(&read_text(Some(file))?);
    let listed = listed.map_err(|error| Failure::local(file, format_args!("is no JSON list of edits: {error}")))?;
    Ok(listed.into_iter().map(|edit| Edit { kind: Some(edit.into()) }).collect())
}

impl From<Listed> for Kind {
    fn from(edit: Listed) -> Self {
        match edit {
            Listed::AppendLines(Append { lines, after_heading, skip_if_present }) => {
                Self::AppendLines(AppendLines { lines, after_heading, skip_if_present })
            }
            Listed::Replace(Replaced { old, new }) => Self::Replace(Replace { old, new }),
            Listed::InsertLines(Insert { after_line, lines }) => Self::InsertLines(InsertLines { after_line, lines }),
            Listed::DeleteLines(Delete { first_line, last_line, expected }) => {
                Self::DeleteLines(DeleteLines { first_line, last_line, expected })
            }
        }
    }
}
