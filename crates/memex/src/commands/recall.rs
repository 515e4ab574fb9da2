//! `recall`: the working set for the next session, ready to go into a prompt.

use memex_proto::PROPOSAL_METADATA;
use memex_proto::v1::{RecallRequest, RecalledFile};
use serde_json::json;
use tonic::{Request, Status};

use super::cat::write_text;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table::{Table, numbers, words};
use crate::output::{self, counted};
use crate::user::UserArg;
use memex_view::RecalledFileView;

/// What the help of `recall` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex recall                                  pinned and linked files first, then what is new
  memex recall planning the trip to Kyoto       what matters for a session about this
  memex recall --max-bytes 4000 2>/dev/null | my-agent --system-prompt -
  memex recall --proposal drm_…                 what it would be after a proposal is adopted
  memex recall --json                           {\"content\": \"…\", \"files\": […], \"left_out\": […]}

The block goes to standard output, alone; what was taken and left out goes to standard error.";

/// Files that were left out and are named to people; all of them are in the JSON.
const NAMED: usize = 10;

/// Arguments of `recall`.
#[derive(Debug, clap::Args)]
pub struct RecallArgs {
    /// What the next session is about; unless given, what changed last comes first
    query: Vec<String>,
    /// The block's size at most
    #[arg(long, value_name = "N", default_value_t = 8_000)]
    #[arg(value_parser = clap::value_parser!(i32).range(256..=1_000_000))]
    max_bytes: i32,
    /// A waiting proposal, drm_…: recall what memory would be after it
    #[arg(long, value_name = "DREAM")]
    proposal: Option<String>,
    #[command(flatten)]
    user: UserArg,
}

/// `memex recall`.
pub async fn run(context: &Context, args: RecallArgs) -> Result<(), Failure> {
    let (user_id, query) = (context.user(&args.user), args.query.join(" "));
    let request = RecallRequest { user_id, query, max_bytes: args.max_bytes };
    let proposal = args.proposal.as_deref();
    let through = |request: RecallRequest| through(request, proposal);
    let answer = context.call(|| async { context.memory().recall(through(request.clone())?).await }).await;
    let recalled = answer.map_err(|failure| failure.of_user(&args.user))?;
    if context.json {
        let views = |files: Vec<RecalledFile>| files.into_iter().map(Into::into).collect::<Vec<RecalledFileView>>();
        let (files, left_out) = (views(recalled.files), views(recalled.left_out));
        return Ok(output::json(&json!({"content": recalled.content, "files": files, "left_out": left_out}))?);
    }
    write_text(&recalled.content)?;
    if recalled.files.is_empty() && recalled.left_out.is_empty() {
        return Ok(output::nothing("nothing to recall: there is no memory yet")?);
    }
    Ok(write_account(&mut anstream::stderr(), &recalled.files, &recalled.left_out)?)
}

/// The request as it is sent: through a proposal, where one is given.
fn through(request: RecallRequest, proposal: Option<&str>) -> Result<Request<RecallRequest>, Status> {
    let mut request = Request::new(request);
    if let Some(proposal) = proposal {
        let id = proposal.parse().map_err(|_| Status::invalid_argument("--proposal must be a dream's id, drm_…"))?;
        request.metadata_mut().insert(PROPOSAL_METADATA, id);
    }
    Ok(request)
}

/// What is in the block, and what had no room.
fn write_account(
    out: &mut impl std::io::Write,
    files: &[RecalledFile],
    left_out: &[RecalledFile],
) -> std::io::Result<()> {
    let columns = [words("file"), numbers("version"), words("why"), numbers("bytes"), numbers("of"), words("taken")];
    let mut table = Table::new(&columns);
    for file in files.iter().chain(left_out.iter().take(NAMED)) {
        let taken = match file.taken_bytes {
            0 if file.size_bytes > 0 => "left out",
            taken if taken < file.size_bytes => "cut",
            _ => "whole",
        };
        let file = RecalledFileView::from(file.clone());
        let (version, bytes, of) = (file.version, file.taken_bytes, file.size_bytes);
        let bytes = [version.to_string(), file.ground, bytes.to_string(), of.to_string(), taken.to_owned()];
        table.row([file.path].into_iter().chain(bytes));
    }
    table.write(out)?;
    match left_out.len().saturating_sub(NAMED) {
        0 => Ok(()),
        more => writeln!(out, "and {} more left out; --max-bytes makes room", counted(more as i64, "file")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, size_bytes: i64, taken_bytes: i64) -> RecalledFile {
        RecalledFile { path: path.to_owned(), version: 2, ground: 4, size_bytes, taken_bytes }
    }

    #[test]
    fn what_was_taken_cut_and_left_out_is_told() {
        let mut out = anstream::StripStream::new(Vec::new());
        let left_out = vec![file("user/c.md", 5, 0); NAMED + 2];
        write_account(&mut out, &[file("user/a.md", 9, 9), file("user/b.md", 9, 4)], &left_out).unwrap();
        let told = String::from_utf8(out.into_inner()).unwrap();
        let lines: Vec<_> = told.lines().collect();
        assert_eq!(lines[0], "file       version  why     bytes  of  taken");
        assert_eq!(lines[1], "user/a.md        2  recent      9   9  whole");
        assert_eq!(lines[2], "user/b.md        2  recent      4   9  cut");
        assert_eq!(lines[3], "user/c.md        2  recent      0   5  left out");
        assert_eq!((lines.len(), lines[13]), (14, "and 2 files more left out; --max-bytes makes room"));
    }
}
