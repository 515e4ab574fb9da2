//! `blame`: which revision brought each line of a file.

use memex_proto::v1::BlameFileRequest;
use serde_json::json;

use super::{Context, UserArg};
use crate::failure::Failure;
use crate::output;
use crate::output::table::{Table, numbers, words};
use crate::output::view::BlameLineView;

/// What the help of `blame` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex blame user/profile.md               who brought each line, when, from where
  memex blame user/profile.md --version 3   of an earlier version
  memex blame user/profile.md --json        {\"version\": 4, \"lines\": […]}";

/// Arguments of `blame`.
#[derive(Debug, clap::Args)]
pub struct BlameArgs {
    /// The file, such as user/profile.md
    path: String,
    /// The version; unless given, the current one
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,
    #[command(flatten)]
    user: UserArg,
}

/// `memex blame`.
pub async fn run(context: &Context, args: BlameArgs) -> Result<(), Failure> {
    let request = BlameFileRequest {
        user_id: context.user(&args.user),
        path: args.path.clone(),
        version: args.version.unwrap_or_default(),
    };
    let answer = context.call(|| async { context.history().blame_file(request.clone()).await }).await;
    let blamed = answer.map_err(|failure| failure.about(&args.path).of_user(&args.user))?;
    let lines: Vec<BlameLineView> = blamed.lines.into_iter().map(Into::into).collect();
    if context.json {
        return Ok(output::json(&json!({"version": blamed.version, "lines": lines}))?);
    }
    if lines.is_empty() {
        return Ok(output::nothing(format_args!("no lines in {} at version {}", args.path, blamed.version))?);
    }
    Ok(table(lines).write(&mut output::out())?)
}

fn table(lines: Vec<BlameLineView>) -> Table {
    let columns = [
        numbers("line"),
        numbers("version"),
        words("when"),
        words("by"),
        words("source"),
        words("dream"),
        words("text"),
    ];
    let mut table = Table::new(&columns);
    for line in lines {
        let (number, version) = (line.number.to_string(), line.version.to_string());
        // A blank line is shown as one, not as a value that is missing.
        let text = if line.text.is_empty() { " ".to_owned() } else { line.text };
        let when = line.created_at.unwrap_or_default();
        table.row([number, version, when, line.actor, line.source, line.dream_id, text]);
    }
    table
}
