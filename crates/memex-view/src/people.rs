//! Users, tokens and erasures.

use std::collections::BTreeMap;

use memex_proto::v1::{ErasureStatus, Token, User};
use serde::Serialize;

use crate::words::{time, word};

/// A user of the workspace.
#[derive(Debug, Serialize)]
pub struct UserView {
    pub user_id: String,
    pub files: i64,
    pub size_bytes: i64,
    pub sequence: i64,
    pub created_at: Option<String>,
    pub changed_at: Option<String>,
    pub paused: bool,
    pub pause_reason: String,
    pub parked: bool,
    pub new_changes: i64,
    pub due_at: Option<String>,
    /// By name.
    pub values: BTreeMap<String, String>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            user_id: user.user_id,
            files: user.files,
            size_bytes: user.size_bytes,
            sequence: user.sequence,
            created_at: time(user.created_at),
            changed_at: time(user.changed_at),
            paused: user.paused,
            pause_reason: user.pause_reason,
            parked: user.parked,
            new_changes: user.new_changes,
            due_at: time(user.due_at),
            values: user.values.into_iter().collect(),
        }
    }
}

/// A token, without its value.
#[derive(Debug, Serialize)]
pub struct TokenView {
    pub token_id: String,
    pub role: String,
    pub user_id: String,
    pub actor: String,
    pub created_at: Option<String>,
    pub created_by: String,
    pub expires_at: Option<String>,
    pub revoked_at: Option<String>,
}

impl From<Token> for TokenView {
    fn from(token: Token) -> Self {
        Self {
            role: word(token.role().as_str_name(), "ROLE_"),
            token_id: token.token_id,
            user_id: token.user_id,
            actor: token.actor,
            created_at: time(token.created_at),
            created_by: token.created_by,
            expires_at: time(token.expires_at),
            revoked_at: time(token.revoked_at),
        }
    }
}

/// How far an erasure is.
#[derive(Debug, Serialize)]
pub struct ErasureView {
    pub state: String,
    pub requested_at: Option<String>,
    pub done_at: Option<String>,
    pub deleted_rows: i64,
    pub token_id: String,
}

impl From<ErasureStatus> for ErasureView {
    fn from(erasure: ErasureStatus) -> Self {
        Self {
            state: word(erasure.state().as_str_name(), "ERASURE_STATE_"),
            requested_at: time(erasure.requested_at),
            done_at: time(erasure.done_at),
            deleted_rows: erasure.deleted_rows,
            token_id: erasure.token_id,
        }
    }
}
