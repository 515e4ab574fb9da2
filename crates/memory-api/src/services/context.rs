//! What every RPC needs: authentication, the store, the guards, and the log row of what is refused before the store.

use std::future::Future;
use std::sync::Arc;

use memex_core::actor::Operation;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use memex_runtime::lifecycle::Shutdown;
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use crate::auth::{Caller, Tokens};
use crate::error::{Error, Result};
use crate::guards::Guards;
use crate::store::Store;

/// Shared by all services: cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Postgres.
    pub store: Store,
    /// Who calls.
    pub tokens: Tokens,
    /// Which rules are enforced.
    pub guards: Guards,
    /// Heard by streams, which end with the service.
    pub shutdown: Shutdown,
}

/// What the access log says of a call that is refused before a statement logs it.
#[derive(Clone, Debug, Default)]
pub struct About {
    /// The scope, where the call has one; else the workspace's shared scope.
    pub scope: Option<i64>,
    /// The path, where it is canonical.
    pub path: String,
}

impl Context {
    /// The scope of a user who has memory.
    ///
    /// # Errors
    /// USER_NOT_FOUND.
    pub async fn known_scope(&self, caller: &Caller, user: &UserId) -> Result<i64> {
        let missing = || Refusal::new(ErrorReason::UserNotFound, "this user has no memory yet; a first write makes it");
        Ok(self.store.find_scope(caller.workspace_id, Some(user)).await?.ok_or_else(missing)?)
    }

    /// Authenticates, runs `handle`, logs what it refuses, and makes the answer: the frame of every RPC.
    /// `handle` fills in `About` as soon as it knows more, so that the refusal's row says it.
    pub async fn answer<T, F, H>(
        &self,
        metadata: &MetadataMap,
        operation: Operation,
        handle: H,
    ) -> Result<Response<T>, Status>
    where
        H: FnOnce(Caller, AboutCell) -> F,
        F: Future<Output = Result<T>>,
    {
        let caller = self.tokens.caller(metadata, operation).await?;
        let about = AboutCell::default();
        let result = handle(caller.clone(), about.clone()).await;
        if let Err(Error::Refused { refusal, logged: false }) = &result {
            let About { scope, path } = about.take();
            // A worker's refusal outside any scope belongs to no workspace: it is counted and traced, not logged.
            let scope = match scope {
                None if caller.workspace_id != 0 => Some(self.store.shared_scope(caller.workspace_id).await?),
                known => known,
            };
            if let Some(scope) = scope {
                self.store.log_refusal(scope, operation, &path, refusal.reason, &caller).await?;
            }
        }
        Ok(Response::new(result?))
    }
}

/// `About` as the handler learns it.
#[derive(Clone, Debug, Default)]
pub struct AboutCell(Arc<std::sync::Mutex<About>>);

impl AboutCell {
    /// The call is about this scope.
    pub fn scope(&self, scope: i64) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).scope = Some(scope);
    }

    /// The call is about this canonical path.
    pub fn path(&self, path: &str) {
        path.clone_into(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).path);
    }

    fn take(&self) -> About {
        std::mem::take(&mut self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}
