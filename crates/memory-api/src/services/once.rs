//! The frame of every mutation that takes a request id and changes no single file: under its lock, a repeat gets the answer
//! that the first call got.

use memex_core::actor::Operation;
use memex_core::ids::{DreamId, TokenId};
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use prost::Message;
use uuid::Uuid;

use crate::auth::Caller;
use crate::error::{Error, Result};
use crate::guards::Guards;
use crate::services::request::request_id;
use crate::store::access_log::{LogRow, add};
use crate::store::dreams::log_dream_call;
use crate::store::log_place::LogPlace;
use crate::store::pool::Connection;
use crate::store::requests::{RequestKey, remember, remembered};
use crate::store::turns::ScopeTransaction;

/// An answer that is remembered with the request id of its call.
pub trait Remembered: Message + Default {
    /// The call that it answers: in the access log, and beside the remembered answer.
    const OPERATION: Operation;

    /// The dream that the call was about; the log row names it.
    fn dream(&self) -> Option<DreamId> {
        None
    }

    /// The answer as it is remembered: without secrets.
    fn to_remember(&self) -> Vec<u8> {
        self.encode_to_vec()
    }

    /// The answer from what is remembered of it; `None`: that cannot be read.
    fn of_remembered(bytes: &[u8]) -> Option<Self> {
        Self::decode(bytes).ok()
    }

    /// The records of revisions in it; a redaction empties theirs.
    fn records(&mut self) -> &mut [pb::Revision] {
        &mut []
    }
}

/// A call that is done once for each request id.
#[derive(Debug)]
pub struct Once<'a> {
    /// Which rules are enforced.
    pub guards: Guards,
    /// Who calls.
    pub caller: &'a Caller,
    /// Where its log row stands.
    pub place: LogPlace,
    /// The path that its log row says, or empty.
    pub path: &'a str,
    /// Its identity; `None`: the caller gave no request id.
    pub key: Option<RequestKey>,
}

impl<'a> Once<'a> {
    /// A call whose log row stands in `place`. `digest` is over its method and decoded fields.
    ///
    /// # Errors
    /// FIELD_INVALID for a request id that is none.
    pub fn new(guards: Guards, caller: &'a Caller, place: LogPlace, id: &str, digest: [u8; 32]) -> Result<Self> {
        Ok(Self::with(guards, caller, place, request_id(id)?, digest))
    }

    /// The same with a request id that was read before.
    pub fn with(guards: Guards, caller: &'a Caller, place: LogPlace, id: Option<Uuid>, digest: [u8; 32]) -> Self {
        let key = id.map(|id| RequestKey { scope: place.scope(), principal: caller.token_id, id, digest });
        Self { guards, caller, place, path: "", key }
    }

    /// Does the call, unless its request id has an answer. Answer, log row and whatever `work` did are committed together.
    ///
    /// `tx` must hold a lock that every call with the same request id takes, so that a repeat at the same time waits here.
    ///
    /// # Errors
    /// REQUEST_ID_REUSED where the id came with other content, and whatever `work` refuses; then nothing is done.
    pub async fn run<A: Remembered>(
        self,
        tx: impl Into<ScopeTransaction>,
        work: impl AsyncFnOnce(&mut Connection) -> Result<A>,
    ) -> Result<A> {
        self.run_again(tx, async |tx, before| match before {
            Some(answer) => Ok(answer),
            None => work(tx).await,
        })
        .await
    }

    /// The same for work that has something to do for a repeat, too; it is given the remembered answer.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_again<A: Remembered>(
        self,
        tx: impl Into<ScopeTransaction>,
        work: impl AsyncFnOnce(&mut Connection, Option<A>) -> Result<A>,
    ) -> Result<A> {
        let mut tx = tx.into();
        let before = remembered(&mut tx, self.guards, self.key.as_ref()).await?;
        let is_first = before.is_none();
        let unreadable = Error::Unexpected("a remembered answer cannot be decoded");
        let before = before.map(|answer| A::of_remembered(&answer).ok_or(unreadable)).transpose()?;
        let answer = work(&mut tx, before).await?;
        if is_first {
            remember(&mut tx, self.key.as_ref(), A::OPERATION, &answer.to_remember()).await?;
        }
        match answer.dream() {
            Some(dream) => log_dream_call(&mut tx, dream.scope, dream.id, A::OPERATION, self.caller).await?,
            None => {
                let Self { place, path, .. } = self;
                let row = LogRow { place, operation: A::OPERATION, path, reason: ErrorReason::Unspecified };
                add(&mut *tx, row, self.caller).await?;
            }
        }
        tx.commit().await?;
        Ok(answer)
    }
}

/// The dream of an answer that describes it.
fn dream_of(dream: Option<&pb::Dream>) -> Option<DreamId> {
    dream?.dream_id.parse().ok()
}

macro_rules! remembered {
    ($($answer:ident = $operation:ident),+ $(,)?) => {
        $(impl Remembered for pb::$answer {
            const OPERATION: Operation = Operation::$operation;
        })+
    };
}

remembered! {
    EraseUserResponse = Erase,
    ImportUserResponse = Import,
    PauseUserResponse = PauseUser,
    ResumeUserResponse = ResumeUser,
    RevokeTokenResponse = RevokeToken,
    UnparkUserResponse = UnparkUser,
    UpdateConfigResponse = UpdateConfig,
    UpdateUserResponse = UpdateUser,
}

impl Remembered for pb::CreateTokenResponse {
    const OPERATION: Operation = Operation::CreateToken;

    /// The bytes of the token's id, by which an erasure finds it (`mx_erase_1`); never the secret.
    fn to_remember(&self) -> Vec<u8> {
        self.token_id.parse().map(|TokenId(id)| id.as_bytes().to_vec()).unwrap_or_default()
    }

    fn of_remembered(bytes: &[u8]) -> Option<Self> {
        let id = Uuid::from_slice(bytes).ok()?;
        Some(Self { token_id: TokenId(id).to_string(), token: String::new() })
    }
}

impl Remembered for pb::StartDreamResponse {
    const OPERATION: Operation = Operation::StartDream;

    fn dream(&self) -> Option<DreamId> {
        dream_of(self.dream.as_ref())
    }
}

impl Remembered for pb::ApproveDreamResponse {
    const OPERATION: Operation = Operation::ApproveDream;

    fn dream(&self) -> Option<DreamId> {
        dream_of(self.dream.as_ref())
    }

    fn records(&mut self) -> &mut [pb::Revision] {
        &mut self.revisions
    }
}

impl Remembered for pb::RejectDreamResponse {
    const OPERATION: Operation = Operation::RejectDream;

    fn dream(&self) -> Option<DreamId> {
        dream_of(self.dream.as_ref())
    }
}

impl Remembered for pb::CancelDreamResponse {
    const OPERATION: Operation = Operation::CancelDream;

    fn dream(&self) -> Option<DreamId> {
        dream_of(self.dream.as_ref())
    }
}

impl Remembered for pb::RevertDreamResponse {
    const OPERATION: Operation = Operation::RevertDream;

    fn dream(&self) -> Option<DreamId> {
        dream_of(self.dream.as_ref())
    }

    fn records(&mut self) -> &mut [pb::Revision] {
        &mut self.revisions
    }
}

impl Remembered for pb::RedactRevisionResponse {
    const OPERATION: Operation = Operation::Redact;

    fn records(&mut self) -> &mut [pb::Revision] {
        &mut self.still_contained
    }
}

/// A remembered answer with its records changed; `None`: it cannot be read, or no answer of the operation has records.
pub fn with_records(operation: Operation, answer: &[u8], change: impl FnMut(&mut pb::Revision)) -> Option<Vec<u8>> {
    fn changed<A: Remembered>(answer: &[u8], change: impl FnMut(&mut pb::Revision)) -> Option<Vec<u8>> {
        let mut answer = A::decode(answer).ok()?;
        answer.records().iter_mut().for_each(change);
        Some(answer.encode_to_vec())
    }
    match operation {
        Operation::Redact => changed::<pb::RedactRevisionResponse>(answer, change),
        Operation::RevertDream => changed::<pb::RevertDreamResponse>(answer, change),
        Operation::ApproveDream => changed::<pb::ApproveDreamResponse>(answer, change),
        _ => None,
    }
}
