//! `users list`: users by id.

use memex_proto::v1::ListUsersRequest;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::listing::{Listed, pages, say_more};
use crate::output;
use crate::output::table::{Table, numbers, words};
use memex_view::UserView;

use super::show::dreaming;

/// What the help of `users list` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex users list
  memex users list --prefix acme-
  memex users list --limit 10000 --json";

/// How many users are listed unless told.
const LIMIT: u32 = 100;

/// Arguments of `users list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only ids that begin with this
    #[arg(long, value_name = "PREFIX", default_value = "", hide_default_value = true)]
    prefix: String,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = LIMIT, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

impl Default for ListArgs {
    fn default() -> Self {
        Self { prefix: String::new(), limit: LIMIT }
    }
}

/// `memex users list`.
pub async fn run(context: &Context, args: ListArgs) -> Result<(), Failure> {
    let listed = pages(args.limit as usize, async |page_size, page_token| {
        let request = ListUsersRequest { prefix: args.prefix.clone(), page_size, page_token };
        let page = context.call(|| async { context.admin().list_users(request.clone()).await }).await?;
        Ok((page.users, page.next_page_token))
    });
    let Listed { entries, more } = listed.await?.into_views::<UserView>();
    if context.json {
        return Ok(output::json(&json!({"users": entries, "more": more}))?);
    }
    if entries.is_empty() && args.prefix.is_empty() {
        return Ok(output::nothing("no user has memory here yet")?);
    }
    if entries.is_empty() {
        return Ok(output::nothing(format_args!("no user's id begins with {}", args.prefix))?);
    }
    users_table(entries).write(&mut output::out())?;
    Ok(say_more(more, args.limit, "--limit or --prefix shows others")?)
}

fn users_table(users: Vec<UserView>) -> Table {
    let columns = [
        words("user"),
        numbers("files"),
        numbers("bytes"),
        numbers("revisions"),
        words("changed"),
        numbers("new"),
        words("dreaming"),
        words("keys"),
    ];
    let mut table = Table::new(&columns);
    for user in users {
        let dreaming = dreaming(&user);
        let keys = user.values.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ");
        let counts = [user.files, user.size_bytes, user.sequence].map(|count| count.to_string());
        let rest = [user.changed_at.unwrap_or_default(), user.new_changes.to_string(), dreaming, keys];
        table.row([user.user_id].into_iter().chain(counts).chain(rest));
    }
    table
}
