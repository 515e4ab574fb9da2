//! `cat`: a file's text, as it is or as it was.

use std::io::{IsTerminal as _, Write as _};

use chrono::{DateTime, NaiveDate, NaiveTime};
use memex_proto::v1::read_file_request::At;
use memex_proto::v1::{FileContent, ReadFileRequest};
use prost_types::Timestamp;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::{self, safe};
use crate::user::UserArg;
use memex_view::FileView;

/// What the help of `cat` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex cat user/profile.md
  memex cat user/profile.md --user ada > profile.md
  memex cat user/profile.md --version 3
  memex cat user/profile.md --at 2026-11-22T18:00:00Z   as it was then
  memex cat user/profile.md --json   text and version: {\"file\": {…}, \"content\": \"…\"}";

/// Arguments of `cat`.
#[derive(Debug, clap::Args)]
pub struct CatArgs {
    /// The file, such as user/profile.md
    path: String,
    /// The text of this version
    #[arg(long, value_name = "N", conflicts_with = "at", value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,
    /// The text at this time, such as 2026-11-22T18:00:00Z or, for the beginning of a day in UTC, 2026-11-22
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    user: UserArg,
}

/// `memex cat`.
pub async fn run(context: &Context, args: CatArgs) -> Result<(), Failure> {
    let at = args.version.map(At::Version).or(args.at.map(At::AtTime));
    let found = read(context, &context.user(&args.user), &args.path, at).await;
    let FileContent { file, content, .. } = found.map_err(|failure| failure.of_user(&args.user))?;
    if context.json {
        let file = file.map(FileView::from);
        return Ok(output::json(&json!({"file": file, "content": content}))?);
    }
    write_text(&content)
}

/// One file with its text.
///
/// # Errors
/// As ReadFile.
pub async fn read(context: &Context, user_id: &str, path: &str, at: Option<At>) -> Result<FileContent, Failure> {
    let request = ReadFileRequest { user_id: user_id.to_owned(), path: path.to_owned(), at };
    let answer = context.call(|| async { context.memory().read_file(request.clone()).await }).await;
    Ok(answer.map_err(|failure| failure.about(path))?.file.unwrap_or_default())
}

/// Prints a text: on a terminal it must not steer it; into a file or a pipe it goes byte for byte.
///
/// # Errors
/// When standard output cannot be written.
pub fn write_text(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout();
    if out.is_terminal() {
        out.write_all(safe(text).as_bytes())?;
    } else {
        out.write_all(text.as_bytes())?;
    }
    Ok(out.flush()?)
}

/// A time with its zone, or a day.
fn parse_time(text: &str) -> Result<Timestamp, &'static str> {
    let day = || Some(text.parse::<NaiveDate>().ok()?.and_time(NaiveTime::MIN).and_utc());
    let at = DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc()).or_else(day);
    let at = at.ok_or("must be a time such as 2026-11-22T18:00:00Z, or a day such as 2026-11-22")?;
    Ok(Timestamp { seconds: at.timestamp(), nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or_default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_its_zone_and_a_day_begins_in_utc() {
        let seconds = |text| parse_time(text).map(|at| at.seconds).ok();
        assert_eq!(seconds("2026-11-22T22:00:00Z"), Some(1_795_384_800));
        assert_eq!(seconds("2026-11-23T00:00:00.5+02:00"), Some(1_795_384_800));
        assert_eq!(seconds("2026-11-22"), Some(1_795_384_800 - 22 * 3_600));
        for bad in ["", "yesterday", "2026-02-30", "2026-11-22T22:00:00", "22:00"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
