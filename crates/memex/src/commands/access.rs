//! `access`: who read and wrote what, refusals included.

use memex_proto::v1::ListAccessLogRequest;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::listing::{Listed, pages, say_more};
use crate::output;
use crate::output::table::{Table, numbers, words};
use crate::user::UserArg;
use memex_view::AccessView;

/// What the help of `access` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex access --user ada                         what was done with a user's memory
  memex access --all-users --actor dream-agent    what dreams did in the whole workspace
  memex access --path user/profile.md --limit 20";

/// Arguments of `access`.
#[derive(Debug, clap::Args)]
pub struct AccessArgs {
    #[command(flatten)]
    user: UserArg,
    /// The whole workspace's rows, whatever user the settings name
    #[arg(long, conflicts_with = "user")]
    all_users: bool,
    /// Only rows of this path
    #[arg(long, value_name = "PATH", default_value = "", hide_default_value = true)]
    path: String,
    /// Only rows of this actor
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    actor: String,
    /// Only rows of this dream
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    dream: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// `memex access`.
pub async fn run(context: &Context, args: AccessArgs) -> Result<(), Failure> {
    let request = ListAccessLogRequest {
        user_id: if args.all_users { String::new() } else { context.user(&args.user) },
        path: args.path,
        actor: args.actor,
        dream_id: args.dream,
        ..ListAccessLogRequest::default()
    };
    let listed = list_access(context, &request, args.limit as usize).await;
    let Listed { entries, more } = listed.map_err(|failure| failure.of_user(&args.user))?;
    if context.json {
        return Ok(output::json(&json!({"entries": entries, "more": more}))?);
    }
    if entries.is_empty() {
        output::nothing("no row of the access log matches")?;
    }
    access_table(entries).write(&mut output::out())?;
    Ok(say_more(more, args.limit, "--limit shows them")?)
}

/// The newest rows that `request` asks for, at most `limit`.
///
/// # Errors
/// As ListAccessLog.
pub async fn list_access(
    context: &Context,
    request: &ListAccessLogRequest,
    limit: usize,
) -> Result<Listed<AccessView>, Failure> {
    let listed = pages(limit, async |page_size, page_token| {
        let request = ListAccessLogRequest { page_size, page_token, ..request.clone() };
        let page = context.call(|| async { context.admin().list_access_log(request.clone()).await }).await?;
        Ok((page.entries, page.next_page_token))
    });
    Ok(listed.await?.into_views())
}

/// Rows of the access log as a table.
pub fn access_table(entries: Vec<AccessView>) -> Table {
    let columns = [
        words("when"),
        words("user"),
        words("actor"),
        words("operation"),
        words("path"),
        numbers("version"),
        words("outcome"),
        words("dream"),
    ];
    let mut table = Table::new(&columns);
    for entry in entries {
        let version = if entry.file_version == 0 { String::new() } else { entry.file_version.to_string() };
        let mut outcome = entry.outcome;
        if !entry.reason.is_empty() {
            outcome = format!("{outcome}: {}", entry.reason);
        }
        if entry.suppressed > 0 {
            outcome = format!("{outcome} (and {} more)", entry.suppressed);
        }
        let who = [entry.at.unwrap_or_default(), entry.user_id, entry.actor];
        table.row(who.into_iter().chain([entry.operation, entry.path, version, outcome, entry.dream_id]));
    }
    table
}
