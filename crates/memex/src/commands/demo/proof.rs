//! Undoes one dream, and proves that the person's memory is byte for byte what it was before it.

use memex_proto::v1::{DreamState, RevertDreamRequest};

use super::dreams::{Dreamt, most_telling};
use super::expectations::Expectations;
use super::memory::Memory;
use super::people::People;
use crate::context::request_id;
use crate::failure::Failure;
use memex_view::RevisionView;

/// What the revert did, and what was compared.
pub struct Proof {
    /// The person.
    pub user: &'static str,
    /// The dream that was undone.
    pub dream_id: String,
    /// How many files it had changed.
    pub changed: usize,
    /// The revisions that undid it.
    pub revisions: Vec<RevisionView>,
    /// How many files were compared: all of the person's but the dream log.
    pub compared: usize,
    /// Those that differ from before the dream.
    pub differing: Vec<String>,
    /// The hash of the memory before the dream.
    pub before: String,
    /// The hash of the memory after the revert.
    pub after: String,
}

/// Undoes the last dream of the person whom it changed the most files of.
pub async fn undo_one(people: &People, dreamt: &[Dreamt], expect: &mut Expectations) -> Result<Proof, Failure> {
    let found = most_telling(dreamt).and_then(|at| Some((people.agents.get(at)?, dreamt[at].applied.last()?)));
    let Some(((person, agent), applied)) = found else {
        return Err(Failure::Incomplete("no dream changed anything, so that there is none to undo".to_owned()));
    };
    let user = person.user;
    let before = applied.before.clone().without_dream_log();
    let dreamt = Memory::read(agent, "", "user/").await?.without_dream_log();
    let request = RevertDreamRequest {
        dream_id: applied.dream.dream_id.clone(),
        reason: "to show that a dream can be undone".to_owned(),
        request_id: request_id(),
        user_id: user.to_owned(),
        ..RevertDreamRequest::default()
    };
    let operator = &people.operator;
    let undone = operator.call(|| async { operator.dreams().revert_dream(request.clone()).await }).await?;
    let after = Memory::read(agent, "", "user/").await?.without_dream_log();
    let proof = Proof {
        user,
        dream_id: request.dream_id,
        changed: before.differing(&dreamt).len(),
        revisions: undone.revisions.into_iter().map(RevisionView::from).collect(),
        compared: after.files(),
        differing: before.differing(&after),
        before: before.sha256(),
        after: after.sha256(),
    };
    let state = undone.dream.map(|dream| dream.state());
    expect.that(state == Some(DreamState::Reverted), || format!("{} is {state:?} after its revert", proof.dream_id));
    expect.that(proof.changed > 0, || {
        format!("{} had changed nothing, so that its revert proves nothing", proof.dream_id)
    });
    expect.that(proof.differing.is_empty() && proof.before == proof.after, || {
        format!("after the revert these differ from before the dream: {}", proof.differing.join(", "))
    });
    Ok(proof)
}
