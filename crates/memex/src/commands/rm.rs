//! `rm`: deletes files; their history stays.

use std::io::Write as _;

use memex_proto::v1::{DeleteFileRequest, DeleteFileResponse};
use memex_runtime::lifecycle::Shutdown;
use serde_json::{Value, json};

use super::written::ReasonArg;
use crate::context::{Context, or_left, request_id};
use crate::failure::Failure;
use crate::output::{self, safe_line};
use crate::user::UserArg;

/// What the help of `rm` ends with.
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
    let stop = Shutdown::on_signals()?;
    let (mut deleted, mut failed, mut stopped) = (Vec::new(), Vec::new(), None);
    for path in &args.paths {
        let left = || format!("whether {path} was deleted is not known");
        match or_left(&stop, left, delete(context, &args, path)).await {
            Ok(done) => {
                if !context.json {
                    let (path, version) = (safe_line(path), done.version);
                    writeln!(output::out(), "{path} is deleted at version {version} ({})", done.revision_id)?;
                }
                deleted.push(deleted_json(path, &done));
            }
            Err(failure) if one => return Err(failure),
            // What keeps one file from being deleted does not keep the next.
            Err(failure) if failure.is_about_one_file() => failed.push((path, failure)),
            // Every further file would meet it too.
            Err(failure) => {
                stopped = Some(failure);
                break;
            }
        }
    }
    tell(context, &deleted, &failed, stopped.as_ref())?;
    let all = args.paths.len();
    match (stopped, failed.len()) {
        (None, 0) => Ok(()),
        (None, count) => Err(Failure::Incomplete(format!("{count} of {all} files not deleted")).told_in(context.json)),
        (Some(failure), _) => {
            if !context.json {
                let ended = safe_line(&args.paths[deleted.len() + failed.len()]);
                writeln!(anstream::stderr(), "ended early, at {ended}: {} of {all} files deleted", deleted.len())?;
            }
            Err(failure.told_in(context.json))
        }
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
    answer.map_err(|failure| failure.about(path).of_user(&args.user))
}

/// Says what could not be deleted; as JSON, also what could, and what ended it early.
fn tell(
    context: &Context,
    deleted: &[Value],
    failed: &[(&String, Failure)],
    stopped: Option<&Failure>,
) -> Result<(), Failure> {
    if context.json {
        let told = |(path, failure): &(&String, Failure)| json!({"path": path, "error": failure.error_json()});
        let (failed, error) = (failed.iter().map(told).collect::<Vec<_>>(), stopped.map(Failure::error_json));
        return Ok(output::json(&json!({"files": deleted, "failed": failed, "error": error}))?);
    }
    let mut err = anstream::stderr();
    for (path, failure) in failed {
        writeln!(err, "{}: {}", safe_line(path), safe_line(&failure.to_string()))?;
        if let Some(next) = failure.next_step() {
            writeln!(err, "  next: {}", safe_line(&next))?;
        }
    }
    Ok(())
}

fn deleted_json(path: &str, done: &DeleteFileResponse) -> Value {
    json!({"path": path, "version": done.version, "revision_id": done.revision_id})
}
