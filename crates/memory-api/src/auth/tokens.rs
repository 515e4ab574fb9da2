//! Bearer tokens: read from the request's metadata, looked up by hash, remembered for at most five seconds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use memex_core::actor::{DREAM_ACTOR, Operation, Role};
use memex_core::clock::Clock;
use memex_core::ids::DreamId;
use memex_core::user_id::UserId;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use memex_proto::{DREAM_FENCE_METADATA, DREAM_ID_METADATA, PROPOSAL_METADATA};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use tonic::metadata::MetadataMap;
use uuid::Uuid;

use super::caller::{Caller, DreamContext};
use super::roles::may;
use crate::error::{Error, Result, field};
use crate::store::Store;
use crate::store::tokens::TokenRow;

/// How long a looked-up token is believed: a revocation acts within this time (contract.md).
const BELIEVED: Duration = Duration::from_secs(5);

/// How many tokens are remembered; beyond it the memory is emptied rather than searched for the oldest.
const REMEMBERED: usize = 10_000;

/// Tokens by hash, each with when it was looked up.
#[derive(Default)]
struct Known {
    rows: HashMap<[u8; 32], (Instant, TokenRow)>,
    /// How often tokens were forgotten: a look-up that began before the last time may have read what is no longer so.
    forgotten: u64,
}

/// Turns request metadata into a `Caller`.
#[derive(Clone)]
pub struct Tokens {
    store: Store,
    clock: Arc<dyn Clock>,
    known: Arc<Mutex<Known>>,
}

impl Tokens {
    /// Looks tokens up in `store`; judges expiry by `clock`.
    pub fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, known: Arc::default() }
    }

    /// Who sends this metadata.
    ///
    /// # Errors
    /// TOKEN_MISSING, TOKEN_INVALID, TOKEN_EXPIRED.
    pub async fn caller(&self, metadata: &MetadataMap) -> Result<Caller> {
        let hash = bearer(metadata)?;
        let row = self.look_up(hash).await?;
        if row.expires_at.is_some_and(|at| at <= self.now()) {
            return Err(
                Refusal::new(ErrorReason::TokenExpired, "the token has expired; ask an operator for another").into()
            );
        }
        caller_of(row)
    }

    /// The time by which expiry is judged.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    async fn look_up(&self, hash: [u8; 32]) -> Result<TokenRow> {
        let now = Instant::now();
        let forgotten = {
            let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((at, row)) = known.rows.get(&hash)
                && now.duration_since(*at) < BELIEVED
            {
                return Ok(row.clone());
            }
            known.forgotten
        };
        let row = self.store.token_by_hash(&hash).await?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(row) = row else {
            known.rows.remove(&hash);
            return Err(invalid().into());
        };
        if known.rows.len() >= REMEMBERED {
            known.rows.clear();
        }
        if known.forgotten == forgotten {
            known.rows.insert(hash, (now, row.clone()));
        }
        Ok(row)
    }

    /// Forgets a token that was revoked or given a new secret, so that it ends at once in this process.
    pub fn forget(&self, token_id: Uuid) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.forgotten += 1;
        known.rows.retain(|_, (_, row)| row.token_id != token_id);
    }
}

/// Lets a caller make this call, within the dream that the metadata name.
///
/// # Errors
/// ROLE_REQUIRED where the role table does not let them make it; FIELD_INVALID for malformed dream metadata.
pub fn admit(caller: Caller, metadata: &MetadataMap, operation: Operation) -> Result<Caller> {
    let mut caller = caller;
    caller.dream = dream(metadata, caller.role)?;
    if caller.dream.is_some() {
        DREAM_ACTOR.clone_into(&mut caller.actor);
    }
    if !may(caller.role, operation) {
        return Err(role_required(caller.role, operation).into());
    }
    caller.proposal = proposal(metadata, &caller, operation)?;
    Ok(caller)
}

/// The proposal that a call reads through. A token that was made for one reads through it alone, and changes nothing.
fn proposal(metadata: &MetadataMap, caller: &Caller, operation: Operation) -> Result<Option<DreamId>> {
    use Operation::{BatchRead, List, Read, Recall, Search};
    let reads = matches!(operation, List | Read | BatchRead | Search | Recall);
    if let Some(own) = caller.proposal {
        if !reads {
            let rule = "this token was made to read memory through a proposal, and for nothing else";
            return Err(Refusal::new(ErrorReason::RoleRequired, rule).into());
        }
        let same = !metadata.contains_key(PROPOSAL_METADATA) || once(metadata, PROPOSAL_METADATA)? == own.to_string();
        return if same { Ok(Some(own)) } else { Err(super::wrong_user().into()) };
    }
    if !metadata.contains_key(PROPOSAL_METADATA) {
        return Ok(None);
    }
    if !matches!(caller.role, Role::Operator | Role::Backend) {
        let rule = "an operator or a backend reads through a proposal; others need a token that was made for it";
        return Err(Refusal::new(ErrorReason::RoleRequired, rule).into());
    }
    if !reads {
        let rule =
            "is for ListFiles, ReadFile, BatchReadFiles, SearchFiles and Recall: nothing is changed through a proposal";
        return Err(field(PROPOSAL_METADATA, rule).into());
    }
    let id = once(metadata, PROPOSAL_METADATA)?;
    Ok(Some(id.parse().map_err(|_| field(PROPOSAL_METADATA, "must be a dream's id, drm_…"))?))
}

fn bearer(metadata: &MetadataMap) -> Result<[u8; 32]> {
    let Some(value) = metadata.get("authorization") else {
        let missing = "send the header `authorization: Bearer <token>`; `memory-api bootstrap` makes the first token";
        return Err(Refusal::new(ErrorReason::TokenMissing, missing).into());
    };
    let (scheme, token) = value.to_str().ok().and_then(|text| text.split_once(' ')).ok_or_else(invalid)?;
    // The scheme is written in any case (RFC 9110, 11.1).
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(invalid().into());
    }
    Ok(hash_of(token.trim()))
}

/// What is stored of a token.
pub fn hash_of(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// A new secret: 256 random bits behind a prefix that secret scanners can look for.
pub fn new_token() -> String {
    let bits: [u8; 32] = rand::random();
    format!("mx_{}", base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, bits))
}

fn invalid() -> Refusal {
    Refusal::new(ErrorReason::TokenInvalid, "the token is unknown or revoked")
}

fn role_required(role: Role, operation: Operation) -> Refusal {
    Refusal::new(ErrorReason::RoleRequired, format!("the role {} may not call {}", role.as_str(), operation.as_str()))
        .fact("role", role.as_str())
}

fn caller_of(row: TokenRow) -> Result<Caller> {
    let bound = row.user_id.as_deref().map(UserId::parse).transpose();
    Ok(Caller {
        token_id: row.token_id,
        workspace_id: row.workspace_id.unwrap_or(0),
        role: Role::from_code(row.role).ok_or(Error::Unexpected("a token has an unknown role"))?,
        bound_user: bound.map_err(|_| Error::Unexpected("a token is bound to an impossible user id"))?,
        actor: row.actor,
        dream: None,
        proposal: row
            .proposal
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| Error::Unexpected("a token is made for a malformed proposal"))?,
    })
}

/// Dream metadata: refused from anybody but a worker, so that nobody else can stage or write as a dream.
fn dream(metadata: &MetadataMap, role: Role) -> Result<Option<DreamContext>> {
    if ![DREAM_ID_METADATA, DREAM_FENCE_METADATA].iter().any(|key| metadata.contains_key(*key)) {
        return Ok(None);
    }
    if role != Role::Worker {
        return Err(Refusal::new(ErrorReason::RoleRequired, "only a worker calls within a dream").into());
    }
    let id = once(metadata, DREAM_ID_METADATA)?;
    let id = id.parse().map_err(|_| field(DREAM_ID_METADATA, "must be a dream's id, drm_…"))?;
    let fence = once(metadata, DREAM_FENCE_METADATA)?;
    let fence = fence.parse().map_err(|_| field(DREAM_FENCE_METADATA, "must be the assignment's fence"))?;
    Ok(Some(DreamContext { id, fence }))
}

/// The text of a key that is sent at most once: of two, a proxy may read the first and we the second.
fn once<'a>(metadata: &'a MetadataMap, key: &str) -> Result<&'a str, Refusal> {
    let mut values = metadata.get_all(key).iter();
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(field(key, "must be sent once")),
        (value, None) => Ok(value.and_then(|value| value.to_str().ok()).unwrap_or("")),
    }
}
