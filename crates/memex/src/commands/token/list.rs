//! `token list`: the workspace's tokens, without their values.

use memex_proto::v1::ListTokensRequest;
use serde_json::json;

use crate::context::Context;
use crate::failure::Failure;
use crate::listing::{Listed, pages, say_more};
use crate::output;
use crate::output::table::{Table, words};
use crate::user::parse_user;
use memex_view::TokenView;

/// What the help of `token list` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex token list                 every token that can be used
  memex token list --user ada      those bound to one user
  memex token list --all --json    revoked and expired ones too";

/// Arguments of `token list`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// Only tokens bound to this user, whatever user the settings name
    #[arg(long, value_name = "USER", value_parser = parse_user)]
    user: Option<String>,
    /// Revoked and expired ones too
    #[arg(long)]
    all: bool,
    /// How many at most
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

/// `memex token list`.
pub async fn run(context: &Context, args: ListArgs) -> Result<(), Failure> {
    let user_id = args.user.unwrap_or_default();
    let listed = pages(args.limit as usize, async |page_size, page_token| {
        let user_id = user_id.clone();
        let request = ListTokensRequest { user_id, include_ended: args.all, page_size, page_token };
        let page = context.call(|| async { context.admin().list_tokens(request.clone()).await }).await?;
        Ok((page.tokens, page.next_page_token))
    });
    let Listed { entries, more } = listed.await?.into_views::<TokenView>();
    if context.json {
        return Ok(output::json(&json!({"tokens": entries, "more": more}))?);
    }
    match (entries.is_empty(), user_id.is_empty()) {
        (true, true) => output::nothing("no token that can be listed")?,
        (true, false) => output::nothing(format_args!("no token is bound to {user_id}"))?,
        (false, _) => {}
    }
    tokens_table(entries).write(&mut output::out())?;
    Ok(say_more(more, args.limit, "--limit shows them, --user one user's")?)
}

fn tokens_table(tokens: Vec<TokenView>) -> Table {
    let columns = [
        words("token"),
        words("role"),
        words("user"),
        words("actor"),
        words("made"),
        words("by"),
        words("expires"),
        words("revoked"),
    ];
    let mut table = Table::new(&columns);
    for token in tokens {
        let who = [token.token_id, token.role, token.user_id, token.actor];
        let ends = [token.expires_at, token.revoked_at].map(Option::unwrap_or_default);
        table.row(who.into_iter().chain([token.created_at.unwrap_or_default(), token.created_by]).chain(ends));
    }
    table
}
