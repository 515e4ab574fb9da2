//! BatchReadFiles: up to a hundred files, each with its own result.

use memex_core::actor::Operation;
use memex_core::limits;
use memex_core::path::{MemoryPath, ScopeKind};
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use memex_proto::v1::batch_read_files_result::Result as Answer;
use memex_runtime::server::MAX_MESSAGE_BYTES;

use super::as_proposed::AsProposed;
use super::in_dream;
use super::place::whose;
use crate::auth::Caller;
use crate::convert::file_message::file;
use crate::error::{Error, Result, field};
use crate::services::context::{AboutCell, Context};
use crate::store::files::{Asked, Found};

/// Bytes of text that one answer holds: a message's size less what paths, hashes and times take.
pub(super) const MAX_TEXTS_BYTES: usize = MAX_MESSAGE_BYTES - 512 * 1024;

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::BatchReadFilesRequest,
) -> Result<pb::BatchReadFilesResponse> {
    if let Some(dream) = caller.dream {
        about.scope(dream.id.scope);
    }
    let paths = parse(&request.paths)?;
    if let Some(dream) = caller.dream {
        return in_dream::batch_read_files(context, &caller, dream, request.paths, &paths).await;
    }
    let asked = asked(context, &caller, &request.user_id, &paths).await?;
    let proposed = AsProposed::of(context, &caller, asked.iter().find_map(|one| one.scope)).await?;
    let limit = i64::try_from(MAX_TEXTS_BYTES).unwrap_or(i64::MAX);
    let found = context.store.read_files(&asked, limit, Operation::BatchRead, &caller).await?;
    if found.iter().any(|found| matches!(found, Found::TooMuch)) {
        return Err(Error::logged(too_much()));
    }
    let seen = |(one, found): (&Asked, Found)| proposed.found(&one.path, found);
    let found: Vec<Found> = asked.iter().zip(found).map(seen).collect();
    let results = request.paths.into_iter().zip(paths).zip(found).map(|((path, parsed), found)| {
        let answer = match found {
            Found::File(row, content) => {
                Answer::File(pb::FileContent { file: Some(file(row)), content, origins: Vec::new() })
            }
            _ if parsed.is_none() => Answer::Reason(ErrorReason::InvalidPath.into()),
            _ => Answer::Reason(ErrorReason::FileNotFound.into()),
        };
        pb::BatchReadFilesResult { path, result: Some(answer) }
    });
    Ok(pb::BatchReadFilesResponse { results: results.collect() })
}

/// The texts do not fit into one message.
pub(super) fn too_much() -> Refusal {
    let message = "the texts together are over 3.5 MiB; ask for fewer paths at once";
    Refusal::new(ErrorReason::MessageTooLarge, message)
}

/// The paths; `None` for one that is refused by itself.
fn parse(paths: &[String]) -> Result<Vec<Option<MemoryPath>>, Refusal> {
    if paths.is_empty() || paths.len() > limits::MAX_BATCH_READ {
        return Err(field("paths", format!("must be 1 to {}", limits::MAX_BATCH_READ)));
    }
    // Each is in the answer as it came, refused or not.
    if let Some(at) = paths.iter().position(|path| path.len() > limits::MAX_PATH_SPELLING_BYTES) {
        let most = limits::MAX_PATH_SPELLING_BYTES;
        return Err(field("paths", format!("number {} is longer than any path: at most {most} bytes", at + 1)));
    }
    Ok(paths.iter().map(|path| MemoryPath::parse(path).ok()).collect())
}

/// Where each path is looked for, and where its log row goes: a refused path's to the user, where there is one.
async fn asked(context: &Context, caller: &Caller, user_id: &str, paths: &[Option<MemoryPath>]) -> Result<Vec<Asked>> {
    let only_shared = paths.iter().flatten().all(|path| path.scope_kind() == ScopeKind::Shared);
    let nobody = only_shared && user_id.is_empty() && caller.bound_user.is_none();
    let kind = if nobody { ScopeKind::Shared } else { ScopeKind::User };
    let whose = whose(context, caller, user_id, kind)?;
    let shared = context.store.shared_scope(caller.workspace_id).await?;
    let user = context.store.find_scope(whose.workspace_id, whose.user.as_ref()).await?;
    let [of_shared, of_user] =
        [context.store.log_place(Some(shared), caller).await?, context.store.log_place(user, caller).await?];
    let each = paths.iter().map(|path| match path {
        Some(path) => {
            let (scope, log) = match path.scope_kind() {
                ScopeKind::Shared => (Some(shared), of_shared),
                ScopeKind::User => (user, of_user),
            };
            Asked { scope, log, path: path.as_str().to_owned(), refused: ErrorReason::Unspecified }
        }
        None => Asked { scope: None, log: of_user, path: String::new(), refused: ErrorReason::InvalidPath },
    });
    Ok(each.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_has_1_to_100_paths_and_each_is_judged_by_itself() {
        let paths = |count| vec!["user/a.md".to_owned(); count];
        assert!(parse(&paths(1)).is_ok() && parse(&paths(100)).is_ok());
        assert!(parse(&paths(0)).is_err() && parse(&paths(101)).is_err());
        assert!(parse(&["x".repeat(limits::MAX_PATH_SPELLING_BYTES)]).is_ok_and(|parsed| parsed[0].is_none()));
        assert!(parse(&["user/a.md".into(), "x".repeat(limits::MAX_PATH_SPELLING_BYTES + 1)]).is_err());
        let parsed = parse(&["user/a.md".into(), "../b".into()]).unwrap();
        assert!(parsed[0].is_some() && parsed[1].is_none());
    }
}
