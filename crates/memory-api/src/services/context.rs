//! What every RPC needs: authentication, the store, the guards, and the log row of what is refused before the store.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures::FutureExt as _;
use memex_core::actor::Operation;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use memex_runtime::lifecycle::Shutdown;
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use crate::auth::{Caller, Tokens};
use crate::doors::{self, Point};
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
        Ok(self.store.find_scope(caller.workspace_id, Some(user)).await?.ok_or_else(user_not_found)?)
    }

    /// Authenticates, runs `handle`, logs what it refuses, fails or panics in, and makes the answer: the frame of every RPC.
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
        let handled = async {
            doors::pass(Point::InACall).await;
            handle(caller.clone(), about.clone()).await
        };
        let handled = AssertUnwindSafe(handled).catch_unwind().await;
        let about = about.take();
        let result = match handled {
            Ok(result) => result,
            Err(panic) => {
                self.log_failed(operation, about, &Error::Unexpected("a call panicked"), &caller).await;
                // What answers a panic stands around all services.
                resume_unwind(panic)
            }
        };
        let result = match result {
            Err(error @ Error::Refused { logged: false, .. }) => {
                Err(self.log_refused(operation, about, error, &caller).await?)
            }
            Err(error @ (Error::Database(_) | Error::Unexpected(_))) => {
                self.log_failed(operation, about, &error, &caller).await;
                Err(error)
            }
            result => result,
        };
        Ok(Response::new(result?))
    }

    /// Logs a failure, as well as can be: what failed may be Postgres. Its statement was undone, and so is the row it had.
    async fn log_failed(&self, operation: Operation, about: About, error: &Error, caller: &Caller) {
        let scope = match about.scope {
            Some(scope) => scope,
            // A worker's failure outside any scope belongs to no workspace.
            None if caller.workspace_id == 0 => return,
            None => match self.store.shared_scope(caller.workspace_id).await {
                Ok(shared) => shared,
                Err(_) => return,
            },
        };
        self.store.log_failure(scope, operation, &about.path, error.told_reason(), caller).await;
    }

    /// Logs a refusal and gives it back, or USER_ERASED where that came between.
    async fn log_refused(&self, operation: Operation, about: About, error: Error, caller: &Caller) -> Result<Error> {
        let mut error = error;
        if let Some(scope) = about.scope.filter(|_| !error.is_of_an_erased_scope()) {
            let reason = error.reason().unwrap_or_default();
            match self.store.log_refusal(scope, operation, &about.path, reason, caller).await {
                Ok(()) => return Ok(error),
                Err(gone) if !gone.is_of_an_erased_scope() => return Err(gone),
                // A worker keeps its answer, which tells it what became of its dream.
                Err(gone) if caller.workspace_id != 0 => error = gone,
                Err(_) => {}
            }
        }
        if error.is_of_an_erased_scope() {
            about.scope.into_iter().for_each(|scope| self.store.forget_erased_scope(scope));
        }
        // A worker's refusal outside any scope belongs to no workspace: it is counted and traced, not logged.
        if caller.workspace_id != 0 {
            // Of an erased user not even the path.
            let path = if error.is_of_an_erased_scope() { "" } else { &about.path };
            let shared = self.store.shared_scope(caller.workspace_id).await?;
            self.store.log_refusal(shared, operation, path, error.reason().unwrap_or_default(), caller).await?;
        }
        Ok(error)
    }
}

/// The refusal of a user who has no memory.
pub fn user_not_found() -> Refusal {
    Refusal::new(ErrorReason::UserNotFound, "this user has no memory yet; a first write makes it")
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
