//! Listing and reading within a dream.

use std::collections::HashMap;

use memex_core::actor::Operation;
use memex_core::path::MemoryPath;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_proto::v1::batch_read_files_result::Result as Answer;
use memex_runtime::server::MAX_MESSAGE_BYTES;
use prost::Message as _;

use super::super::batch_read_files::too_much;
use super::super::list_files::Ask;
use super::denied::denied;
use super::sees;
use crate::auth::{Caller, DreamContext};
use crate::convert;
use crate::convert::file_message::{file, not_found};
use crate::error::{Error, Result};
use crate::services::context::{AboutCell, Context};
use crate::store::dream_view::SeenFile;
use crate::store::line_origins::LineOrigins;

pub(in super::super) async fn list_files(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    ask: Ask,
) -> Result<pb::ListFilesResponse> {
    let rows = match context.store.dream_list(dream, &ask.range, caller).await? {
        Ok(rows) => rows,
        Err(refused) => return Err(denied(context, caller, dream, refused, true).await?),
    };
    let guards = context.guards;
    Ok(ask.page(rows, |path| MemoryPath::parse(path).is_ok_and(|path| sees(guards, &path))))
}

pub(in super::super) async fn read_file(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    about: &AboutCell,
    path: &str,
) -> Result<pb::ReadFileResponse> {
    let path = convert::path(path)?;
    about.path(path.as_str());
    if !sees(context.guards, &path) {
        return Err(not_found().into());
    }
    let mut seen = seen(context, caller, dream, &[path.as_str()], Operation::Read).await?;
    let content = seen.remove(path.as_str()).ok_or_else(|| Error::logged(not_found()))?;
    Ok(pb::ReadFileResponse { file: Some(content) })
}

/// `paths` are those of `asked`, `None` for one that is no path.
pub(in super::super) async fn batch_read_files(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    asked: Vec<String>,
    paths: &[Option<MemoryPath>],
) -> Result<pb::BatchReadFilesResponse> {
    let (shown, hidden): (Vec<&MemoryPath>, Vec<&MemoryPath>) =
        paths.iter().flatten().partition(|path| sees(context.guards, path));
    let shown: Vec<&str> = shown.into_iter().map(MemoryPath::as_str).collect();
    let seen = seen(context, caller, dream, &shown, Operation::BatchRead).await?;
    let malformed = paths.iter().filter(|path| path.is_none()).map(|_| ("", ErrorReason::InvalidPath));
    let refused: Vec<(&str, ErrorReason)> =
        hidden.into_iter().map(|path| (path.as_str(), ErrorReason::FileNotFound)).chain(malformed).collect();
    if !refused.is_empty() {
        context.store.log_refused(dream, Operation::BatchRead, &refused, caller).await?;
    }
    let results = asked.into_iter().zip(paths).map(|(asked, path)| {
        let answer = match path {
            None => Answer::Reason(ErrorReason::InvalidPath.into()),
            Some(path) => match seen.get(path.as_str()) {
                Some(content) => Answer::File(content.clone()),
                None => Answer::Reason(ErrorReason::FileNotFound.into()),
            },
        };
        pb::BatchReadFilesResult { path: asked, result: Some(answer) }
    });
    let response = pb::BatchReadFilesResponse { results: results.collect() };
    if response.encoded_len() > MAX_MESSAGE_BYTES {
        return Err(Error::logged(too_much()));
    }
    Ok(response)
}

/// The files that there are, by path, with where their lines come from.
async fn seen(
    context: &Context,
    caller: &Caller,
    dream: DreamContext,
    paths: &[&str],
    operation: Operation,
) -> Result<HashMap<String, pb::FileContent>> {
    let files = match context.store.dream_read(dream, paths, Some(operation), caller).await? {
        Ok(files) => files,
        // The statement logs each path that it is given: of none, it has logged nothing.
        Err(refused) => return Err(denied(context, caller, dream, refused, !paths.is_empty()).await?),
    };
    let bases: Vec<_> = files.iter().filter_map(|file| file.base).collect();
    let known = context.store.line_origins(dream.id.scope, &bases).await?;
    let none = LineOrigins::default();
    let contents = files.into_iter().map(|SeenFile { row, text, base }| {
        let known = base.and_then(|(file_id, _)| known.get(&file_id)).map_or(&none, |known| known.as_ref());
        let origins = known.of(&text).into_iter().map(convert::origin_out).collect();
        (row.path.clone(), pb::FileContent { file: Some(file(row)), content: text, origins })
    });
    Ok(contents.collect())
}
