//! `token`: new tokens, those there are, and the end of one.

mod list;
mod revoke;

use std::io::Write as _;
use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use memex_core::clock::{Clock as _, SystemClock};
use memex_proto::v1::{CreateTokenRequest, Role};
use memex_view::time;
use prost_types::Timestamp;
use serde_json::json;

use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output;
use crate::output::table::write_facts;
use crate::user::parse_user;

/// What the help of `token` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex token create --role agent --for-user ada --expires-in 30d
  memex token create --role backend --actor shop-backend
  memex token create --role auditor --json
  memex token list --user ada
  memex token revoke tok_…";

const CREATE_EXAMPLES: &str = "\
Examples:
  memex token create --role agent --for-user ada --expires-in 30d
  memex token create --role agent --for-user ada --proposal drm_… --expires-in 1h
  memex token create --role backend --actor shop-backend
  memex token create --role auditor --json";

/// Arguments of `token`.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a token; its value is shown this once
    #[command(after_help = CREATE_EXAMPLES)]
    Create(CreateArgs),
    /// List tokens, newest first; never their values
    #[command(after_help = list::EXAMPLES)]
    List(list::ListArgs),
    /// End a token; it is refused everywhere within 5 seconds
    #[command(after_help = revoke::EXAMPLES)]
    Revoke(revoke::RevokeArgs),
}

#[derive(Debug, clap::Args)]
struct CreateArgs {
    /// What it may do
    #[arg(long)]
    role: RoleArg,
    /// The one user that it is bound to; an agent's always is
    #[arg(long, value_name = "USER", value_parser = parse_user, required_if_eq("role", "agent"))]
    for_user: Option<String>,
    /// The name that stands on revisions and in the access log; unless given, the role's
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    actor: String,
    /// A waiting proposal of that user, drm_…: the token reads memory as it would be after it, and does nothing else
    #[arg(long, value_name = "DREAM", requires = "for_user")]
    proposal: Option<String>,
    /// How long it holds: a number and s, m, h or d; unless given, for ever
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    expires_in: Option<Duration>,
}

/// What a token may do, as people type it. The worker's is made by `memory-api bootstrap` alone.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    /// Its user's files read-write, shared ones read
    Agent,
    /// The same for any user of the workspace, and their dreams
    Backend,
    /// Everything in its workspace
    Operator,
    /// Reads everything, changes nothing
    Auditor,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Agent => Self::Agent,
            RoleArg::Backend => Self::Backend,
            RoleArg::Operator => Self::Operator,
            RoleArg::Auditor => Self::Auditor,
        }
    }
}

/// `memex token`.
pub async fn run(context: &Context, args: TokenArgs) -> Result<(), Failure> {
    match args.action {
        Action::Create(args) => create(context, args).await,
        Action::List(args) => list::run(context, args).await,
        Action::Revoke(args) => revoke::run(context, args).await,
    }
}

async fn create(context: &Context, args: CreateArgs) -> Result<(), Failure> {
    let expires_at = args.expires_in.map(|span| Timestamp {
        seconds: SystemClock.now().timestamp() + i64::try_from(span.as_secs()).unwrap_or(i64::MAX / 2),
        nanos: 0,
    });
    let request = CreateTokenRequest {
        role: Role::from(args.role).into(),
        user_id: args.for_user.unwrap_or_default(),
        actor: args.actor,
        expires_at,
        request_id: request_id(),
        proposal_id: args.proposal.unwrap_or_default(),
    };
    let made = context.call(|| async { context.admin().create_token(request.clone()).await }).await?;
    let (role, expires) = (memex_view::word(request.role().as_str_name(), "ROLE_"), time(expires_at));
    if context.json {
        let view = json!({
            "token_id": made.token_id, "token": made.token, "role": role, "user_id": request.user_id,
            "actor": request.actor, "expires_at": expires,
        });
        return Ok(output::json(&view)?);
    }
    // The value alone on standard output, so that `TOKEN=$(memex token create …)` works.
    let facts = [
        ("token id", made.token_id),
        ("role", role),
        ("user", request.user_id),
        ("actor", request.actor),
        ("expires", expires.unwrap_or_else(|| "never".to_owned())),
        ("value", "on standard output, shown this once; memory-api keeps only its hash".to_owned()),
    ];
    write_facts(&mut anstream::stderr(), &facts)?;
    Ok(writeln!(output::out(), "{}", made.token)?)
}

/// `90s`, `45m`, `12h`, `30d`.
fn parse_span(text: &str) -> Result<Duration, String> {
    let refusal = || "must be a number and s, m, h or d, such as 12h or 30d; at most 36500d".to_owned();
    let unit = text.chars().next_back().ok_or_else(refusal)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(refusal()),
    };
    let digits = text[..text.len() - 1].parse::<u64>().ok().filter(|_| text.starts_with(|c: char| c.is_ascii_digit()));
    let span = digits.and_then(|count| count.checked_mul(seconds)).ok_or_else(refusal)?;
    // A hundred years: beyond it a token that never ends is meant.
    if (1..=36_500 * 86_400).contains(&span) { Ok(Duration::from_secs(span)) } else { Err(refusal()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_a_number_and_a_unit() {
        let seconds = |text| parse_span(text).map(|span| span.as_secs()).ok();
        assert_eq!(["90s", "45m", "12h", "30d"].map(seconds), [90, 2_700, 43_200, 2_592_000].map(Some));
        for bad in ["", "d", "30", "30w", "-1d", "+1d", "0d", "1.5h", "36501d", "99999999999999999999d", "1ä"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
