//! `edit`: a file in an editor, written back only over the version that was read.

mod draft;

use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{ErrorReason, File, FileContent, Source, WriteFileRequest, WriteFileResponse};
use memex_runtime::lifecycle::Shutdown;

use super::cat::read;
use super::files::SourceArg;
use super::written::{ReasonArg, Written};
use crate::context::{Context, or_left, request_id};
use crate::failure::Failure;
use crate::output;
use crate::user::UserArg;

use draft::{Draft, Meant};

/// What the help of `edit` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex edit user/profile.md
  memex edit user/tea.md --user ada      a file that is not there yet is made
  VISUAL='code --wait' memex edit user/profile.md --reason 'she moved'

The editor is $VISUAL, else $EDITOR, else vi. Nothing is written where the text stays the same or
the editor does not end well. Where another has written meanwhile, nothing is overwritten: your
text stays in a file, and the command says which.";

/// Arguments of `edit`.
#[derive(Debug, clap::Args)]
pub struct EditArgs {
    /// The file, such as user/profile.md
    path: String,
    #[command(flatten)]
    why: ReasonArg,
    /// Where the text comes from; unless given, agent
    #[arg(long)]
    source: Option<SourceArg>,
    #[command(flatten)]
    user: UserArg,
}

/// `memex edit`.
pub async fn run(context: &Context, args: EditArgs) -> Result<(), Failure> {
    let user_id = context.user(&args.user);
    let present = present(context, &user_id, &args.path).await;
    let (file, before) = present.map_err(|failure| failure.of_user(&args.user))?;
    let version = file.as_ref().map_or(0, |file| file.version);
    let meant = Meant { path: &args.path, user: args.user.user.as_deref(), why: &args.why.reason, source: args.source };
    let draft = Draft::new(meant, version, &before)?;
    let text = match draft.edited(context.json).await {
        Ok(text) => text,
        Err(failure) if draft.is_still(&before) => return Err(failure),
        Err(failure) => return Err(draft.kept(failure)),
    };
    if text == before {
        return stays(context, &args.path, file);
    }
    let request = WriteFileRequest {
        user_id,
        path: args.path.clone(),
        content: text,
        precondition: Some(Precondition::ExpectedVersion(version)),
        reason: args.why.reason.clone(),
        source: args.source.map_or(Source::Unspecified, Source::from).into(),
        request_id: request_id(),
        treatments: Vec::new(),
    };
    match write(context, request).await {
        Ok(written) => Written::from(written).say(context),
        Err(failure) => Err(draft.kept(failure.of_user(&args.user))),
    }
}

/// The file as it is now; nothing where it is yet to be made.
async fn present(context: &Context, user_id: &str, path: &str) -> Result<(Option<File>, String), Failure> {
    match read(context, user_id, path, None).await {
        Ok(FileContent { file, content, .. }) => Ok((file, content)),
        Err(failure) if matches!(failure.reason(), Some(ErrorReason::FileNotFound | ErrorReason::UserNotFound)) => {
            Ok((None, String::new()))
        }
        Err(failure) => Err(failure),
    }
}

/// Writes, until told to end: what was typed is kept then too.
async fn write(context: &Context, request: WriteFileRequest) -> Result<WriteFileResponse, Failure> {
    let left = || "whether it was written is not known".to_owned();
    let written = context.call(|| async { context.memory().write_file(request.clone()).await });
    or_left(&Shutdown::on_signals()?, left, written).await.map_err(|failure| failure.about(&request.path))
}

/// Nothing was changed, so that nothing is written.
fn stays(context: &Context, path: &str, file: Option<File>) -> Result<(), Failure> {
    if file.is_none() && !context.json {
        return Ok(output::nothing(format_args!("{path} was not made: the text is empty"))?);
    }
    Written { file, ..Written::default() }.say(context)
}
