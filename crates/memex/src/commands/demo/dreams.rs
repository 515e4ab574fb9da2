//! Dreams over each person, again and again until a dream finds nothing to do.

use std::io;

use std::time::Duration;

use memex_proto::v1::{
    Curator, Dream, DreamMode, DreamState, FileChange, GetChangesetRequest, StagedOp, StartDreamRequest,
};

use super::AS_OF;
use super::expectations::Expectations;
use super::memory::Memory;
use super::people::People;
use crate::commands::dream::start::{ended, start};
use crate::context::{Context, request_id};
use crate::failure::Failure;
use crate::output::progress;
use memex_view::dream_state;

/// How many dreams one person needs at most: ten ops each by default, and a duplicate is one op at most.
const DREAMS: usize = 20;

/// How long one dream may take; one takes a second.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// One dream that changed something.
#[derive(Debug)]
pub struct Applied {
    /// How it ended.
    pub dream: Dream,
    /// Its ops.
    pub ops: Vec<StagedOp>,
    /// Its files with their diffs.
    pub files: Vec<FileChange>,
    /// The person's memory before it.
    pub before: Memory,
}

/// One person's dreams.
#[derive(Debug)]
pub struct Dreamt {
    /// The person.
    pub user: &'static str,
    /// The dreams that changed something, in order.
    pub applied: Vec<Applied>,
    /// The person's memory after the last of them.
    pub after: Memory,
    /// Whether the last dream found nothing to do.
    pub settled: bool,
}

impl Dreamt {
    /// Each dream that changed something, with the memory that it left.
    pub fn with_what_they_left(&self) -> impl Iterator<Item = (&Applied, &Memory)> {
        let left = self.applied.iter().skip(1).map(|next| &next.before).chain([&self.after]);
        self.applied.iter().zip(left)
    }
}

/// Dreams over everybody; `shown` shows each dream.
pub async fn dream_for_all(
    people: &People,
    json: bool,
    shown: impl Fn(&Applied) -> io::Result<()>,
    expect: &mut Expectations,
) -> Result<Vec<Dreamt>, Failure> {
    let bar = progress::bar(people.agents.len(), "dreaming", json);
    let mut all = Vec::new();
    for (person, agent) in &people.agents {
        let memory = || Memory::read(agent, "", "user/");
        let mut dreamt = Dreamt { user: person.user, applied: Vec::new(), after: memory().await?, settled: false };
        for _ in 0..DREAMS {
            let before = dreamt.after.clone();
            let (dream, ops, files) = dream_once(&people.operator, person.user).await?;
            let state = dream.state();
            if state != DreamState::Applied {
                dreamt.settled = state == DreamState::Noop;
                expect.that(dreamt.settled, || {
                    format!("a dream of {} ended {}: {}", person.user, dream_state(state), dream.cause)
                });
                break;
            }
            let applied = Applied { dream, ops, files, before };
            bar.suspend(|| shown(&applied))?;
            dreamt.applied.push(applied);
            dreamt.after = memory().await?;
        }
        expect.that(dreamt.settled, || format!("{} is not settled after {DREAMS} dreams", person.user));
        expect.that(!dreamt.applied.is_empty(), || format!("no dream of {} changed anything", person.user));
        bar.inc(1);
        all.push(dreamt);
    }
    bar.finish_and_clear();
    Ok(all)
}

/// The person whose last dream changed the most files: that dream can be undone, because nothing has changed its files
/// since, and shows the most.
pub fn most_telling(dreamt: &[Dreamt]) -> Option<usize> {
    let changed = |person: &Dreamt| person.applied.last().map(|applied| applied.files.len());
    (0..dreamt.len()).filter(|&at| changed(&dreamt[at]).is_some()).max_by_key(|&at| changed(&dreamt[at]))
}

async fn dream_once(operator: &Context, user: &str) -> Result<(Dream, Vec<StagedOp>, Vec<FileChange>), Failure> {
    let request = StartDreamRequest {
        user_id: user.to_owned(),
        mode: DreamMode::Apply.into(),
        curator: Curator::Builtin.into(),
        as_of: AS_OF.to_owned(),
        request_id: request_id(),
        ..StartDreamRequest::default()
    };
    let (dream, _) = start(operator, request).await?;
    let dream = ended(operator, dream, PATIENCE).await?;
    let request = GetChangesetRequest { dream_id: dream.dream_id.clone() };
    let changeset = operator.call(|| async { operator.dreams().get_changeset(request.clone()).await }).await?;
    Ok((changeset.dream.unwrap_or(dream), changeset.ops, changeset.files))
}
