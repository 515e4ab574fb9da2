//! The connection of a command to memory-api: its calls, their retries, and the end on a signal.

use std::future::Future;

use memex_proto::reason::Refusal;
use memex_proto::v1::admin_service_client::AdminServiceClient;
use memex_proto::v1::dream_admin_service_client::DreamAdminServiceClient;
use memex_proto::v1::history_service_client::HistoryServiceClient;
use memex_proto::v1::memory_service_client::MemoryServiceClient;
use memex_runtime::client::{AuthChannel, connect};
use memex_runtime::lifecycle::Shutdown;
use memex_runtime::retry::{Classify, RetryPolicy, retry};
use tonic::{Code, Response, Status};
use uuid::Uuid;

use crate::failure::Failure;
use crate::settings::Settings;
use crate::user::UserArg;

/// A connection to memory-api, and how its user wants to be answered.
#[derive(Debug, Clone)]
pub struct Context {
    /// Whether to print JSON.
    pub json: bool,
    endpoint: String,
    user: Option<String>,
    channel: AuthChannel,
}

impl Context {
    /// Connects with the first call.
    pub fn new(settings: &Settings, json: bool) -> Self {
        let channel = connect(&settings.client);
        Self { json, endpoint: settings.endpoint.clone(), user: settings.user.clone(), channel }
    }

    /// The user that a command is about; empty where the token must say.
    pub fn user(&self, given: &UserArg) -> String {
        given.user.clone().or_else(|| self.user.clone()).unwrap_or_default()
    }

    /// Files.
    pub fn memory(&self) -> MemoryServiceClient<AuthChannel> {
        MemoryServiceClient::new(self.channel.clone())
    }

    /// Revisions.
    pub fn history(&self) -> HistoryServiceClient<AuthChannel> {
        HistoryServiceClient::new(self.channel.clone())
    }

    /// Dreams.
    pub fn dreams(&self) -> DreamAdminServiceClient<AuthChannel> {
        DreamAdminServiceClient::new(self.channel.clone())
    }

    /// Keys, pauses, tokens, the access log.
    pub fn admin(&self) -> AdminServiceClient<AuthChannel> {
        AdminServiceClient::new(self.channel.clone())
    }

    /// Makes a call, again where the service could not be reached or asked for patience. A mutation carries a
    /// [`request_id`], made once outside `call`, so that a repeat is the same change.
    ///
    /// # Errors
    /// The last attempt's refusal, or that nothing answered.
    pub async fn call<T, F, Fut>(&self, call: F) -> Result<T, Failure>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<Response<T>, Status>>,
    {
        self.answer(retry(RetryPolicy::default(), call, classify).await)
    }

    /// What one attempt says, where it cannot be made again.
    ///
    /// # Errors
    /// What the status says.
    pub fn answer<T>(&self, answer: Result<Response<T>, Status>) -> Result<T, Failure> {
        answer.map(Response::into_inner).map_err(|status| self.failure(&status))
    }

    /// What a status says that ended a call or a stream.
    pub fn failure(&self, status: &Status) -> Failure {
        Failure::of(status, &self.endpoint)
    }
}

/// What `work` gives; or, where the word to end comes first, that the rest was left. Nothing is begun after the word.
///
/// # Errors
/// The work's own failure; [`Failure::Left`] with `left`, what becomes of the rest.
pub async fn or_left<T>(
    stop: &Shutdown,
    left: impl FnOnce() -> String,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::select! {
        biased;
        () = stop.triggered() => Err(Failure::Left(left())),
        done = work => done,
    }
}

/// A fresh id for one mutation.
pub fn request_id() -> String {
    Uuid::new_v4().to_string()
}

pub fn classify(status: &Status) -> Classify {
    match Refusal::of(status) {
        Some(refusal) if refusal.passes() => Classify::Transient { after: refusal.retry_after },
        None if status.code() == Code::Unavailable => Classify::Transient { after: None },
        _ => Classify::Permanent,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use memex_proto::v1::ErrorReason;

    use super::*;

    #[test]
    fn only_what_passes_by_itself_is_tried_again() {
        let wait = Duration::from_secs(3);
        let overloaded = Refusal::new(ErrorReason::Overloaded, "later").retry_after(wait).into_status();
        assert_eq!(classify(&overloaded), Classify::Transient { after: Some(wait) });
        let database = Refusal::new(ErrorReason::DatabaseUnavailable, "later").into_status();
        assert_eq!(classify(&database), Classify::Transient { after: None });
        assert_eq!(classify(&Status::unavailable("refused")), Classify::Transient { after: None });
        let conflict = Refusal::new(ErrorReason::VersionConflict, "again").into_status();
        for permanent in [conflict, Status::deadline_exceeded("slow"), Status::internal("x")] {
            assert_eq!(classify(&permanent), Classify::Permanent);
        }
    }
}
