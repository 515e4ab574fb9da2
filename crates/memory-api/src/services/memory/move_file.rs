//! MoveFile: one revision at the new path; id and history come along.

use memex_core::path::MemoryPath;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;

use super::delete_file::expected;
use super::place::{Place, place, writable};
use crate::auth::Caller;
use crate::convert;
use crate::convert::file_message::{changed, not_found};
use crate::error::{Result, field};
use crate::services::context::{AboutCell, Context};
use crate::services::request::{CallDigest, request_id};
use crate::store::commit::{Conflict, Move, Outcome, RequestKey};

pub(super) async fn handle(
    context: &Context,
    caller: Caller,
    about: AboutCell,
    request: pb::MoveFileRequest,
) -> Result<pb::MoveFileResponse> {
    let place = place(context, &caller, &about, &request.user_id, &request.path).await?;
    writable(&caller, &place.path, false)?;
    let new_path = new_path(&request.new_path)?;
    about.path(new_path.as_str());
    writable(&caller, &new_path, false)?;
    one_scope(&place.path, &new_path)?;
    about.path(place.path.as_str());
    // Nobody's first call is a move: it would open a scope for nothing.
    let one = one(&caller, &place, new_path, &request)?.ok_or_else(not_found)?;
    let outcome = match context.store.move_file(&one).await? {
        Outcome::NoSuchScope => {
            context.store.forget_scope(place.whose.workspace_id, place.whose.user.as_ref());
            return Err(not_found().into());
        }
        outcome => outcome,
    };
    let changed = changed(one.scope, &one.new_path, outcome, Conflict::Stale)?;
    Ok(pb::MoveFileResponse { file: Some(changed.file), changed: changed.changed, revision_id: changed.revision_id })
}

/// The move; `None` where there is no scope yet.
fn one(caller: &Caller, place: &Place, new_path: MemoryPath, request: &pb::MoveFileRequest) -> Result<Option<Move>> {
    let reason = convert::reason(&request.reason)?;
    let expected = expected(request.expected_version)?;
    let id = request_id(&request.request_id)?;
    let digest = CallDigest::of("MoveFile")
        .optional(place.whose.user.as_ref().map(|user| user.as_str().as_bytes()))
        .text(place.path.as_str())
        .text(new_path.as_str())
        .optional(expected.map(i64::to_be_bytes).as_ref().map(<[u8; 8]>::as_slice))
        .text(&reason)
        .finish();
    Ok(place.scope.map(|scope| Move {
        scope,
        path: place.path.clone(),
        new_path,
        expected,
        request: id.map(|id| RequestKey { id, digest }),
        actor: caller.actor.clone(),
        principal: caller.token_id,
        reason,
    }))
}

/// The path that the file gets.
fn new_path(path: &str) -> Result<MemoryPath, Refusal> {
    MemoryPath::parse(path).map_err(|refusal| convert::invalid_path("new_path", &refusal))
}

/// A file's history is its scope's: it cannot be taken to another.
fn one_scope(path: &MemoryPath, new_path: &MemoryPath) -> Result<(), Refusal> {
    if path.scope_kind() == new_path.scope_kind() {
        return Ok(());
    }
    Err(field("new_path", "must begin as path does: a file moves within user/ or within shared/"))
}

#[cfg(test)]
mod tests {
    use memex_core::actor::Role;
    use uuid::Uuid;

    use super::*;
    use crate::store::scopes::ScopeKey;

    fn digest(alter: impl FnOnce(&mut pb::MoveFileRequest)) -> [u8; 32] {
        let mut request = pb::MoveFileRequest {
            path: "user/a.md".into(),
            new_path: "user/b.md".into(),
            request_id: "7f1f3a52-7e4c-4f0e-9d3c-0a9a2f1d8f11".into(),
            ..Default::default()
        };
        alter(&mut request);
        let path = MemoryPath::parse(&request.path).unwrap();
        let place = Place { whose: ScopeKey { workspace_id: 1, user: None }, scope: Some(1), path };
        let caller = Caller {
            token_id: Uuid::nil(),
            workspace_id: 1,
            role: Role::Agent,
            bound_user: None,
            actor: "a".into(),
            dream: None,
            proposal: None,
        };
        let to = new_path(&request.new_path).unwrap();
        one(&caller, &place, to, &request).unwrap().unwrap().request.unwrap().digest
    }

    #[test]
    fn a_digest_differs_with_each_field() {
        let mut digests = vec![
            digest(|_| ()),
            digest(|request| request.path = "user/c.md".into()),
            digest(|request| request.new_path = "user/c.md".into()),
            digest(|request| request.expected_version = Some(1)),
            digest(|request| request.reason = "tidied".into()),
        ];
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 5);
    }

    #[test]
    fn a_file_moves_within_its_scope() {
        let path = |text| MemoryPath::parse(text).unwrap();
        assert!(one_scope(&path("user/a.md"), &path("user/b/c.md")).is_ok());
        assert!(one_scope(&path("shared/a.md"), &path("user/a.md")).is_err());
    }
}
