//! `restore`: brings an earlier text back, as a new revision.

use memex_proto::reason::Refusal;
use memex_proto::v1::restore_revision_request::Precondition;
use memex_proto::v1::{ErrorReason, ListRevisionsRequest, RestoreRevisionRequest};

use super::written::{ReasonArg, Written};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::listing::PAGE_SIZE;
use crate::user::UserArg;

/// What the help of `restore` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex restore user/tea.md --version 2                       a file that was deleted
  memex restore user/tea.md --version 2 --expected-version 5  over what is there, if it is that
  memex restore user/tea.md --version 2 --overwrite           over whatever is there
  memex restore rev_… --overwrite --reason 'was right'

memex log PATH lists a file's versions and their revisions. A file that was moved meanwhile gets
its text back at the path that it has now.";

const NO_TEXT: &str = "memex log shows which revisions have a text: not those of a deletion";

/// What the ids of revisions begin with; paths begin with user/ or shared/.
const REVISION: &str = "rev_";

/// Arguments of `restore`.
#[derive(Debug, clap::Args)]
pub struct RestoreArgs {
    /// The file, with --version; or the revision, rev_…
    #[arg(value_name = "PATH|REV")]
    what: String,
    /// The version of the file whose text comes back
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    version: Option<i64>,
    /// The version that you have read; 0: it must not exist
    #[arg(long, value_name = "N", conflicts_with = "overwrite", value_parser = clap::value_parser!(i64).range(0..))]
    expected_version: Option<i64>,
    /// Replace whatever is there
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    why: ReasonArg,
    #[command(flatten)]
    user: UserArg,
}

/// `memex restore`.
pub async fn run(context: &Context, args: RestoreArgs) -> Result<(), Failure> {
    let revision_id = match (args.what.starts_with(REVISION), args.version) {
        (true, None) if args.user.user.is_some() => {
            return Err(Failure::Usage("a revision is one user's already: leave --user out".to_owned()));
        }
        (true, None) => args.what.clone(),
        (true, Some(_)) => {
            return Err(Failure::Usage("a revision is one version already: leave --version out".to_owned()));
        }
        (false, None) => {
            return Err(Failure::Usage("say which version of the file: --version N; memex log lists them".to_owned()));
        }
        (false, Some(version)) => {
            let found = revision_of(context, &context.user(&args.user), &args.what, version).await;
            found.map_err(|failure| failure.of_user(&args.user))?
        }
    };
    let precondition = match (args.expected_version, args.overwrite) {
        (Some(version), _) => Some(Precondition::ExpectedVersion(version)),
        (None, true) => Some(Precondition::Overwrite(true)),
        (None, false) => None,
    };
    let request =
        RestoreRevisionRequest { revision_id, precondition, reason: args.why.reason, request_id: request_id() };
    let answer = context.call(|| async { context.history().restore_revision(request.clone()).await }).await;
    let about = |failure: Failure| {
        let failure = if args.version.is_some() { failure.about(&args.what) } else { failure };
        match failure.reason() {
            // A text that is too long by now is refused for the same field, and is no deletion's.
            Some(ErrorReason::FieldInvalid) => failure.advised_on("revision_id", NO_TEXT),
            _ => failure,
        }
        .of_user(&args.user)
    };
    Written::from(answer.map_err(about)?).say(context)
}

/// The revision that made a version of a file, in the order in which `cat` looks for it: the newest that was made at this
/// path, else the newest of the file that stands here now, at a path that it had before. The history comes in pages,
/// newest first, with both.
async fn revision_of(context: &Context, user_id: &str, path: &str, version: i64) -> Result<String, Failure> {
    let mut request = ListRevisionsRequest {
        user_id: user_id.to_owned(),
        path: path.to_owned(),
        page_size: PAGE_SIZE as i32,
        ..ListRevisionsRequest::default()
    };
    let mut elsewhere = None;
    loop {
        let page = context.call(|| async { context.history().list_revisions(request.clone()).await }).await;
        let page = page.map_err(|failure| failure.about(path))?;
        for revision in page.revisions.into_iter().filter(|revision| revision.version == version) {
            if revision.path == path {
                return Ok(revision.revision_id);
            }
            elsewhere = elsewhere.or(Some(revision.revision_id));
        }
        if page.next_page_token.is_empty() {
            let missing = || Refusal::new(ErrorReason::RevisionNotFound, format!("{path} has no version {version}"));
            return elsewhere.ok_or_else(|| missing().into());
        }
        request.page_token = page.next_page_token;
    }
}
