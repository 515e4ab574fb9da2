//! Why a call was refused.

use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use tonic::Status;

/// The reason in a status; `Unspecified` where it is none of Memex's.
pub fn reason(status: &Status) -> ErrorReason {
    Refusal::of(status).map_or(ErrorReason::Unspecified, |refusal| refusal.reason)
}

/// The reason for which a call was refused.
///
/// # Panics
/// Where it was not.
pub fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> ErrorReason {
    reason(&answer.expect_err("the call was to be refused"))
}

/// All that a caller can tell one refusal from another by.
pub fn bytes(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}
