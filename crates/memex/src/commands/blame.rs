//! `blame`: which revision brought each line of a file, and on which days its copies were said.

use memex_proto::v1::BlameFileRequest;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output;
use crate::output::table::{Table, numbers, words};
use crate::user::UserArg;
use memex_view::BlameLineView;

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

/// The days of a line stand beside it where a dream dropped copies for any line of the file.
fn table(lines: Vec<BlameLineView>) -> Table {
    let dreamt = lines.iter().any(|line| !line.last_said.is_empty());
    let mut columns =
        vec![numbers("line"), numbers("version"), words("when"), words("by"), words("source"), words("dream")];
    if dreamt {
        columns.extend([words("first said"), words("last said")]);
    }
    columns.push(words("text"));
    let mut table = Table::new(&columns);
    for line in lines {
        let (number, version) = (line.number.to_string(), line.version.to_string());
        // A blank line is shown as one, not as a value that is missing.
        let text = if line.text.is_empty() { " ".to_owned() } else { line.text };
        let when = line.created_at.unwrap_or_default();
        let said = dreamt.then_some([line.first_said, line.last_said]).into_iter().flatten();
        let before = [number, version, when, line.actor, line.source, line.dream_id];
        table.row(before.into_iter().chain(said).chain([text]));
    }
    table
}
