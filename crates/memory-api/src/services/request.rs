//! A mutation's request id and the digest that tells a repeat from a reuse.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::error::{Result, field};

/// The request id of a call; empty is none.
///
/// # Errors
/// FIELD_INVALID where it is no UUID, or the nil UUID.
pub fn request_id(text: &str) -> Result<Option<Uuid>> {
    if text.is_empty() {
        return Ok(None);
    }
    let id = Uuid::try_parse(text).map_err(|_| field("request_id", "must be a UUID, or left out"))?;
    // A client that never set its id sends this one with every call.
    if id.is_nil() {
        return Err(
            field("request_id", "must not be the nil UUID; make a new one for each change, or leave it out").into()
        );
    }
    Ok(Some(id))
}

/// SHA-256 over a method and its decoded fields, each with its length before it, so that no two calls look alike.
pub struct CallDigest(Sha256);

impl CallDigest {
    /// Begins with the method's name.
    pub fn of(method: &str) -> Self {
        Self(Sha256::new()).bytes(method.as_bytes())
    }

    /// Adds a field.
    #[must_use]
    pub fn text(self, value: &str) -> Self {
        self.bytes(value.as_bytes())
    }

    /// Adds a field that may be absent: absence is not emptiness.
    #[must_use]
    pub fn optional(self, value: Option<&[u8]>) -> Self {
        match value {
            None => self.number(0),
            Some(value) => self.number(1).bytes(value),
        }
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, value: i64) -> Self {
        self.0.update(value.to_be_bytes());
        self
    }

    /// Adds bytes.
    #[must_use]
    pub fn bytes(mut self, value: &[u8]) -> Self {
        self.0.update((value.len() as u64).to_be_bytes());
        self.0.update(value);
        self
    }

    /// The digest.
    #[must_use]
    pub fn finish(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_run_into_each_other_differ() {
        let one = CallDigest::of("M").text("ab").text("c").finish();
        let two = CallDigest::of("M").text("a").text("bc").finish();
        assert_ne!(one, two);
        assert_ne!(CallDigest::of("M").optional(None).finish(), CallDigest::of("M").optional(Some(b"")).finish());
    }

    #[test]
    fn a_request_id_is_a_uuid_or_absent() {
        assert!(matches!(request_id(""), Ok(None)));
        assert!(matches!(request_id("7f1f3a52-7e4c-4f0e-9d3c-0a9a2f1d8f11"), Ok(Some(_))));
        assert!(request_id("seven").is_err());
        assert!(request_id("00000000-0000-0000-0000-000000000000").is_err());
    }
}
