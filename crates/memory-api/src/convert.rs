//! Between the wire's messages and the domain's types: what requests say, and the messages that several services answer.

pub mod dream_message;
mod edits;
pub mod file_message;
mod origins;
pub mod revision_message;
mod treatments;

use chrono::{DateTime, Utc};
use memex_core::actor::{Operation, Source};
use memex_core::path::{MemoryPath, PathRefusal};
use memex_core::text::TextRefusal;
use memex_proto::reason::Refusal;
use memex_proto::v1 as pb;
use memex_proto::v1::ErrorReason;
use prost_types::Timestamp;

use crate::error::field;

pub use edits::edits;
pub use origins::{origin, origin_out};
pub use treatments::{treatment, treatments};

/// A time as the wire has it.
pub fn timestamp(at: DateTime<Utc>) -> Timestamp {
    Timestamp { seconds: at.timestamp(), nanos: i32::try_from(at.timestamp_subsec_nanos()).unwrap_or(0) }
}

/// The seconds that a Timestamp may have: the years 1 to 9999, which Postgres keeps as well.
const SECONDS: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// A time of the wire; `None` where it is out of range.
pub fn time(at: &Timestamp) -> Option<DateTime<Utc>> {
    let seconds = Some(at.seconds).filter(|seconds| SECONDS.contains(seconds))?;
    DateTime::from_timestamp(seconds, u32::try_from(at.nanos).ok()?)
}

/// The time of a page token, in microseconds; `None` where it is out of the same range.
pub fn time_of_micros(micros: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros).filter(|at| SECONDS.contains(&at.timestamp()))
}

/// The number of a reason, as log rows keep it.
pub fn reason_code(reason: ErrorReason) -> i16 {
    i16::try_from(i32::from(reason)).unwrap_or(0)
}

/// A path as a caller spelled it.
///
/// # Errors
/// INVALID_PATH with the rule that it breaks.
pub fn path(text: &str) -> Result<MemoryPath, Refusal> {
    MemoryPath::parse(text).map_err(|refusal| invalid_path("path", &refusal))
}

/// The refusal of a path or prefix in this field.
pub fn invalid_path(name: &str, refusal: &PathRefusal) -> Refusal {
    Refusal::new(ErrorReason::InvalidPath, refusal.to_string()).violation(name, refusal.to_string())
}

/// The refusal of a text in this field.
pub fn invalid_text(name: &str, refusal: &TextRefusal) -> Refusal {
    Refusal::new(ErrorReason::InvalidText, refusal.to_string()).violation(name, refusal.to_string())
}

/// The reason of a change.
///
/// # Errors
/// FIELD_INVALID where it is too long or no plain line.
pub fn reason(text: &str) -> Result<String, Refusal> {
    memex_core::text::reason(text).map_err(|refusal| field("reason", refusal.to_string()))
}

/// Where a text comes from; not said is an agent's.
///
/// # Errors
/// FIELD_INVALID for a number that this version does not know.
pub fn source(number: i32) -> Result<Source, Refusal> {
    match pb::Source::try_from(number) {
        Ok(pb::Source::Unspecified | pb::Source::Agent) => Ok(Source::Agent),
        Ok(pb::Source::User) => Ok(Source::User),
        Ok(pb::Source::Tool) => Ok(Source::Tool),
        Ok(pb::Source::Web) => Ok(Source::Web),
        Ok(pb::Source::Import) => Ok(Source::Import),
        Err(_) => Err(field("source", "is a source that this version does not know")),
    }
}

/// A stored source's code for the wire.
pub fn source_out(code: i16) -> pb::Source {
    match Source::from_code(code) {
        Some(Source::User) => pb::Source::User,
        Some(Source::Agent) => pb::Source::Agent,
        Some(Source::Tool) => pb::Source::Tool,
        Some(Source::Web) => pb::Source::Web,
        Some(Source::Import) => pb::Source::Import,
        None => pb::Source::Unspecified,
    }
}

/// A stored revision's operation for the wire.
pub fn operation_out(code: i16) -> pb::RevisionOperation {
    match Operation::from_code(code) {
        Some(Operation::Write) => pb::RevisionOperation::Write,
        Some(Operation::Patch) => pb::RevisionOperation::Patch,
        Some(Operation::Delete) => pb::RevisionOperation::Delete,
        Some(Operation::Move) => pb::RevisionOperation::Move,
        Some(Operation::Restore) => pb::RevisionOperation::Restore,
        Some(Operation::Revert) => pb::RevisionOperation::Revert,
        Some(Operation::DreamLog) => pb::RevisionOperation::DreamLog,
        _ => pb::RevisionOperation::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_survives_the_wire() {
        let at = DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap();
        assert_eq!(time(&timestamp(at)), Some(at));
        assert_eq!(time(&Timestamp { seconds: 0, nanos: -1 }), None);
        for seconds in [i64::MAX, i64::MIN, SECONDS.start() - 1, SECONDS.end() + 1] {
            assert_eq!(time(&Timestamp { seconds, nanos: 0 }), None);
        }
        for seconds in [*SECONDS.start(), *SECONDS.end()] {
            assert_eq!(time(&Timestamp { seconds, nanos: 0 }), time_of_micros(seconds * 1_000_000));
            assert!(time_of_micros(seconds * 1_000_000).is_some());
        }
        assert_eq!(time_of_micros(i64::MIN), None);
    }

    #[test]
    fn every_source_comes_back_and_none_said_is_an_agents() {
        for &known in Source::ALL {
            assert_eq!(source(source_out(known.code()).into()).unwrap(), known);
        }
        assert_eq!(source(0).unwrap(), Source::Agent);
        assert_eq!(source(6).unwrap_err().reason, ErrorReason::FieldInvalid);
    }

    #[test]
    fn every_operation_that_makes_a_revision_has_a_name_on_the_wire() {
        for &operation in Operation::ALL {
            let makes_one = (10..20).contains(&operation.code());
            assert_eq!(operation_out(operation.code()) != pb::RevisionOperation::Unspecified, makes_one, "{operation}");
        }
    }
}
