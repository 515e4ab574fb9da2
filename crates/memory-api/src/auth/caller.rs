//! A principal who has authenticated, and the user that a call of theirs is about.

use memex_core::actor::Role;
use memex_core::ids::DreamId;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use uuid::Uuid;

use crate::error::{Result, field};

/// Who calls.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The token's id: the principal of revisions and log rows.
    pub token_id: Uuid,
    /// The workspace the token belongs to; 0 for a worker's, which belongs to the deployment.
    pub workspace_id: i64,
    /// What it may do.
    pub role: Role,
    /// The user it is bound to.
    pub bound_user: Option<UserId>,
    /// The name written on revisions and the access log.
    pub actor: String,
    /// The dream within which a worker calls; `None` for anybody else, whatever metadata they send.
    pub dream: Option<DreamContext>,
    /// The proposal that the call reads memory through; the token's own, or the one that the metadata name.
    pub proposal: Option<DreamId>,
}

/// The dream within which a call is made, as the worker says it; the store checks the lease in the same statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DreamContext {
    /// The dream and its scope.
    pub id: DreamId,
    /// The number that proves the lease.
    pub fence: i64,
}

impl Caller {
    /// The user of a call: the bound one, else the one asked for. `guard` false lets a bound token ask for another.
    pub fn user(&self, asked: &str, guard: bool) -> Result<UserId> {
        match &self.bound_user {
            Some(bound) if asked.is_empty() || bound.as_str() == asked => Ok(bound.clone()),
            Some(_) if guard => Err(wrong_user().into()),
            _ if asked.is_empty() => Err(field("user_id", "is required: this token is not bound to a user").into()),
            _ => Ok(UserId::parse(asked).map_err(|refusal| field("user_id", refusal.to_string()))?),
        }
    }
}

/// The one answer to everything outside the caller's own user or workspace, existing or not.
pub fn wrong_user() -> Refusal {
    Refusal::new(ErrorReason::WrongUser, "this token does not reach that user or workspace")
}
