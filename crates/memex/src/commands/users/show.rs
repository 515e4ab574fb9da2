//! `users show`: how one user stands.

use std::io::{self, Write};

use memex_proto::v1::{DreamState, GetUserRequest, ListDreamsRequest};
use serde_json::json;

use crate::commands::dream::list_dreams;
use crate::context::Context;
use crate::failure::Failure;
use crate::output::table::write_facts;
use crate::output::{self, counted, safe_line, style};
use crate::shell::quoted;
use crate::user::{UserArg, parse_user};
use memex_view::{DreamView, UserView};

/// What the help of `users show` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex users show ada
  memex users show           the user of the settings or the token
  memex users show ada --json";

const NOBODY: &str = "name the user: memex users show USER, MEMEX_USER, or `user` in the settings file";

/// How many proposals of one user are shown at most; more than a few never wait.
const PROPOSALS: usize = 20;

/// Arguments of `users show`.
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The user; else MEMEX_USER, else `user` in the settings file, else the one the token is bound to
    #[arg(value_name = "USER", value_parser = parse_user)]
    user: Option<String>,
}

/// `memex users show`.
pub async fn run(context: &Context, args: ShowArgs) -> Result<(), Failure> {
    let request = GetUserRequest { user_id: context.user(&UserArg { user: args.user }) };
    let answer = context.call(|| async { context.admin().get_user(request.clone()).await }).await;
    let answer = answer.map_err(|failure| failure.advised_on("user_id", NOBODY))?;
    let user = UserView::from(answer.user.unwrap_or_default());
    let proposals = waiting(context, &user.user_id).await?;
    if context.json {
        return Ok(output::json(&json!({"user": user, "proposals": proposals}))?);
    }
    let mut out = output::out();
    write_user(&mut out, &user)?;
    Ok(write_waiting(&mut out, &user.user_id, &proposals)?)
}

/// The user's proposals that wait for a person, newest first.
async fn waiting(context: &Context, user_id: &str) -> Result<Vec<DreamView>, Failure> {
    let states = vec![DreamState::Proposed.into()];
    let request = ListDreamsRequest { user_id: user_id.to_owned(), states, ..ListDreamsRequest::default() };
    Ok(list_dreams(context, &request, PROPOSALS).await?.into_views().entries)
}

/// What waits for a person, and how they decide.
fn write_waiting(out: &mut impl Write, user_id: &str, proposals: &[DreamView]) -> io::Result<()> {
    if proposals.is_empty() {
        return Ok(());
    }
    let (notice, reset) = (style::NOTICE.render(), style::NOTICE.render_reset());
    let wait = if proposals.len() == 1 { "waits" } else { "wait" };
    writeln!(out, "{notice}{} {wait} for a person{reset}", counted(proposals.len() as i64, "proposal"))?;
    for proposal in proposals {
        let files = counted(proposal.paths.len() as i64, "file");
        let until = proposal.expires_at.as_ref().map(|at| format!(", expires {at}")).unwrap_or_default();
        writeln!(out, "  {}  {files}{until}", safe_line(&proposal.dream_id))?;
    }
    writeln!(out, "  memex review --user {}", safe_line(&quoted(user_id)))
}

/// A user's facts and keys.
///
/// # Errors
/// When `out` cannot be written.
pub(super) fn write_user(out: &mut impl Write, user: &UserView) -> io::Result<()> {
    writeln!(out, "{}{}{}", style::HEAD.render(), safe_line(&user.user_id), style::HEAD.render_reset())?;
    let facts = [
        ("files", user.files.to_string()),
        ("bytes", user.size_bytes.to_string()),
        ("revisions", user.sequence.to_string()),
        ("first written", user.created_at.clone().unwrap_or_default()),
        ("last change", user.changed_at.clone().unwrap_or_default()),
        ("new changes", user.new_changes.to_string()),
        ("dreaming", dreaming(user)),
    ];
    write_facts(out, &facts)?;
    if user.parked {
        writeln!(out, "parked: dream_max_attempts dreams in a row failed, so that none comes by itself any more")?;
        let id = safe_line(&quoted(&user.user_id));
        writeln!(out, "  memex dream list --user {id}    the dreams that failed")?;
        writeln!(out, "  memex users unpark {id}         lets them come again")?;
    }
    if user.values.is_empty() {
        return writeln!(out, "no keys of their own: what the workspace says holds");
    }
    writeln!(out, "keys of their own:")?;
    let keys: Vec<_> = user.values.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
    write_facts(out, &keys)
}

/// How it stands with the user's dreams, in some words.
pub(super) fn dreaming(user: &UserView) -> String {
    match &user.due_at {
        _ if user.paused && user.pause_reason.is_empty() => "paused".to_owned(),
        _ if user.paused => format!("paused: {}", user.pause_reason),
        _ if user.parked => "parked after failures".to_owned(),
        Some(due) => format!("due at {due}"),
        None => "nothing is due".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user() -> UserView {
        memex_proto::v1::User { user_id: "ada".to_owned(), files: 2, sequence: 5, ..Default::default() }.into()
    }

    #[test]
    fn a_user_is_shown_with_what_is_theirs() {
        let mut user = user();
        user.values.insert("dream_mode".to_owned(), "review".to_owned());
        user.paused = true;
        let mut out = anstream::StripStream::new(Vec::new());
        write_user(&mut out, &user).unwrap();
        let expected = "\
ada
  files        2
  bytes        0
  revisions    5
  new changes  0
  dreaming     paused
keys of their own:
  dream_mode  review
";
        assert_eq!(String::from_utf8(out.into_inner()).unwrap(), expected);
    }

    #[test]
    fn who_is_parked_is_shown_with_what_it_means_and_what_lifts_it() {
        let mut user = user();
        user.parked = true;
        let mut out = anstream::StripStream::new(Vec::new());
        write_user(&mut out, &user).unwrap();
        let shown = String::from_utf8(out.into_inner()).unwrap();
        let expected = "\
parked: dream_max_attempts dreams in a row failed, so that none comes by itself any more
  memex dream list --user ada    the dreams that failed
  memex users unpark ada         lets them come again
";
        assert!(shown.contains(expected), "{shown}");
    }

    #[test]
    fn what_waits_for_a_person_is_shown_with_how_to_decide() {
        let shown = |proposals: &[DreamView]| {
            let mut out = anstream::StripStream::new(Vec::new());
            write_waiting(&mut out, "a b", proposals).unwrap();
            String::from_utf8(out.into_inner()).unwrap()
        };
        assert_eq!(shown(&[]), "");
        let expires_at = Some(prost_types::Timestamp { seconds: 1_795_384_800, nanos: 0 });
        let proposal = memex_proto::v1::Dream {
            dream_id: "drm_1".to_owned(),
            paths: vec!["user/a.md".to_owned()],
            expires_at,
            ..Default::default()
        };
        let expected = "\
1 proposal waits for a person
  drm_1  1 file, expires 2026-11-22T22:00:00Z
  memex review --user 'a b'
";
        assert_eq!(shown(&[proposal.into()]), expected);
    }

    #[test]
    fn a_pause_is_told_before_anything_that_it_keeps_from_happening() {
        let mut user = user();
        assert_eq!(dreaming(&user), "nothing is due");
        user.due_at = Some("2026-11-22T22:00:00Z".to_owned());
        assert_eq!(dreaming(&user), "due at 2026-11-22T22:00:00Z");
        user.parked = true;
        assert_eq!(dreaming(&user), "parked after failures");
        user.paused = true;
        assert_eq!(dreaming(&user), "paused");
        user.pause_reason = "ticket 4711".to_owned();
        assert_eq!(dreaming(&user), "paused: ticket 4711");
    }
}
