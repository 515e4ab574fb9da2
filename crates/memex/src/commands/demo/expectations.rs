//! What must be true of the demonstration: each broken expectation is named at its end.

use crate::failure::Failure;

/// The expectations so far: how many were looked at, and the broken ones.
#[derive(Debug, Default)]
pub struct Expectations {
    looked_at: usize,
    broken: Vec<String>,
}

impl Expectations {
    /// Notes whether `holds`; `what` says what was expected.
    pub fn that(&mut self, holds: bool, what: impl FnOnce() -> String) {
        self.looked_at += 1;
        if !holds {
            self.broken.push(what());
        }
    }

    /// How many were looked at.
    pub fn looked_at(&self) -> usize {
        self.looked_at
    }

    /// The broken ones.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }

    /// Nothing where all of them held.
    ///
    /// # Errors
    /// All of the broken ones.
    pub fn into_result(self) -> Result<(), Failure> {
        if self.broken.is_empty() {
            return Ok(());
        }
        Err(Failure::Incomplete(format!("the demonstration is not as it must be:\n  {}", self.broken.join("\n  "))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_expectation_is_named() {
        let mut expect = Expectations::default();
        expect.that(true, || unreachable!("it holds"));
        expect.that(false, || "tea".to_owned());
        expect.that(false, || "coffee".to_owned());
        assert_eq!(expect.looked_at(), 3);
        let told = expect.into_result().unwrap_err().to_string();
        assert!(told.ends_with("must be:\n  tea\n  coffee"), "{told}");
    }
}
