//! `ls`, `put`, `log`: files and their revisions.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use memex_core::limits::MAX_TEXT_BYTES_CEILING;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{File, ListFilesRequest, ListRevisionsRequest, Revision, Source, WriteFileRequest};
use serde_json::json;

use super::written::{ReasonArg, Written};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::listing::{Listed, pages, say_more};
use crate::output;
use crate::output::table::{Table, numbers, words};
use crate::user::UserArg;
use memex_view::{FileView, RevisionView};

/// What the help of `ls` ends with.
pub const LS_EXAMPLES: &str = "\
Examples:
  memex ls                        the user's files and the shared ones
  memex ls user/notes/            only those under a prefix
  memex ls --user ada --json      as JSON: {\"files\": […]}";

/// What the help of `put` ends with.
pub const PUT_EXAMPLES: &str = "\
Examples:
  memex put user/profile.md profile.md                     a file that is not there yet
  memex put user/profile.md profile.md --expected-version 3
  echo '- prefers tea' | memex put user/tea.md - --overwrite --reason 'she said so' --source user";

/// What the help of `log` ends with.
pub const LOG_EXAMPLES: &str = "\
Examples:
  memex log user/profile.md       who changed the file, when and why
  memex log --user ada            all of a user's revisions
  memex log --dream drm_…         what one dream wrote";

/// Arguments of `ls`.
#[derive(Debug, clap::Args)]
pub struct LsArgs {
    /// Only paths that begin with this, such as user/notes/ or shared/
    prefix: Option<String>,
    #[command(flatten)]
    user: UserArg,
}

/// Arguments of `put`.
#[derive(Debug, clap::Args)]
pub struct PutArgs {
    /// The file of memory, such as user/profile.md
    path: String,
    /// The file of this machine that holds the text; - or nothing: standard input
    file: Option<PathBuf>,
    /// The version that you have read; 0: it must not exist
    #[arg(long, value_name = "N", conflicts_with = "overwrite", value_parser = clap::value_parser!(i64).range(0..))]
    expected_version: Option<i64>,
    /// Replace whatever is there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    why: ReasonArg,
    /// Where the text comes from; unless given, agent
    #[arg(long)]
    source: Option<SourceArg>,
    #[command(flatten)]
    user: UserArg,
}

/// Arguments of `log`.
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// Only revisions of this file
    path: Option<String>,
    /// Only revisions of this dream
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    dream: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    user: UserArg,
}

/// Where a text comes from, as people type it.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum SourceArg {
    /// The person said so
    User,
    /// An agent inferred it
    Agent,
    /// A tool returned it
    Tool,
    /// It was read on the web
    Web,
    /// It was imported
    Import,
}

impl SourceArg {
    /// As people type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Agent => "agent",
            Self::Tool => "tool",
            Self::Web => "web",
            Self::Import => "import",
        }
    }
}

impl From<SourceArg> for Source {
    fn from(source: SourceArg) -> Self {
        match source {
            SourceArg::User => Self::User,
            SourceArg::Agent => Self::Agent,
            SourceArg::Tool => Self::Tool,
            SourceArg::Web => Self::Web,
            SourceArg::Import => Self::Import,
        }
    }
}

/// `memex ls`.
pub async fn ls(context: &Context, args: LsArgs) -> Result<(), Failure> {
    let user = context.user(&args.user);
    let prefix = args.prefix.unwrap_or_default();
    let files = list_files(context, &user, &prefix).await.map_err(|failure| failure.of_user(&args.user))?;
    if context.json {
        let files: Vec<FileView> = files.into_iter().map(Into::into).collect();
        return Ok(output::json(&json!({"files": files}))?);
    }
    if files.is_empty() {
        let under = prefix.as_str();
        let none = if under.is_empty() { "no files".to_owned() } else { format!("no files under {under}") };
        return Ok(output::nothing(none)?);
    }
    let columns = [words("path"), numbers("version"), numbers("bytes"), words("updated"), words("by")];
    let mut table = Table::new(&columns);
    for file in files {
        let file = FileView::from(file);
        let updated = file.updated_at.unwrap_or_default();
        table.row([file.path, file.version.to_string(), file.size_bytes.to_string(), updated, file.updated_by]);
    }
    Ok(table.write(&mut output::out())?)
}

/// Every file under a prefix, in order of their paths.
///
/// # Errors
/// As ListFiles.
pub async fn list_files(context: &Context, user_id: &str, prefix: &str) -> Result<Vec<File>, Failure> {
    let (user_id, prefix) = (user_id.to_owned(), prefix.to_owned());
    list_all(context, ListFilesRequest { user_id, prefix, ..ListFilesRequest::default() }).await
}

/// Everything that `request` asks for, whatever page it names, in order of the paths.
///
/// # Errors
/// As ListFiles.
pub async fn list_all(context: &Context, request: ListFilesRequest) -> Result<Vec<File>, Failure> {
    let listed = pages(usize::MAX, async |page_size, page_token| {
        let request = ListFilesRequest { page_size, page_token, ..request.clone() };
        let page = context.call(|| async { context.memory().list_files(request.clone()).await }).await?;
        Ok((page.files, page.next_page_token))
    });
    Ok(listed.await?.entries)
}

/// `memex put`.
pub async fn put(context: &Context, args: PutArgs) -> Result<(), Failure> {
    let precondition = match (args.expected_version, args.overwrite) {
        (Some(version), _) => Some(Precondition::ExpectedVersion(version)),
        (None, true) => Some(Precondition::Overwrite(true)),
        (None, false) => None,
    };
    let request = WriteFileRequest {
        user_id: context.user(&args.user),
        path: args.path.clone(),
        content: read_text(args.file.as_deref())?,
        precondition,
        reason: args.why.reason,
        source: args.source.map_or(Source::Unspecified, Source::from).into(),
        request_id: request_id(),
        treatments: Vec::new(),
    };
    let answer = context.call(|| async { context.memory().write_file(request.clone()).await }).await;
    Written::from(answer.map_err(|failure| failure.about(&args.path).of_user(&args.user))?).say(context)
}

/// The text of a file or of standard input, at most what a file of memory could ever hold.
///
/// # Errors
/// [`Failure::Local`] where it cannot be read, is longer, or is no UTF-8.
pub fn read_text(file: Option<&Path>) -> Result<String, Failure> {
    let file = file.filter(|file| *file != Path::new("-"));
    let name = file.unwrap_or(Path::new("standard input"));
    let limit = MAX_TEXT_BYTES_CEILING as u64 + 1;
    let mut bytes = Vec::new();
    let read = match file {
        Some(path) => std::fs::File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes)),
        None => std::io::stdin().lock().take(limit).read_to_end(&mut bytes),
    };
    read.map_err(|error| Failure::local(name, error))?;
    if bytes.len() > MAX_TEXT_BYTES_CEILING {
        return Err(Failure::local(name, format_args!("is over {MAX_TEXT_BYTES_CEILING} bytes; no file of memory is")));
    }
    String::from_utf8(bytes).map_err(|_| Failure::local(name, "is not UTF-8 text"))
}

/// `memex log`.
pub async fn log(context: &Context, args: LogArgs) -> Result<(), Failure> {
    let request = ListRevisionsRequest {
        user_id: context.user(&args.user),
        path: args.path.unwrap_or_default(),
        dream_id: args.dream,
        ..ListRevisionsRequest::default()
    };
    let listed = list_revisions(context, &request, args.limit as usize).await;
    let listed = listed.map_err(|failure| failure.of_user(&args.user))?;
    let Listed { entries, more } = listed.into_views::<RevisionView>();
    if context.json {
        return Ok(output::json(&json!({"revisions": entries, "more": more}))?);
    }
    if entries.is_empty() {
        let of = if request.path.is_empty() { &request.dream_id } else { &request.path };
        let none = if of.is_empty() { "no revisions".to_owned() } else { format!("no revisions of {of}") };
        return Ok(output::nothing(none)?);
    }
    revisions_table(entries).write(&mut output::out())?;
    Ok(say_more(more, args.limit, "--limit shows them")?)
}

/// The newest revisions that `request` asks for, at most `limit`.
///
/// # Errors
/// As ListRevisions.
pub async fn list_revisions(
    context: &Context,
    request: &ListRevisionsRequest,
    limit: usize,
) -> Result<Listed<Revision>, Failure> {
    let listed = pages(limit, async |page_size, page_token| {
        let request = ListRevisionsRequest { page_size, page_token, ..request.clone() };
        let page = context.call(|| async { context.history().list_revisions(request.clone()).await }).await?;
        Ok((page.revisions, page.next_page_token))
    });
    listed.await
}

/// Revisions as a table.
pub fn revisions_table(revisions: Vec<RevisionView>) -> Table {
    let columns = [
        numbers("sequence"),
        words("when"),
        words("path"),
        numbers("version"),
        words("operation"),
        words("by"),
        words("source"),
        words("reason"),
        words("dream"),
        words("revision"),
    ];
    let mut table = Table::new(&columns);
    for revision in revisions {
        let (sequence, version) = (revision.sequence.to_string(), revision.version.to_string());
        let when = revision.created_at.unwrap_or_default();
        let what = [sequence, when, revision.path, version, revision.operation, revision.actor];
        let why = [revision.source, revision.reason, revision.dream_id, revision.revision_id];
        table.row(what.into_iter().chain(why));
    }
    table
}
