//! `patch`: edits of a file, all or nothing.

mod given;
mod listed;

use memex_proto::v1::{PatchFileRequest, Source};

use super::files::SourceArg;
use super::written::{ReasonArg, Written};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::user::UserArg;

use given::GivenEdits;

/// What the help of `patch` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex patch user/tea.md --append '- prefers oolong'
  memex patch user/profile.md --append '- plays the cello' --after-heading Music --once
  memex patch user/profile.md --replace 'lives in Graz' 'lives in Linz' --reason 'she moved'
  memex patch user/profile.md --insert-after 0 '# Ada' --delete 7-8 $'- old\\n- older'
  memex patch user/profile.md --edits edits.json --expected-version 3

The edits apply in the order in which they are given, all or none; each sees what those before it
left. A list of them is JSON, as in the contract:
  [{\"append_lines\": {\"lines\": [\"- plays the cello\"], \"after_heading\": \"Music\",
                     \"skip_if_present\": true}},
   {\"replace\": {\"old\": \"lives in Graz\", \"new\": \"lives in Linz\"}},
   {\"insert_lines\": {\"after_line\": 0, \"lines\": [\"# Ada\"]}},
   {\"delete_lines\": {\"first_line\": 7, \"last_line\": 8, \"expected\": \"- old\\n- older\"}}]";

/// Arguments of `patch`.
#[derive(Debug, clap::Args)]
pub struct PatchArgs {
    /// The file, such as user/profile.md
    path: String,
    #[command(flatten)]
    edits: GivenEdits,
    /// The version that the edits are made for; unless given, whatever is current
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i64).range(1..))]
    expected_version: Option<i64>,
    #[command(flatten)]
    why: ReasonArg,
    /// Where the text comes from; unless given, agent
    #[arg(long)]
    source: Option<SourceArg>,
    #[command(flatten)]
    user: UserArg,
}

/// `memex patch`.
pub async fn run(context: &Context, args: PatchArgs) -> Result<(), Failure> {
    let request = PatchFileRequest {
        user_id: context.user(&args.user),
        path: args.path.clone(),
        edits: args.edits.into_edits()?,
        expected_version: args.expected_version,
        reason: args.why.reason,
        source: args.source.map_or(Source::Unspecified, Source::from).into(),
        request_id: request_id(),
        treatments: Vec::new(),
    };
    let answer = context.call(|| async { context.memory().patch_file(request.clone()).await }).await;
    Written::from(answer.map_err(|failure| failure.about(&args.path).of_user(&args.user))?).say(context)
}
