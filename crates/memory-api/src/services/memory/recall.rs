//! Recall: the working set for the next session.

use memex_core::actor::Operation;
use memex_core::limits::{DEFAULT_RECALL_BYTES, MAX_RECALL_BYTES, MIN_RECALL_BYTES};
use memex_core::path::PathPrefix;
use memex_core::recall::{CurrentFile, Ground, Recalled, recall};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;

use super::ranking::{Ranking, aside};
use super::reach::{Reach, query};
use crate::auth::Caller;
use crate::convert::invalid_path;
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::store::search::HeadText;

pub(super) async fn handle(
    context: &Context,
    ranking: &Ranking,
    caller: Caller,
    about: AboutCell,
    request: pb::RecallRequest,
) -> Result<pb::RecallResponse> {
    let all = PathPrefix::parse("").map_err(|refusal| invalid_path("prefix", &refusal))?;
    let reach = Reach::of(context, &caller, &about, &request.user_id, all).await?;
    query(&request.query, 0)?;
    let max_bytes = max_bytes(request.max_bytes)?;
    let place = reach.place(ranking).await?;
    let heads = reach.texts(context, &caller, Operation::Recall).await?;
    aside(place, move || {
        let files: Vec<CurrentFile<'_>> = heads.iter().map(current).collect();
        let recalled = recall(&files, &request.query, max_bytes);
        let messages = |all: Vec<Recalled>| all.into_iter().map(|one| message(&heads[one.file], one)).collect();
        pb::RecallResponse {
            content: recalled.content,
            files: messages(recalled.files),
            left_out: messages(recalled.left_out),
        }
    })
    .await
}

fn max_bytes(asked: i32) -> Result<usize, Refusal> {
    match usize::try_from(asked) {
        Ok(0) => Ok(DEFAULT_RECALL_BYTES),
        Ok(bytes) if (MIN_RECALL_BYTES..=MAX_RECALL_BYTES).contains(&bytes) => Ok(bytes),
        _ => {
            let rule = format!("must be {MIN_RECALL_BYTES} to {MAX_RECALL_BYTES}, or 0 for {DEFAULT_RECALL_BYTES}");
            Err(field("max_bytes", rule))
        }
    }
}

fn current(head: &HeadText) -> CurrentFile<'_> {
    CurrentFile { path: &head.path, version: head.version, updated_at: head.updated_at, text: head.text.as_deref() }
}

fn message(head: &HeadText, recalled: Recalled) -> pb::RecalledFile {
    let ground = match recalled.ground {
        Ground::Pinned => pb::RecallGround::Pinned,
        Ground::Linked => pb::RecallGround::Linked,
        Ground::Relevant => pb::RecallGround::Relevant,
        Ground::Recent => pb::RecallGround::Recent,
    };
    pb::RecalledFile {
        path: head.path.clone(),
        version: head.version,
        ground: ground.into(),
        size_bytes: head.size.into(),
        // A block has at most a million bytes.
        taken_bytes: i64::try_from(recalled.taken_bytes).unwrap_or(i64::MAX),
    }
}
