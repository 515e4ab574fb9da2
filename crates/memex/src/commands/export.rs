//! `export`: writes a user's memory into a folder, and never beside it; or with its history into an archive.

mod archive;
mod folder;
mod whole;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use memex_proto::v1::batch_read_files_result::Result as Read;
use memex_proto::v1::{BatchReadFilesRequest, ErrorReason, File};
use memex_runtime::lifecycle::Shutdown;
use serde_json::json;

use super::files::list_files;
use crate::context::{Context, or_left};
use crate::failure::Failure;
use crate::output::{self, counted, progress, safe_line, style};
use crate::user::UserArg;

use folder::Folder;

/// What the help of `export` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex export backup/ --user ada             writes backup/user/…; refused where backup/ has files
  memex export backup/ --user ada --force     over what is there; files of other names stay
  memex export backup/ --user ada --shared    backup/shared/… too
  memex export --archive ada.jsonl --user ada              files, revisions, dreams, access log
  memex export --archive - --user ada | gzip > ada.jsonl.gz

Each file is written whole or not at all, as it is at the moment of its reading; an archive is one
moment of the whole memory. `memex import` reads both.";

/// Bytes of text in one batch read, well below the largest message.
const BATCH_BYTES: i64 = 2 * 1024 * 1024;

/// Arguments of `export`.
#[derive(Debug, clap::Args)]
pub struct ExportArgs {
    /// The folder; made where it is missing
    #[arg(required_unless_present = "archive")]
    dir: Option<PathBuf>,
    /// Write the whole memory with its history into this file instead, as lines of JSON; - is standard output
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "shared"])]
    archive: Option<PathBuf>,
    #[command(flatten)]
    user: UserArg,
    /// Export the workspace's shared files too
    #[arg(long)]
    shared: bool,
    /// Write into a folder that has files already, or over an archive that is there
    #[arg(long)]
    force: bool,
}

/// What was exported and what could not be.
#[derive(Debug, Default)]
struct Report {
    /// How many files there are to export.
    listed: usize,
    written: Vec<File>,
    failed: Vec<(String, String)>,
}

/// `memex export`.
pub async fn run(context: &Context, args: ExportArgs) -> Result<(), Failure> {
    let user_id = context.user(&args.user);
    let dir = match (&args.archive, &args.dir) {
        (Some(file), _) => {
            let exported = archive::run(context, user_id, file, args.force).await;
            return exported.map_err(|failure| failure.of_user(&args.user));
        }
        (None, Some(dir)) => dir,
        (None, None) => return Err(Failure::Usage("name a folder, or --archive FILE".to_owned())),
    };
    let stop = Shutdown::on_signals()?;
    let listed = or_left(&stop, || "nothing was written".to_owned(), list(context, &user_id, args.shared)).await;
    let files = listed.map_err(|failure| failure.of_user(&args.user))?;
    let folder = Folder::open(dir, args.force)?;
    let bar = progress::bar(files.len(), "exporting", context.json);
    let mut report = Report { listed: files.len(), ..Report::default() };
    let mut stopped = None;
    for batch in batches(&files) {
        let left = || "the folder is not whole; --force exports into it again".to_owned();
        let exported = or_left(&stop, left, export(context, &user_id, &folder, batch, &mut report)).await;
        if let Err(failure) = exported {
            stopped = Some(failure.of_user(&args.user));
            break;
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    say(context, dir, &report, stopped.as_ref())?;
    let outcome = match (stopped, report.failed.len()) {
        (Some(failure), _) => Err(failure),
        (None, 0) => Ok(()),
        (None, failed) => Err(Failure::Incomplete(format!("{} not exported", counted(failed as i64, "file")))),
    };
    outcome.map_err(|failure| failure.told_in(context.json))
}

/// The files to export: the user's, and where wanted the workspace's shared ones.
async fn list(context: &Context, user_id: &str, shared: bool) -> Result<Vec<File>, Failure> {
    let mut files = list_files(context, user_id, "user/").await?;
    if shared {
        files.extend(list_files(context, user_id, "shared/").await?);
    }
    Ok(files)
}

/// Runs of files whose texts fit into one answer together.
fn batches(files: &[File]) -> impl Iterator<Item = &[File]> {
    let (mut bytes, mut count) = (0, 0);
    files.chunk_by(move |one, next| {
        (bytes, count) = (bytes + one.size_bytes, count + 1);
        let together = bytes + next.size_bytes <= BATCH_BYTES && count < memex_core::limits::MAX_BATCH_READ;
        if !together {
            (bytes, count) = (0, 0);
        }
        together
    })
}

async fn export(
    context: &Context,
    user_id: &str,
    folder: &Folder,
    batch: &[File],
    report: &mut Report,
) -> Result<(), Failure> {
    let paths = batch.iter().map(|file| file.path.clone()).collect();
    let request = BatchReadFilesRequest { user_id: user_id.to_owned(), paths };
    let answer = context.call(|| async { context.memory().batch_read_files(request.clone()).await }).await?;
    for result in answer.results {
        let outcome = match result.result {
            Some(Read::File(read)) => match folder.write(&result.path, &read.content) {
                Ok(()) => Ok(read.file.unwrap_or_default()),
                Err(problem) => Err(problem),
            },
            Some(Read::Reason(reason)) => {
                let reason = ErrorReason::try_from(reason).unwrap_or_default();
                Err(format!("cannot be read: {}", memex_proto::reason::short_name(reason)))
            }
            None => Err("memory-api answered nothing for it".to_owned()),
        };
        match outcome {
            Ok(file) => report.written.push(file),
            Err(problem) => report.failed.push((result.path, problem)),
        }
    }
    Ok(())
}

/// Says what was written and what was not; `stopped` is what ended the export early.
fn say(context: &Context, dir: &Path, report: &Report, stopped: Option<&Failure>) -> Result<(), Failure> {
    let bytes: i64 = report.written.iter().map(|file| file.size_bytes).sum();
    if context.json {
        let entry = |file: &File| json!({"path": file.path, "version": file.version, "size_bytes": file.size_bytes});
        let files: Vec<_> = report.written.iter().map(entry).collect();
        let failed: Vec<_> = report.failed.iter().map(|(path, why)| json!({"path": path, "why": why})).collect();
        let dir = dir.display().to_string();
        let error = stopped.map(Failure::error_json);
        let told = json!({"dir": dir, "files": files, "size_bytes": bytes, "failed": failed, "error": error});
        return Ok(output::json(&told)?);
    }
    let mut out = output::out();
    for (path, problem) in &report.failed {
        let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
        writeln!(out, "{notice}failed{reset} {}: {}", safe_line(path), safe_line(problem))?;
    }
    let count = counted(report.written.len() as i64, "file");
    let early = if stopped.is_some() { format!("; ended early, of {}", report.listed) } else { String::new() };
    let dir = safe_line(&dir.display().to_string());
    Ok(writeln!(out, "{count}, {bytes} bytes written to {dir}{early}")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_stay_below_a_message_and_lose_no_file() {
        let sizes = [BATCH_BYTES, 1, 1, BATCH_BYTES, BATCH_BYTES + 1, 0];
        let files: Vec<_> = sizes.map(|size_bytes| File { size_bytes, ..File::default() }).into();
        let lengths: Vec<_> = batches(&files).map(<[File]>::len).collect();
        assert_eq!(lengths, [1, 2, 1, 1, 1]);
        let many = vec![File::default(); 250];
        assert_eq!(batches(&many).map(<[File]>::len).collect::<Vec<_>>(), [100, 100, 50]);
    }
}
