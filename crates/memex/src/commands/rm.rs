//! `rm`: deletes files; their history stays.

use std::io::Write as _;

use memex_proto::v1::{DeleteFileRequest, DeleteFileResponse};
use serde_json::{Value, json};

use super::written::ReasonArg;
use super::{Context, UserArg, request_id};
use crate::failure::Failure;
use crate::output::{self, safe_line};

pub const EXAMPLES: &str = "\
Examples:
  memex rm user/tea.md
  memex rm user/tea.md --expected-version 3 --reason 'no longer true'
  memex rm user/a.md user/b.md --user ada

The history stays: memex log PATH shows it, memex restore PATH --version N brings a text back.";

/// Arguments of `rm`.
#[derive(Debug, clap::Args)]
pub struct RmArgs {
    /// The files, such as user/tea.md
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// The version that you have read, of one file; unless given, whatever is current
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    expected_version: Option<i64>,
    #[command(flatten)]
    why: ReasonArg,
    #[command(flatten)]
    user: UserArg,
}

/// `memex rm`.
pub async fn run(context: &Context, args: RmArgs) -> Result<(), Failure> {
    let one = args.paths.len() == 1;
    if args.expected_version.is_some() && !one {
        return Err(Failure::Usage("--expected-version is of one file: give one path".to_owned()));
    }
    let (mut deleted, mut failed) = (Vec::new(), Vec::new());
    for path in &args.paths {
        match delete(context, &args, path).await {
            Ok(done) if context.json => deleted.push(deleted_json(path, &done)),
            Ok(done) => {
                let path = safe_line(path);
                writeln!(output::out(), "{path} is deleted at version {} ({})", done.version, done.revision_id)?;
            }
            // What keeps one file from being deleted does not keep the next.
            Err(failure) if failure.reason().is_some() && !one => failed.push((path, failure)),
            Err(failure) => return Err(failure),
        }
    }
    tell(context, &deleted, &failed)?;
    match failed.len() {
        0 => Ok(()),
        count => Err(Failure::Incomplete(format!("{} of {} files not deleted", count, args.paths.len()))),
    }
}

async fn delete(context: &Context, args: &RmArgs, path: &str) -> Result<DeleteFileResponse, Failure> {
    let request = DeleteFileRequest {
        user_id: context.user(&args.user),
        path: path.to_owned(),
        expected_version: args.expected_version,
        reason: args.why.reason.clone(),
        request_id: request_id(),
    };
    let answer = context.call(|| async { context.memory().delete_file(request.clone()).await }).await;
    answer.map_err(|failure| failure.about(path))
}

/// Says what could not be deleted; as JSON, also what could.
fn tell(context: &Context, deleted: &[Value], failed: &[(&String, Failure)]) -> Result<(), Failure> {
    if context.json {
        let why = |failure: &Failure| failure.to_json()["error"].take();
        let failed: Vec<_> =
            failed.iter().map(|(path, failure)| json!({"path": path, "error": why(failure)})).collect();
        return Ok(output::json(&json!({"files": deleted, "failed": failed}))?);
    }
    for (path, failure) in failed {
        let mut err = anstream::stderr();
        writeln!(err, "{}: {}", safe_line(path), safe_line(&failure.to_string()))?;
    }
    Ok(())
}

fn deleted_json(path: &str, done: &DeleteFileResponse) -> Value {
    json!({"path": path, "version": done.version, "revision_id": done.revision_id})
}
