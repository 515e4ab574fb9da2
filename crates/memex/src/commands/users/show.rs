//! `users show`: how one user stands.

use std::io::{self, Write};

use memex_proto::v1::GetUserRequest;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::table::write_facts;
use crate::output::{self, safe_line, style};
use crate::shell::quoted;
use crate::user::{UserArg, parse_user};
use memex_view::UserView;

/// What the help of `users show` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex users show ada
  memex users show           the user of the settings or the token
  memex users show ada --json";

const NOBODY: &str = "name the user: memex users show USER, MEMEX_USER, or `user` in the settings file";

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
    if context.json {
        return Ok(output::json(&json!({"user": user}))?);
    }
    Ok(write_user(&mut output::out(), &user)?)
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
