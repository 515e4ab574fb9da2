//! BlameFile: which revision brought each line, and from when until when it was said where dreams dropped copies for it.

use memex_core::actor::Operation;
use memex_core::blame::Blame;
use memex_core::ids::{DreamId, RevisionId};
use memex_proto::v1 as pb;

use super::diff_revisions::{fits, missing, version};
use crate::auth::Caller;
use crate::convert::file_message::not_found;
use crate::convert::revision_message::redacted;
use crate::convert::{origin_out, source_out, timestamp};
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context};
use crate::services::memory::place::place;
use crate::store::earlier::Version;
use crate::store::revisions::RevisionRow;

/// Revisions that are read at once: with the largest texts 16 MiB.
const PAGE: i64 = 16;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::BlameFileRequest,
) -> Result<pb::BlameFileResponse> {
    let place = place(context, &caller, &about, &request.user_id, &request.path).await?;
    let asked = version("version", request.version)?;
    let Some(scope) = place.scope else { return Err(missing(asked).into()) };
    let path = place.path.as_str();
    let last = context.store.version_of(scope, path, asked).await?.ok_or_else(|| missing(asked))?;
    if last.row.redacted {
        return Err(redacted().into());
    }
    let Some(text) = &last.text else { return Err(not_found().into()) };
    let origins = context.store.line_origins_after_drops(scope, (last.file_id, last.row.version)).await?;
    let said = origins.map(|origins| origins.of(text)).unwrap_or_default();
    let walk = walk(context, scope, &last).await?;
    let mut lines = walk.lines(scope);
    for (line, origin) in lines.iter_mut().zip(said) {
        let pb::LineOrigin { first_said, last_said, .. } = origin_out(origin);
        (line.first_said, line.last_said) = (first_said, last_said);
    }
    let answer = pb::BlameFileResponse { version: last.row.version, lines };
    fits(&answer)?;
    context.store.log_ok(scope, Operation::Blame, path, &caller).await?;
    Ok(answer)
}

/// A file followed from its first revision on.
#[derive(Default)]
struct Walk {
    blame: Blame<usize>,
    /// The revisions that a line may have come with, by their places.
    revisions: Vec<RevisionRow>,
}

impl Walk {
    /// A redacted revision is passed over: what it brought is the next one's. A deletion leaves no line.
    fn follow(&mut self, versions: Vec<Version>) {
        for version in versions.into_iter().filter(|version| !version.row.redacted) {
            self.blame.revise(version.text.unwrap_or_default(), self.revisions.len());
            self.revisions.push(version.row);
        }
    }

    fn lines(&self, scope: i64) -> Vec<pb::BlameLine> {
        let rows = self.blame.lines().filter_map(|(text, origin)| Some((text, self.revisions.get(origin)?)));
        rows.zip(1..).map(|((text, row), number)| line(scope, number, text, row)).collect()
    }
}

fn line(scope: i64, number: i32, text: &str, row: &RevisionRow) -> pb::BlameLine {
    pb::BlameLine {
        number,
        text: text.to_owned(),
        revision_id: RevisionId { scope, sequence: row.sequence }.to_string(),
        version: row.version,
        actor: row.actor.clone(),
        source: source_out(row.source).into(),
        created_at: Some(timestamp(row.at)),
        dream_id: row.dream_id.map(|id| DreamId { scope, id }.to_string()).unwrap_or_default(),
        ..pb::BlameLine::default()
    }
}

/// Reads page by page, so that a long history is never in memory as a whole.
async fn walk(context: &Context, scope: i64, last: &Version) -> Result<Walk> {
    let (mut walk, mut after) = (Walk::default(), 0);
    while after < last.row.version {
        let page = context.store.versions(scope, last.file_id, (after, last.row.version), PAGE).await?;
        let Some(newest) = page.last() else { break };
        after = newest.row.version;
        walk = tokio::task::spawn_blocking(move || {
            walk.follow(page);
            walk
        })
        .await
        .map_err(|_| Error::Unexpected("a walk through a history panicked"))?;
    }
    Ok(walk)
}
