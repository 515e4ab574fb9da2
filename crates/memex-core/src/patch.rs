//! Edits of a text that say what they expect to find, so that none lands in the wrong place.

mod append;
mod delete;
mod headings;
mod insert;
mod refusal;
mod replace;
mod rows;
#[cfg(test)]
mod tests;

pub(crate) use headings::{front_matter_bytes, outline, superseded};
pub use refusal::{PatchRefusal, Sought};

use crate::limits;

/// One edit. Lines are numbered from 1 in the text as the edits before it left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Adds lines at the end of the text, or of a section, as they are given and whatever stands there: the same edit
    /// twice adds twice, unless it says `skip_if_present`. Blank lines at the end of a text without a final newline
    /// become its line breaks.
    AppendLines {
        /// The lines, without line endings.
        lines: Vec<String>,
        /// The heading of the section, with its `#` marks (`## Food`: of that level) or without (of any). The section
        /// ends before the next heading of the same or a higher level; the lines come before its last blank lines.
        after_heading: Option<String>,
        /// Adds nothing where all the lines stand already, one after the other and byte for byte, in the text or in that
        /// section. Blank lines around them, and line endings, are not compared.
        skip_if_present: bool,
    },
    /// Replaces a text that must occur exactly once, byte for byte: `$&` is those two characters, a line ending is
    /// the one that the text has.
    Replace {
        /// What stands there.
        old: String,
        /// What shall stand there.
        new: String,
    },
    /// Adds lines after a line, whatever they say and whatever stands there: the same edit twice adds twice.
    InsertLines {
        /// The line after which they go; 0: before the first.
        after_line: u32,
        /// The lines, without line endings. At the end of a text without a final newline the last is not empty.
        lines: Vec<String>,
    },
    /// Deletes whole lines.
    DeleteLines {
        /// The first line to go.
        first_line: u32,
        /// The last line to go.
        last_line: u32,
        /// What these lines say, joined by `\n`; line endings are not compared.
        expected: String,
    },
}

/// The result of a patch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patched {
    /// The text afterwards.
    pub text: String,
    /// How many lines were not added, because they stood there already.
    pub skipped_lines: usize,
}

/// The text after all `edits`, in order. Line endings stay as the text has them (where mixed, new lines take the more
/// frequent), and so does the final newline or its absence; an empty text gets one with its first line. `replace`
/// alone, being literal, can change either.
///
/// # Errors
/// The first edit that does not apply, and why; nothing is changed then. After `NoMatch` and `Ambiguous` the caller
/// reads the file again and says it more exactly.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, PatchRefusal> {
    apply_counted(text, edits).map(|patched| patched.text)
}

/// As [`apply`], and how many lines were skipped.
///
/// # Errors
/// As [`apply`].
pub fn apply_counted(text: &str, edits: &[Edit]) -> Result<Patched, PatchRefusal> {
    if edits.is_empty() || edits.len() > limits::MAX_EDITS {
        return Err(PatchRefusal::Invalid {
            edit: edits.len().min(limits::MAX_EDITS),
            rule: "a patch has 1 to 100 edits",
        });
    }
    let mut patched = Patched { text: text.to_owned(), skipped_lines: 0 };
    for (edit, step) in edits.iter().enumerate() {
        let next = apply_one(&patched.text, step).map_err(|refusal| refusal.at(edit))?;
        patched = Patched { text: next.text, skipped_lines: patched.skipped_lines + next.skipped_lines };
    }
    Ok(patched)
}

fn apply_one(text: &str, edit: &Edit) -> Result<Patched, PatchRefusal> {
    let text = match edit {
        Edit::AppendLines { lines, after_heading, skip_if_present } => {
            return append::append(text, lines, after_heading.as_deref(), *skip_if_present);
        }
        Edit::Replace { old, new } => replace::replace(text, old, new),
        Edit::InsertLines { after_line, lines } => insert::insert(text, *after_line, lines),
        Edit::DeleteLines { first_line, last_line, expected } => {
            delete::delete(text, *first_line, *last_line, expected)
        }
    };
    Ok(Patched { text: text?, skipped_lines: 0 })
}
