//! The mapping between `tonic::Status` and `ErrorReason`: what a refusal carries, written and read in one place.

use crate::v1::ErrorReason;
use std::{collections::HashMap, time::Duration};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

/// The `domain` of every `google.rpc.ErrorInfo` that Memex sends.
pub const DOMAIN: &str = "memex";

/// A status travels in HTTP/2 trailers, of which clients read 16 KiB by default, so that what a caller sent must not come
/// back without a bound: violations at most,
const MAX_VIOLATIONS: usize = 10;
/// the bytes of each field's name
const MAX_FIELD_BYTES: usize = 100;
/// and rule, and of the message, whose bytes may triple in the encoding of a header.
const MAX_RULE_BYTES: usize = 300;
const MAX_MESSAGE_BYTES: usize = 1_000;

/// At most so many bytes of a text, with an ellipsis where it was cut.
fn shortened(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes - '…'.len_utf8()));
        text.push('…');
    }
    text
}

/// Whether a failure passes by itself, so that a call with a request id, or one that changes nothing, is repeated as it is.
pub const fn passes(reason: ErrorReason) -> bool {
    matches!(reason, ErrorReason::DatabaseUnavailable | ErrorReason::DeadlineExceeded | ErrorReason::Overloaded)
}

/// Everything that a refusal says, in the form in which a caller reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: ErrorReason,
    /// For people: what is wrong and what to do.
    pub message: String,
    /// Facts, such as `current_version`.
    pub facts: HashMap<String, String>,
    /// Field and rule, for what is malformed.
    pub violations: Vec<(String, String)>,
    /// How long to wait before a repeat.
    pub retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal without facts.
    pub fn new(reason: ErrorReason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), facts: HashMap::new(), violations: Vec::new(), retry_after: None }
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl ToString) -> Self {
        self.facts.insert(name.to_owned(), value.to_string());
        self
    }

    /// Adds a field and the rule that it breaks.
    #[must_use]
    pub fn violation(mut self, field: impl Into<String>, rule: impl Into<String>) -> Self {
        self.violations.push((field.into(), rule.into()));
        self
    }

    /// Says when a repeat makes sense.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Whether the same call may be done later without anybody doing something: [`passes`].
    pub fn passes(&self) -> bool {
        passes(self.reason)
    }

    /// The status that carries it all.
    #[must_use]
    pub fn into_status(self) -> Status {
        let mut details = ErrorDetails::new();
        details.set_error_info(short_name(self.reason), DOMAIN, self.facts);
        for (field, rule) in self.violations.into_iter().take(MAX_VIOLATIONS) {
            details.add_bad_request_violation(shortened(field, MAX_FIELD_BYTES), shortened(rule, MAX_RULE_BYTES));
        }
        if let Some(wait) = self.retry_after {
            details.set_retry_info(Some(wait));
        }
        Status::with_error_details(code_of(self.reason), shortened(self.message, MAX_MESSAGE_BYTES), details)
    }

    /// Reads a status that Memex sent; `None` for any other.
    #[must_use]
    pub fn of(status: &Status) -> Option<Self> {
        let details = status.get_error_details();
        let info = details.error_info()?;
        let reason = (info.domain == DOMAIN).then(|| from_short_name(&info.reason)).flatten()?;
        let violations = details
            .bad_request()
            .map(|bad| bad.field_violations.iter().map(|v| (v.field.clone(), v.description.clone())).collect())
            .unwrap_or_default();
        Some(Self {
            reason,
            message: status.message().to_owned(),
            facts: info.metadata.clone(),
            violations,
            retry_after: details.retry_info().and_then(|retry| retry.retry_delay),
        })
    }
}

/// The reason's name without the enum's prefix: `VERSION_CONFLICT`.
#[must_use]
pub fn short_name(reason: ErrorReason) -> &'static str {
    let name = reason.as_str_name();
    name.strip_prefix("ERROR_REASON_").unwrap_or(name)
}

/// The reason of that name, where there is one.
#[must_use]
pub fn from_short_name(name: &str) -> Option<ErrorReason> {
    ErrorReason::from_str_name(&format!("ERROR_REASON_{name}"))
}

/// The gRPC code that goes with a reason.
#[must_use]
pub fn code_of(reason: ErrorReason) -> Code {
    use ErrorReason as R;
    match reason {
        R::InvalidPath
        | R::InvalidText
        | R::FieldInvalid
        | R::PatchInvalid
        | R::GroundInvalid
        | R::ExpectedVersionRequired
        | R::RequestIdReused => Code::InvalidArgument,
        R::FileNotFound | R::RevisionNotFound | R::UserNotFound | R::DreamNotFound | R::ConflictNotFound => {
            Code::NotFound
        }
        R::FileExists => Code::AlreadyExists,
        R::VersionConflict | R::LeaseLost | R::DreamOvertaken | R::DreamStale => Code::Aborted,
        R::PatchNoMatch
        | R::PatchAmbiguous
        | R::UserPaused
        | R::UserErased
        | R::ConsentRequired
        | R::DreamingDisabled
        | R::WrongState
        | R::PolicyRefused
        | R::RevisionRedacted
        | R::RevisionIsHead => Code::FailedPrecondition,
        R::ReadOnlyScope | R::ExcludedPath | R::RoleRequired | R::WrongUser => Code::PermissionDenied,
        R::QuotaExceeded | R::BudgetExceeded | R::MessageTooLarge | R::Overloaded => Code::ResourceExhausted,
        R::CursorExpired => Code::OutOfRange,
        R::TokenMissing | R::TokenInvalid | R::TokenExpired => Code::Unauthenticated,
        R::DatabaseUnavailable => Code::Unavailable,
        R::DeadlineExceeded => Code::DeadlineExceeded,
        R::Internal | R::Unspecified => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_survives_the_wire() {
        let refusal = Refusal::new(ErrorReason::VersionConflict, "read again")
            .fact("current_version", 7)
            .violation("path", "must not be empty")
            .retry_after(Duration::from_secs(2));
        let status = refusal.clone().into_status();
        assert_eq!(status.code(), Code::Aborted);
        assert_eq!(Refusal::of(&status), Some(refusal));
    }

    #[test]
    fn a_refusal_of_much_fits_into_the_trailers_that_clients_read() {
        let refusal = (0..1_000).fold(Refusal::new(ErrorReason::FieldInvalid, "ä".repeat(5_000)), |refusal, _| {
            refusal.violation("ü".repeat(1_000), "ö".repeat(1_000))
        });
        let status = refusal.into_status();
        assert_eq!((status.message().len(), status.message().ends_with('…')), (999, true));
        assert!(status.message().len() * 3 + status.details().len() * 4 / 3 < 10_000, "{}", status.details().len());
        assert_eq!(Refusal::of(&status).map(|read| read.violations.len()), Some(10));
    }

    #[test]
    fn a_foreign_status_is_no_refusal_of_ours() {
        assert_eq!(Refusal::of(&Status::internal("x")), None);
    }

    #[test]
    fn every_reason_has_a_name_that_reads_back() {
        for number in 0..=42 {
            let reason = ErrorReason::try_from(number).expect("the enum is contiguous");
            assert_eq!(from_short_name(short_name(reason)), Some(reason));
        }
    }
}
