//! `dream diff`: the unified diffs of a dream alone.

use std::io::{self, IsTerminal as _, Write as _};

use serde_json::json;

use super::show::{changeset, write_diffs};
use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, pager::paged};

/// What the help of `dream diff` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex dream diff drm_…                    what it changed or would change
  memex dream diff drm_… > dream.patch      as patch and git apply read it

On a terminal it is shown by $MEMEX_PAGER, else $PAGER, else less; an empty one shows it at once.";

/// Arguments of `dream diff`.
#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The dream, drm_…
    id: String,
}

/// `memex dream diff`.
pub async fn run(context: &Context, args: DiffArgs) -> Result<(), Failure> {
    let files = changeset(context, &args.id).await?.files;
    if context.json {
        let diffs = files.into_iter().map(|file| json!({"path": file.path, "diff": file.diff}));
        return Ok(output::json(&json!({"files": diffs.collect::<Vec<_>>()}))?);
    }
    let redacted = files.iter().filter(|file| file.redacted).map(|file| file.path.as_str());
    let redacted = redacted.collect::<Vec<_>>().join(", ");
    if files.iter().all(|file| file.diff.is_empty()) && redacted.is_empty() {
        return Ok(output::nothing("this dream changes no file")?);
    }
    if !redacted.is_empty() {
        output::nothing(format_args!("redacted, and so without a diff: {redacted}"))?;
    }
    if io::stdout().is_terminal() {
        return Ok(paged(|mut out| write_diffs(&mut out, &files))?);
    }
    // What is not for a terminal goes byte for byte, so that it can be applied.
    let mut out = io::stdout().lock();
    for file in &files {
        out.write_all(file.diff.as_bytes())?;
    }
    Ok(out.flush()?)
}
