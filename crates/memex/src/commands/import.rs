//! `import`: brings a folder of Markdown into memory, and a second import changes nothing; or an archive, all or nothing.

mod archive;
mod parts;
mod plan;
mod report;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use futures::{StreamExt as _, stream};
use memex_core::limits::MAX_TEXT_BYTES_CEILING;
use memex_core::text::MemoryText;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{ErrorReason, File, ListFilesRequest, Source, WriteFileRequest};
use memex_runtime::lifecycle::Shutdown;

use super::files::list_all;
use crate::context::{Context, or_left, request_id};
use crate::failure::Failure;
use crate::output::progress;
use crate::user::UserArg;

use plan::{Plan, Planned};
use report::{Fate, Report};

/// What the help of `import` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex import notes/ --user ada               notes/x.md and notes/user/x.md both become user/x.md
  memex import notes/ --user ada --overwrite   replace files whose text differs
  memex import backup/ --user ada --shared     backup/shared/ too, with an operator's token
  memex import backup/ --user ada --hidden     .names too: all that an export of user/ wrote
  memex import notes/ --user ada --restore-deleted       what was deleted in memory too
  memex import --archive ada.jsonl --user ada            a whole memory with its history
  gunzip -c ada.jsonl.gz | memex import --archive - --user ada

A file that is there with the same text is left alone, so that an import can be given again. A path
whose file was deleted or moved away in memory is left out unless --restore-deleted, and named. What
was imported makes nobody due for a dream. What is hidden is left out unless --hidden, and named;
every other file that is text comes in, whatever its name. The exit code is 1 where a file was
refused or skipped.

An archive comes in whole or not at all, with an operator's token, into a user who has no memory
yet; who did what when stays beside what is recorded now. It makes nobody due unless --qualifies.";

const DELETED: &str = "was deleted or moved away in memory; --restore-deleted brings it back";

/// How many files travel at once.
const AT_ONCE: usize = 16;

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// The folder
    #[arg(required_unless_present = "archive")]
    dir: Option<PathBuf>,
    /// Bring in this file of `memex export --archive` instead; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dir", "overwrite", "restore_deleted", "shared", "hidden", "reason"])]
    archive: Option<PathBuf>,
    /// Let what the archive brings count as new, so that the user comes due for a dream
    #[arg(long, requires = "archive", conflicts_with = "dir")]
    qualifies: bool,
    #[command(flatten)]
    user: UserArg,
    /// Replace files of memory whose text differs
    #[arg(long)]
    overwrite: bool,
    /// Bring back files that were deleted or moved away in memory
    #[arg(long)]
    restore_deleted: bool,
    /// Import DIR/shared too
    #[arg(long)]
    shared: bool,
    /// Import what is hidden too: files and folders whose names begin with a dot
    #[arg(long)]
    hidden: bool,
    /// Why; kept with the revisions
    #[arg(long, value_name = "TEXT", default_value = "import")]
    reason: String,
}

/// `memex import`.
pub async fn run(context: &Context, args: ImportArgs) -> Result<(), Failure> {
    if let Some(file) = &args.archive {
        let imported = archive::run(context, context.user(&args.user), file, args.qualifies).await;
        return imported.map_err(|failure| failure.of_user(&args.user));
    }
    let Some(dir) = args.dir.as_deref() else {
        return Err(Failure::Usage("name a folder, or --archive FILE".to_owned()));
    };
    let (report, stopped) = import(context, &args, dir).await?;
    report.print(context.json, stopped.as_ref())?;
    stopped.map_or_else(|| report.outcome(), Err).map_err(|failure| failure.told_in(context.json))
}

/// Imports, and says what became of each file; with the failure that ended it early, where one did.
async fn import(context: &Context, args: &ImportArgs, dir: &Path) -> Result<(Report, Option<Failure>), Failure> {
    let wanted = plan::Wanted { shared: args.shared, hidden: args.hidden };
    let plan = plan::of(dir, wanted).map_err(|error| Failure::local(dir, error))?;
    let (stop, user_id) = (Shutdown::on_signals()?, context.user(&args.user));
    let present = present(context, &user_id, args.shared);
    let present = or_left(&stop, || "nothing was imported".to_owned(), present).await;
    let present = present.map_err(|failure| failure.of_user(&args.user))?;
    let import = Import { context, user_id, present, args };
    let Plan { files, skipped, left_out } = plan;
    let bar = progress::bar(files.len(), "importing", context.json);
    let mut report = Report::new(skipped, left_out);
    let mut fates = stream::iter(&files).map(|file| import.one(file)).buffered(AT_ONCE);
    let on_their_way = || "whether the files that were on their way came in is not known".to_owned();
    let stopped = loop {
        let next = async { fates.next().await.map(|(file, fate)| fate.map(|fate| (file, fate))).transpose() };
        match or_left(&stop, on_their_way, next).await {
            Ok(Some((file, fate))) => report.add(file.path.as_str(), fate),
            Ok(None) => break None,
            Err(failure) => break Some(failure.of_user(&args.user)),
        }
        bar.inc(1);
    };
    bar.finish_and_clear();
    Ok((report, stopped))
}

/// What is in memory already, by path, with the paths whose files are gone.
async fn present(context: &Context, user_id: &str, shared: bool) -> Result<HashMap<String, File>, Failure> {
    let listed = async |prefix: &str| {
        let (user_id, prefix) = (user_id.to_owned(), prefix.to_owned());
        list_all(context, ListFilesRequest { user_id, prefix, include_deleted: true, ..ListFilesRequest::default() })
            .await
    };
    let mut files = match listed("user/").await {
        // A user's first write makes their scope; before it there is nothing.
        Err(failure) if failure.reason() == Some(ErrorReason::UserNotFound) => Vec::new(),
        files => files?,
    };
    if shared {
        files.extend(listed("shared/").await?);
    }
    Ok(files.into_iter().map(|file| (file.path.clone(), file)).collect())
}

/// What every file of one import shares.
struct Import<'a> {
    context: &'a Context,
    user_id: String,
    present: HashMap<String, File>,
    args: &'a ImportArgs,
}

impl Import<'_> {
    /// Imports one file. A failure is one that every further file would meet too.
    async fn one<'f>(&self, file: &'f Planned) -> (&'f Planned, Result<Fate, Failure>) {
        let text = match read(file).await {
            Ok(text) => text,
            Err(problem) => return (file, Ok(Fate::Skipped(problem))),
        };
        let version = match self.present.get(file.path.as_str()) {
            Some(gone) if gone.deleted && !self.args.restore_deleted => return (file, Ok(Fate::LeftOut(DELETED))),
            Some(gone) if gone.deleted => 0,
            Some(present) if present.sha256 == text.sha256() => return (file, Ok(Fate::Unchanged)),
            Some(_) if file.path.is_dream_log() => return (file, Ok(Fate::Kept)),
            Some(present) if !self.args.overwrite => {
                let why =
                    format!("is there with another text, at version {}; --overwrite replaces it", present.version);
                return (file, Ok(Fate::Refused(why)));
            }
            Some(present) => present.version,
            None => 0,
        };
        (file, self.write(file, text, version).await)
    }

    async fn write(&self, file: &Planned, text: MemoryText, version: i64) -> Result<Fate, Failure> {
        let request = WriteFileRequest {
            user_id: self.user_id.clone(),
            path: file.path.as_str().to_owned(),
            content: text.into_string(),
            precondition: Some(Precondition::ExpectedVersion(version)),
            reason: self.args.reason.clone(),
            source: Source::Import.into(),
            request_id: request_id(),
            treatments: Vec::new(),
        };
        let context = self.context;
        match context.call(|| async { context.memory().write_file(request.clone()).await }).await {
            Ok(written) if !written.changed => Ok(Fate::Unchanged),
            Ok(_) if version == 0 => Ok(Fate::Created),
            Ok(_) => Ok(Fate::Replaced),
            Err(failure) if failure.is_about_one_file() => Ok(Fate::Refused(failure.to_string())),
            Err(failure) => Err(failure),
        }
    }
}

/// The file's text, or why it cannot be one.
async fn read(file: &Planned) -> Result<MemoryText, String> {
    let bytes = tokio::fs::read(&file.file).await.map_err(|error| error.to_string())?;
    let text = String::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    // memory-api knows the workspace's limit and says so; this is the most that it could be.
    MemoryText::parse(text, MAX_TEXT_BYTES_CEILING).map_err(|refusal| refusal.to_string())
}
