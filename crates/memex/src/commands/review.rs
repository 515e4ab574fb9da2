//! `review`: the proposals that wait for a person, one by one.

mod choice;
mod walk;

use std::io::{self, IsTerminal as _};

use memex_proto::v1::{Dream, DreamState, ListDreamsRequest};

use super::dream::list_dreams;
use crate::context::Context;
use crate::failure::Failure;
use crate::listing::say_more;
use crate::output;
use crate::user::UserArg;

use walk::Walk;

/// What the help of `review` ends with.
pub const EXAMPLES: &str = "\
Examples:
  memex review --user ada      ada's proposals, the soonest to expire first
  memex review --all-users     those of the whole workspace

Each proposal is shown with its pairs: the line that goes, and the line that stays. Then a letter
decides, followed by Enter:
  a  approve all of it            d  show the diffs
  r  reject it, with a reason     p  show all pairs
  f  choose files to approve      s  skip it for now
  q  quit                         ?  say what the letters mean
Without a terminal: memex dream list --state proposed, then memex dream approve or reject.";

/// How many proposals one review walks through.
const MOST: u32 = 1_000;

/// Arguments of `review`.
#[derive(Debug, clap::Args)]
pub struct ReviewArgs {
    #[command(flatten)]
    user: UserArg,
    /// The whole workspace's proposals, whatever user the settings name
    #[arg(long, conflicts_with = "user")]
    all_users: bool,
}

/// `memex review`.
pub async fn run(context: &Context, args: ReviewArgs) -> Result<(), Failure> {
    somebody_is_there(context)?;
    let user_id = if args.all_users { String::new() } else { context.user(&args.user) };
    let request =
        ListDreamsRequest { user_id, states: vec![DreamState::Proposed.into()], ..ListDreamsRequest::default() };
    let listed = list_dreams(context, &request, MOST as usize).await;
    let listed = listed.map_err(|failure| failure.of_user(&args.user))?;
    if listed.entries.is_empty() {
        return Ok(output::nothing("no proposal waits")?);
    }
    let mut walk = Walk::new(context, soonest_first(listed.entries));
    let walked = walk.through(&mut io::stdin().lock(), &mut output::out()).await;
    walk.summary(&mut output::out())?;
    walked?;
    Ok(say_more(listed.more, MOST, "another review walks through the rest")?)
}

/// A review asks a person, again and again.
fn somebody_is_there(context: &Context) -> Result<(), Failure> {
    if !context.json && io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    let why = if context.json { "with --json" } else { "without a terminal" };
    Err(Failure::Usage(format!(
        "a review asks a person, and nobody can be asked {why}: see memex dream list --state proposed, then decide with \
         memex dream approve and memex dream reject"
    )))
}

/// The proposals that expire first come first; those that do not expire come last.
fn soonest_first(mut proposals: Vec<Dream>) -> Vec<Dream> {
    proposals.sort_by_key(|dream| {
        let expires = dream.expires_at.as_ref().map(|at| (at.seconds, at.nanos));
        (expires.is_none(), expires, dream.dream_id.clone())
    });
    proposals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_expires_first_comes_first() {
        let dream = |id: &str, expires: Option<i64>| Dream {
            dream_id: id.to_owned(),
            expires_at: expires.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 }),
            ..Dream::default()
        };
        let proposals = vec![dream("drm_never", None), dream("drm_late", Some(9)), dream("drm_soon", Some(3))];
        let order: Vec<_> = soonest_first(proposals).into_iter().map(|dream| dream.dream_id).collect();
        assert_eq!(order, ["drm_soon", "drm_late", "drm_never"]);
    }
}
