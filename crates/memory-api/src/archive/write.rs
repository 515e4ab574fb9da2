//! Lines into parts, with the last line that proves the others.

use memex_core::limits::ARCHIVE_PART_BYTES;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::lines::{HeaderLine, Line};
use super::order::Counts;
use crate::error::{Error, Result};

/// Lines as they become parts.
pub struct Parts {
    waiting: Vec<u8>,
    sha256: Sha256,
    counts: Counts,
}

impl Parts {
    /// Begins with the header.
    pub fn begin(header: &HeaderLine) -> Result<Self> {
        let mut parts = Self { waiting: Vec::new(), sha256: Sha256::new(), counts: Counts::default() };
        parts.push(header)?;
        Ok(parts)
    }

    /// Adds a line.
    pub fn add(&mut self, line: &Line) -> Result<()> {
        self.counts.add(line);
        self.push(line)
    }

    /// The next full part, where there is one.
    pub fn full(&mut self) -> Option<Vec<u8>> {
        if self.waiting.len() < ARCHIVE_PART_BYTES {
            return None;
        }
        let rest = self.waiting.split_off(ARCHIVE_PART_BYTES);
        Some(std::mem::replace(&mut self.waiting, rest))
    }

    /// Adds the last line.
    pub fn end(&mut self) -> Result<()> {
        let sha256 = hex::encode(self.sha256.clone().finalize());
        self.push(&Line::End(self.counts.end(sha256)))
    }

    /// What no full part has.
    pub fn rest(self) -> Vec<u8> {
        self.waiting
    }

    fn push(&mut self, line: &impl Serialize) -> Result<()> {
        let begin = self.waiting.len();
        serde_json::to_writer(&mut self.waiting, line).map_err(|_| Error::Unexpected("a line is no JSON"))?;
        self.waiting.push(b'\n');
        self.sha256.update(&self.waiting[begin..]);
        Ok(())
    }
}
