//! SearchFiles: passages by the words of a question.

use std::ops::Range;

use memex_core::actor::Operation;
use memex_core::limits::{DEFAULT_PASSAGES, MAX_PASSAGES};
use memex_core::path::PathPrefix;
use memex_core::search::{Passage, Weights, search};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;

use super::ranking::{Ranking, aside};
use super::reach::{Reach, query};
use crate::auth::Caller;
use crate::convert::{invalid_path, timestamp};
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::store::search::HeadText;

pub(super) async fn handle(
    context: &Context,
    ranking: &Ranking,
    caller: Caller,
    about: AboutCell,
    request: pb::SearchFilesRequest,
) -> Result<pb::SearchFilesResponse> {
    let prefix = PathPrefix::parse(&request.prefix).map_err(|refusal| invalid_path("prefix", &refusal))?;
    let reach = Reach::of(context, &caller, &about, &request.user_id, prefix).await?;
    query(&request.query, 1)?;
    let limit = limit(request.limit)?;
    let place = reach.place(ranking).await?;
    let heads = reach.texts(context, &caller, Operation::Search).await?;
    let passages = aside(place, move || {
        let texts: Vec<&str> = heads.iter().map(|head| head.text.as_deref().unwrap_or("")).collect();
        let found = search(&texts, &request.query, limit, &Weights::default());
        found.into_iter().map(|one| passage(&heads[one.text], texts[one.text], one)).collect()
    });
    Ok(pb::SearchFilesResponse { passages: passages.await? })
}

fn limit(asked: i32) -> Result<usize, Refusal> {
    match usize::try_from(asked) {
        Ok(0) => Ok(DEFAULT_PASSAGES),
        Ok(limit) if limit <= MAX_PASSAGES => Ok(limit),
        _ => Err(field("limit", format!("must be 1 to {MAX_PASSAGES}, or 0 for {DEFAULT_PASSAGES}"))),
    }
}

fn passage(head: &HeadText, text: &str, found: Passage) -> pb::Passage {
    let range = |range: Range<usize>| pb::ByteRange { start: number(range.start), end: number(range.end) };
    pb::Passage {
        path: head.path.clone(),
        version: head.version,
        heading: found.heading,
        first_line: number(found.first_line),
        last_line: number(found.last_line),
        snippet: text[found.bytes].to_owned(),
        highlights: found.highlights.into_iter().map(range).collect(),
        score: found.score,
        updated_at: Some(timestamp(head.updated_at)),
    }
}

/// A text has at most a mebibyte, so that its bytes and lines fit.
fn number(value: usize) -> i32 {
    i32::try_from(value).unwrap_or(i32::MAX)
}
