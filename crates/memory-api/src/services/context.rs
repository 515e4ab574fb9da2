//! What every RPC needs: authentication, the store, the guards, and the log row of what is refused before the store.

use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use futures::FutureExt as _;
use memex_core::actor::Operation;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use memex_runtime::failpoints::{self, Point};
use memex_runtime::lifecycle::Shutdown;
use tonic::metadata::MetadataMap;
use tonic::{Response, Status};

use crate::auth::{Caller, Tokens, admit, wrong_user};
use crate::dream_meters::DreamMeters;
use crate::error::{Error, Result};
use crate::guards::Guards;
use crate::store::Store;
use crate::store::log_place::LogPlace;

/// Shared by all services: cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// Postgres.
    pub store: Store,
    /// Who calls.
    pub tokens: Tokens,
    /// Which rules are enforced.
    pub guards: Guards,
    /// What dreams count.
    pub meters: DreamMeters,
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
        let answer = self.logged_answer(metadata, operation, handle).await;
        Ok(Response::new(answer.map_err(|error| self.store.overloaded_or_away(error))?))
    }

    async fn logged_answer<T, F, H>(&self, metadata: &MetadataMap, operation: Operation, handle: H) -> Result<T>
    where
        H: FnOnce(Caller, AboutCell) -> F,
        F: Future<Output = Result<T>>,
    {
        let caller = self.tokens.caller(metadata).await?;
        let about = AboutCell::default();
        let (caller, handled) = match admit(caller.clone(), metadata, operation) {
            Ok(admitted) => {
                let handled = async {
                    failpoints::pass(Point::InACall).await;
                    handle(admitted.clone(), about.clone()).await
                };
                let handled = AssertUnwindSafe(handled).catch_unwind().await;
                (admitted, handled)
            }
            Err(refusal) => (caller, Ok(Err(refusal))),
        };
        let about = about.take();
        let result = match handled {
            Ok(result) => result,
            Err(panic) => {
                self.log_failed(operation, about, &Error::Unexpected("a call panicked"), &caller).await;
                // What answers a panic stands around all services.
                resume_unwind(panic)
            }
        };
        match result.map_err(|error| self.store.overloaded_or_away(error)) {
            Err(error @ Error::Refused { logged: false, .. }) => {
                Err(self.log_refused(operation, about, error, &caller).await?)
            }
            Err(
                error @ (Error::Database(_)
                | Error::Unwritable { .. }
                | Error::Away
                | Error::Overloaded
                | Error::Unexpected(_)),
            ) => {
                self.log_failed(operation, about, &error, &caller).await;
                Err(error)
            }
            result => result,
        }
    }

    /// Logs a failure, as well as can be: what failed may be Postgres. Its statement was undone, and so is the row it had.
    async fn log_failed(&self, operation: Operation, about: About, error: &Error, caller: &Caller) {
        let place = match self.place_of(&about, caller).await {
            Ok(place) => place,
            Err(_) => self.store.shared_scope(caller.workspace_id).await.ok().map(LogPlace::shared),
        };
        if let Some(place) = place {
            self.store.log_failure(place, operation, &about.path, error.told_reason(), caller).await;
        }
    }

    /// Logs a refusal and gives it back, or USER_ERASED where that came between.
    async fn log_refused(&self, operation: Operation, about: About, error: Error, caller: &Caller) -> Result<Error> {
        let mut error = error;
        if !error.is_of_an_erased_scope() {
            match self.log_where_it_belongs(operation, &about, &error, caller).await {
                Ok(()) => return Ok(error),
                Err(gone) if !gone.is_of_an_erased_scope() => return Err(gone),
                // A worker keeps its answer, which tells it what became of its dream.
                Err(gone) if caller.workspace_id != 0 => error = gone,
                Err(_) => {}
            }
        }
        about.scope.into_iter().for_each(|scope| self.store.forget_erased_scope(scope));
        if caller.workspace_id != 0 {
            caller.bound_user.iter().for_each(|user| self.store.forget_scope(caller.workspace_id, Some(user)));
            // Of an erased user not even the path.
            let place = LogPlace::shared(self.store.shared_scope(caller.workspace_id).await?);
            self.store.log_refusal(place, operation, "", error.reason().unwrap_or_default(), caller).await?;
        }
        Ok(error)
    }

    async fn log_where_it_belongs(
        &self,
        operation: Operation,
        about: &About,
        error: &Error,
        caller: &Caller,
    ) -> Result<()> {
        let Some(place) = self.place_of(about, caller).await? else { return Ok(()) };
        self.store.log_refusal(place, operation, &about.path, error.reason().unwrap_or_default(), caller).await
    }

    /// Where the row of a call stands; `None` for a worker's outside any scope, which belongs to no workspace: it is
    /// counted and traced, not logged.
    async fn place_of(&self, about: &About, caller: &Caller) -> Result<Option<LogPlace>> {
        if about.scope.is_none() && caller.workspace_id == 0 {
            return Ok(None);
        }
        self.store.log_place(about.scope, caller).await.map(Some)
    }
}

/// The user whom a call names beside an id, if any: judged before the id.
///
/// # Errors
/// WRONG_USER; FIELD_INVALID.
pub(super) fn named(context: &Context, caller: &Caller, user_id: &str) -> Result<Option<UserId>> {
    if user_id.is_empty() { Ok(None) } else { caller.user(user_id, context.guards.scope).map(Some) }
}

/// Judges a scope that an id is of: it must be the named user's. Where nobody is named, it may be anybody's.
///
/// # Errors
/// WRONG_USER; USER_ERASED.
pub(super) async fn theirs(context: &Context, caller: &Caller, named: Option<&UserId>, scope: i64) -> Result<()> {
    if named.is_none() {
        return Ok(());
    }
    // By the scope, since nothing says any more whose an erased one was.
    let own = context.store.find_scope(caller.workspace_id, named).await?;
    if own == Some(scope) { Ok(()) } else { Err(wrong_user().into()) }
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
