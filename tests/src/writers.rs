//! Writers whose every call is kept: what was asked, what was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{ErrorReason, WriteFileRequest, WriteFileResponse};
use memex_stack::stack::Clients;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::refused::reason;
use crate::waiting::insisted;

/// One write and what became of it.
#[derive(Debug, Clone)]
pub struct Kept {
    /// What was asked, its request id included.
    pub request: WriteFileRequest,
    /// The answer; none where the connection broke first.
    pub answer: Option<WriteFileResponse>,
}

/// Counts the acknowledged writes of all writers, for a test that acts after some of them.
pub type Acknowledged = Arc<AtomicUsize>;

/// Writes one file over and over, each time another text under a new request id, until a call is not answered or `most`
/// were. A call that is not answered is kept last.
///
/// # Panics
/// Where a call is refused: only a lost connection is no answer.
pub async fn write_until_lost(clients: Clients, path: String, most: usize, acknowledged: Acknowledged) -> Vec<Kept> {
    let mut kept = Vec::new();
    for number in 0..most {
        let request = WriteFileRequest {
            path: path.clone(),
            content: format!("- {path}, text {number}, {}\n", Uuid::new_v4()),
            precondition: Some(Precondition::Overwrite(true)),
            request_id: Uuid::new_v4().to_string(),
            ..WriteFileRequest::default()
        };
        let answer = clients.memory.clone().write_file(request.clone()).await;
        match answer {
            Ok(answer) => {
                acknowledged.fetch_add(1, Ordering::SeqCst);
                kept.push(Kept { request, answer: Some(answer.into_inner()) });
            }
            // Nothing was done: were that not so, there would be a revision too many.
            Err(status) if reason(&status) == ErrorReason::Overloaded => {}
            Err(status) => {
                is_lost(&status);
                kept.push(Kept { request, answer: None });
                return kept;
            }
        }
    }
    kept
}

/// Repeats every kept write with its request id and gives the answers.
///
/// # Panics
/// Where a repeat is refused, or differs from an answer that was given before.
pub async fn repeat(clients: &Clients, kept: &[Kept]) -> Vec<WriteFileResponse> {
    let mut answers = Vec::new();
    // The newest first: a repeat of an older one must not bring its text back.
    for Kept { request, answer } in kept.iter().rev() {
        // A connection of before may still be met, and then the repeat is to be repeated.
        let again = insisted(|| {
            let (mut memory, request) = (clients.memory.clone(), request.clone());
            async move { memory.write_file(request).await }
        });
        let again = again.await.expect("a repeat is answered").into_inner();
        if let Some(first) = answer {
            assert_eq!(&again, first, "a repeat has the first answer");
        }
        assert!(again.changed, "each write had a new text");
        answers.push(again);
    }
    answers.reverse();
    answers
}

fn is_lost(status: &Status) {
    assert_eq!(
        status.code(),
        Code::Unavailable,
        "a write that is not answered says that the server was lost: {status}"
    );
}
