//! Every call that a worker makes of memory-api, with its deadline, its retries and the dream's metadata.

use std::future::Future;
use std::time::Duration;

use memex_proto::reason::Refusal;
use memex_proto::v1::dream_service_client::DreamServiceClient;
use memex_proto::v1::memory_service_client::MemoryServiceClient;
use memex_proto::v1::{
    BatchReadFilesRequest, BatchReadFilesResult, ClaimDreamsRequest, DreamAssignment, ErrorReason, FinishDreamRequest,
    FinishDreamResponse, ListFilesRequest, ListFilesResponse, PatchFileRequest, PatchFileResponse, RenewLeaseRequest,
    RenewLeaseResponse,
};
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA};
use memex_runtime::client::AuthChannel;
use memex_runtime::retry::{Classify, RetryPolicy, retry};
use tokio::time::Instant;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::{Code, Request, Status};

use crate::assignment::Assignment;

/// A claim waits no longer for its answer: what it granted meanwhile is lost to its lease.
const CLAIM_TIMEOUT: Duration = Duration::from_secs(10);

/// A call within a dream waits no longer for one answer before it is tried again.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest answer that is read. A batch of texts has where each of their lines comes from beside them; a claim has up
/// to 64 dreams, each with its paths and neutral phrases.
const MAX_ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Files of one page: as many as a page can have, because each page is a round trip.
const PAGE_SIZE: i32 = 1_000;

/// memory-api, as this worker.
#[derive(Debug, Clone)]
pub(crate) struct Calls {
    memory: MemoryServiceClient<AuthChannel>,
    dreams: DreamServiceClient<AuthChannel>,
}

impl Calls {
    pub(crate) fn over(channel: AuthChannel) -> Self {
        Self {
            memory: MemoryServiceClient::new(channel.clone()).max_decoding_message_size(MAX_ANSWER_BYTES),
            dreams: DreamServiceClient::new(channel).max_decoding_message_size(MAX_ANSWER_BYTES),
        }
    }

    /// One attempt: a claim whose answer is lost must not be followed by a second one in haste.
    pub(crate) async fn claim(&self, worker_name: &str, max: u32) -> Result<Vec<DreamAssignment>, Box<Status>> {
        let max = i32::try_from(max).unwrap_or(i32::MAX);
        let mut request = Request::new(ClaimDreamsRequest { worker_name: worker_name.to_owned(), max });
        request.set_timeout(CLAIM_TIMEOUT);
        Ok(self.dreams.clone().claim_dreams(request).await?.into_inner().assignments)
    }

    /// The calls of one dream; those of its pass end at `until`. Nothing where the dream's id cannot be metadata.
    pub(crate) fn within(&self, assignment: &Assignment, until: Instant) -> Option<DreamCalls> {
        Some(DreamCalls {
            calls: self.clone(),
            dream_id: assignment.dream_id.clone(),
            fence: assignment.fence,
            user_id: assignment.user_id.clone(),
            metadata: (assignment.dream_id.parse().ok()?, assignment.fence.into()),
            until,
        })
    }
}

/// memory-api, as this worker within one dream.
#[derive(Debug, Clone)]
pub(crate) struct DreamCalls {
    calls: Calls,
    dream_id: String,
    fence: i64,
    user_id: String,
    metadata: (MetadataValue<Ascii>, MetadataValue<Ascii>),
    until: Instant,
}

impl DreamCalls {
    pub(crate) async fn list(&self, prefix: &str, page_token: &str) -> Result<ListFilesResponse, Box<Status>> {
        let message = ListFilesRequest {
            user_id: self.user_id.clone(),
            prefix: prefix.to_owned(),
            page_size: PAGE_SIZE,
            page_token: page_token.to_owned(),
            include_deleted: false,
        };
        self.retried(|| async { self.memory().list_files(self.request(message.clone())).await }).await
    }

    pub(crate) async fn read(&self, paths: &[String]) -> Result<Vec<BatchReadFilesResult>, Box<Status>> {
        let message = BatchReadFilesRequest { user_id: self.user_id.clone(), paths: paths.to_vec() };
        let answer =
            self.retried(|| async { self.memory().batch_read_files(self.request(message.clone())).await }).await?;
        Ok(answer.results)
    }

    /// Stages one op. Every attempt has the same request id, so that an answer that was lost stages nothing twice.
    pub(crate) async fn stage(&self, op: PatchFileRequest) -> Result<PatchFileResponse, Box<Status>> {
        let message =
            PatchFileRequest { user_id: self.user_id.clone(), request_id: uuid::Uuid::new_v4().to_string(), ..op };
        self.retried(|| async { self.memory().patch_file(self.request(message.clone())).await }).await
    }

    /// One attempt, because who keeps the lease decides how long to go on. Waits until `until` at most.
    pub(crate) async fn renew(&self, until: Instant) -> Result<RenewLeaseResponse, Box<Status>> {
        let mut request = Request::new(RenewLeaseRequest { dream_id: self.dream_id.clone(), fence: self.fence });
        request.set_timeout(remaining(until).min(CALL_TIMEOUT));
        Ok(self.calls.dreams.clone().renew_lease(request).await?.into_inner())
    }

    /// Ends the dream; tried again for `patience`. A repeat gives the stored answer.
    pub(crate) async fn finish(
        &self,
        end: FinishDreamRequest,
        patience: Duration,
    ) -> Result<FinishDreamResponse, Box<Status>> {
        let message = FinishDreamRequest { dream_id: self.dream_id.clone(), fence: self.fence, ..end };
        let until = Instant::now() + patience;
        let attempt = || async {
            let mut request = Request::new(message.clone());
            request.set_timeout(remaining(until).min(CALL_TIMEOUT));
            self.calls.dreams.clone().finish_dream(request).await
        };
        retried(until, attempt).await
    }

    fn memory(&self) -> MemoryServiceClient<AuthChannel> {
        self.calls.memory.clone()
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(remaining(self.until).min(CALL_TIMEOUT));
        let (dream_id, fence) = self.metadata.clone();
        request.metadata_mut().insert(DREAM_ID_METADATA, dream_id);
        request.metadata_mut().insert(DREAM_FENCE_METADATA, fence);
        request
    }

    async fn retried<T, Fut>(&self, attempt: impl FnMut() -> Fut) -> Result<T, Box<Status>>
    where
        Fut: Future<Output = Result<tonic::Response<T>, Status>>,
    {
        retried(self.until, attempt).await
    }
}

/// Tries until `until`. No count of attempts: the lease ends a dream whose memory-api stays away.
async fn retried<T, Fut>(until: Instant, mut attempt: impl FnMut() -> Fut) -> Result<T, Box<Status>>
where
    Fut: Future<Output = Result<tonic::Response<T>, Status>>,
{
    let policy = RetryPolicy { max_attempts: u32::MAX, max_elapsed: remaining(until), ..RetryPolicy::default() };
    let attempt = || {
        let answer = attempt();
        async move { answer.await.map(tonic::Response::into_inner).map_err(Box::new) }
    };
    retry(policy, attempt, |status| classify(status)).await
}

/// The time left until `until`; never zero, which a call would take for no limit.
fn remaining(until: Instant) -> Duration {
    until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1))
}

/// Why memory-api refused; nothing where the failure is the connection's or the network's.
pub(crate) fn reason_of(status: &Status) -> Option<ErrorReason> {
    Refusal::of(status).map(|refusal| refusal.reason)
}

/// The code and the reason, which never have content, unlike a message.
pub(crate) fn describe(status: &Status) -> String {
    match reason_of(status) {
        Some(reason) => format!("{:?} ({})", status.code(), memex_proto::reason::short_name(reason)),
        None => format!("{:?}", status.code()),
    }
}

/// How long the server asked to be left alone, if it did.
pub(crate) fn asked_wait(status: &Status) -> Option<Duration> {
    Refusal::of(status).and_then(|refusal| refusal.retry_after)
}

fn classify(status: &Status) -> Classify {
    match Refusal::of(status) {
        Some(refusal) if refusal.passes() => Classify::Transient { after: refusal.retry_after },
        Some(_) => Classify::Permanent,
        // memory-api gives a reason with every error of its own; without one the connection broke under the call.
        None => match status.code() {
            Code::Unavailable | Code::DeadlineExceeded | Code::Unknown | Code::Cancelled | Code::Internal => {
                Classify::Transient { after: None }
            }
            _ => Classify::Permanent,
        },
    }
}

/// Why a pass cannot go on after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The dream is no longer this worker's, or has ended: nothing more of it will be accepted.
    Over(ErrorReason),
    /// The call was tried again and again until the dream's seconds had passed.
    OutOfTime(String),
    /// A failure that nobody foresaw, in words without content.
    Failed(String),
}

impl Interruption {
    /// What the failure of `call` means for the pass.
    pub(crate) fn of(call: &str, status: &Status) -> Self {
        use ErrorReason::{DreamOvertaken, LeaseLost, UserErased};
        match reason_of(status) {
            Some(reason @ (LeaseLost | DreamOvertaken | UserErased)) => Self::Over(reason),
            _ if classify(status) != Classify::Permanent => {
                Self::OutOfTime(format!("its seconds passed while {call} was tried again: {}", describe(status)))
            }
            _ => Self::Failed(format!("{call} failed: {}", describe(status))),
        }
    }
}
