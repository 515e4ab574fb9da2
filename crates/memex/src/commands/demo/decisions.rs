//! Two proposals of probable copies: a person approves one and rejects the other, which does not come again.

use std::collections::HashMap;

use memex_proto::v1::{
    ApproveDreamRequest, Curator, Dream, DreamNear, DreamState, DroppedLine, GetChangesetResponse, QuotedLines,
    RejectDreamRequest, StartDreamRequest, UpdateConfigRequest,
};

use super::AS_OF;
use super::dreams::PATIENCE;
use super::expectations::Expectations;
use super::memory::Memory;
use super::pairs::{Line, LinePair, bare};
use super::people::People;
use crate::commands::dream::approve::approve;
use crate::commands::dream::decide::reject_dream;
use crate::commands::dream::show::changeset;
use crate::commands::dream::start::{ended, start};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use memex_view::dream_state;

/// Why the person says no.
const WHY: &str = "these were said twice on purpose";

/// One proposal and what became of it.
pub struct Decided {
    /// The person whose memory it is about.
    pub user: &'static str,
    /// The proposal.
    pub dream_id: String,
    /// Its pairs.
    pub pairs: Vec<LinePair>,
}

/// What a person decided.
pub struct Decisions {
    /// The proposal that was approved.
    pub approved: Decided,
    /// How many revisions adopted it.
    pub revisions: usize,
    /// The proposal that was rejected.
    pub rejected: Decided,
    /// Why.
    pub reason: &'static str,
    /// The next dream of the same kind over the same memory, and how it ended.
    pub next: (String, String),
    /// The rejected pairs that it proposes again: none.
    pub again: Vec<LinePair>,
}

/// Keeps memory-api from proposing by itself while the dreams of the demonstration are counted.
pub async fn nothing_by_itself(operator: &Context) -> Result<(), Failure> {
    let values = HashMap::from([("dream_near".to_owned(), "off".to_owned())]);
    let request = UpdateConfigRequest { values, request_id: request_id(), ..UpdateConfigRequest::default() };
    operator.call(|| async { operator.admin().update_config(request.clone()).await }).await.map(drop)
}

/// Lets two people's probable copies be proposed, and decides.
pub async fn decide(people: &People, undone: &str, expect: &mut Expectations) -> Result<Decisions, Failure> {
    let mut others = people.agents.iter().filter(|(person, _)| person.user != undone);
    let (Some((yes, of_yes)), Some((no, of_no))) = (others.next(), others.next()) else {
        return Err(Failure::Incomplete("there are not two people left to decide about".to_owned()));
    };
    let (approved, revisions) = say_yes(&people.operator, yes.user, of_yes, expect).await?;
    let (rejected, next, again) = say_no(&people.operator, no.user, of_no, expect).await?;
    Ok(Decisions { approved, revisions, rejected, reason: WHY, next, again })
}

async fn say_yes(
    operator: &Context,
    user: &'static str,
    agent: &Context,
    expect: &mut Expectations,
) -> Result<(Decided, usize), Failure> {
    let decided = proposed(operator, user, expect).await?;
    let before = Memory::read(agent, "", "user/").await?.without_dream_log();
    let request = ApproveDreamRequest {
        dream_id: decided.dream_id.clone(),
        reason: "they say the same".to_owned(),
        request_id: request_id(),
        user_id: user.to_owned(),
        ..ApproveDreamRequest::default()
    };
    let adopted = approve(operator, &request).await?;
    let state = adopted.dream.map(|dream| dream.state());
    expect.that(state == Some(DreamState::Applied), || format!("{} is {state:?} after its approval", request.dream_id));
    let after = Memory::read(agent, "", "user/").await?.without_dream_log();
    let mut touched: Vec<&str> = decided.pairs.iter().map(|pair| pair.dropped.path.as_str()).collect();
    touched.sort_unstable();
    touched.dedup();
    let mut differing = before.differing(&after);
    differing.sort_unstable();
    expect.that(differing == touched, || {
        format!("{} was approved for {}, and {} changed", request.dream_id, touched.join(", "), differing.join(", "))
    });
    Ok((decided, adopted.revisions.len()))
}

/// The rejected proposal; the next dream with its end; and the rejected pairs that it proposes again.
async fn say_no(
    operator: &Context,
    user: &'static str,
    agent: &Context,
    expect: &mut Expectations,
) -> Result<(Decided, (String, String), Vec<LinePair>), Failure> {
    let before = Memory::read(agent, "", "user/").await?;
    let decided = proposed(operator, user, expect).await?;
    let request = RejectDreamRequest {
        dream_id: decided.dream_id.clone(),
        reason: WHY.to_owned(),
        request_id: request_id(),
        user_id: user.to_owned(),
    };
    let state = reject_dream(operator, &request).await?.state();
    expect.that(state == DreamState::Rejected, || format!("{} is {state:?} after its rejection", request.dream_id));
    let after = Memory::read(agent, "", "user/").await?;
    expect.that(before == after, || format!("{} was rejected, and {user}'s memory changed", request.dream_id));
    let (dream, changeset) = look_for_copies(operator, user).await?;
    let proposed = pairs_of(changeset);
    let again: Vec<LinePair> = decided.pairs.iter().filter(|pair| proposed.contains(pair)).cloned().collect();
    expect.that(matches!(dream.state(), DreamState::Noop | DreamState::Proposed), || {
        format!("the dream after a rejection ended {}: {}", dream_state(dream.state()), dream.cause)
    });
    expect.that(again.is_empty(), || format!("{} of {}'s rejected pairs came again", again.len(), user));
    Ok((decided, (dream.dream_id.clone(), dream_state(dream.state())), again))
}

/// A proposal of probable copies.
async fn proposed(operator: &Context, user: &'static str, expect: &mut Expectations) -> Result<Decided, Failure> {
    let (dream, changeset) = look_for_copies(operator, user).await?;
    let pairs = pairs_of(changeset);
    expect.that(dream.state() == DreamState::Proposed && !pairs.is_empty(), || {
        format!("{user}'s probable copies were not proposed: {} {}", dream_state(dream.state()), dream.cause)
    });
    Ok(Decided { user, dream_id: dream.dream_id, pairs })
}

/// A dream of probable copies alone.
async fn look_for_copies(operator: &Context, user: &str) -> Result<(Dream, GetChangesetResponse), Failure> {
    let request = StartDreamRequest {
        user_id: user.to_owned(),
        curator: Curator::Builtin.into(),
        near: DreamNear::Review.into(),
        as_of: AS_OF.to_owned(),
        request_id: request_id(),
        ..StartDreamRequest::default()
    };
    let (dream, _) = start(operator, request).await?;
    let dream = ended(operator, dream, PATIENCE).await?;
    let changeset = changeset(operator, &dream.dream_id).await?;
    Ok((dream, changeset))
}

fn pairs_of(changeset: GetChangesetResponse) -> Vec<LinePair> {
    let pair = |line: DroppedLine| Some(LinePair { dropped: told(line.dropped?), kept: told(line.kept?) });
    changeset.dropped_lines.into_iter().filter_map(pair).collect()
}

fn told(quoted: QuotedLines) -> Line {
    let line = quoted.lines.map_or(0, |lines| u32::try_from(lines.first).unwrap_or(0));
    Line { path: quoted.path, version: quoted.version, line, text: bare(&quoted.text).to_owned() }
}
