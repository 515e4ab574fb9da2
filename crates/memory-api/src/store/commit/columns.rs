//! Changes as the arrays that `mx_commit_1` takes: one element a change in each.

use memex_core::eligibility;
use memex_core::text::MemoryText;
use uuid::Uuid;

use super::{Change, Traced};
use crate::convert::reason_code;

/// Stands for the hash of a deletion, which has no text; a revision's hash is never absent.
const NO_HASH: &[u8] = &[];

/// The arguments of `mx_commit_1`, borrowed where the change has them.
pub(super) struct Columns<'a> {
    pub scope: Vec<i64>,
    pub operation: Vec<i16>,
    pub path: Vec<&'a str>,
    pub text: Vec<Option<&'a str>>,
    pub sha: Vec<Vec<u8>>,
    pub expected: Vec<Option<i64>>,
    pub file: Vec<Uuid>,
    pub request: Vec<Option<Uuid>>,
    pub digest: Vec<Option<&'a [u8]>>,
    pub actor: Vec<&'a str>,
    pub principal: Vec<Uuid>,
    pub source: Vec<i16>,
    pub reason: Vec<&'a str>,
    pub dream: Vec<Option<Uuid>>,
    pub trace: Vec<Option<Vec<u8>>>,
    pub span: Vec<Option<Vec<u8>>>,
    pub hidden: Vec<bool>,
    pub moves: Vec<bool>,
    pub qualifies: Vec<bool>,
    pub conflict: Vec<i16>,
}

impl<'a> Columns<'a> {
    pub(super) fn of(changes: &[Traced<'a>]) -> Self {
        let each = || changes.iter().map(|traced| traced.change);
        Columns {
            scope: each().map(|change| change.scope).collect(),
            operation: each().map(|change| change.operation.code()).collect(),
            path: each().map(|change| change.path.as_str()).collect(),
            text: each().map(|change| change.text.as_ref().map(MemoryText::as_str)).collect(),
            sha: each()
                .map(|change| change.text.as_ref().map_or(NO_HASH.to_vec(), |text| text.sha256().to_vec()))
                .collect(),
            expected: each().map(|change| change.expected).collect(),
            file: each().map(|_| Uuid::new_v4()).collect(),
            request: each().map(|change| change.request.map(|request| request.id)).collect(),
            digest: each().map(|change| change.request.as_ref().map(|request| request.digest.as_slice())).collect(),
            actor: each().map(|change| change.actor.as_str()).collect(),
            principal: each().map(|change| change.principal).collect(),
            source: each().map(|change| change.source.code()).collect(),
            reason: each().map(|change| change.reason.as_str()).collect(),
            dream: each().map(|change| change.dream).collect(),
            trace: changes.iter().map(|traced| traced.trace.map(|ids| ids.trace_id.to_vec())).collect(),
            span: changes.iter().map(|traced| traced.trace.map(|ids| ids.span_id.to_vec())).collect(),
            hidden: each().map(|change| change.text.as_ref().is_some_and(MemoryText::has_hidden_unicode)).collect(),
            moves: each().map(|change| eligibility::moves(&change.path)).collect(),
            qualifies: each().map(qualifies).collect(),
            conflict: each().map(|change| reason_code(change.conflict.reason())).collect(),
        }
    }
}

/// No importer asks for its texts to make anybody due yet.
fn qualifies(change: &Change) -> bool {
    eligibility::qualifies(&change.path, change.dream.is_some(), change.source, false, change.operation)
}
