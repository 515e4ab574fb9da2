//! The digests under which things are forgotten.

use hmac::{Hmac, KeyInit as _, Mac as _};
use memex_curation::TreatmentKind;
use sha2::Sha256;

use crate::error::{Error, Result};

/// The code of a pair.
const PAIR: i16 = 1;
/// The code of a statement.
const STATEMENT: i16 = 2;

/// What is kept of a thing that is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest {
    /// Pair or statement.
    pub kind: i16,
    /// HMAC-SHA-256 under the scope's key.
    pub mac: [u8; 32],
}

/// The key of a scope. Its `Debug` says nothing of it.
#[derive(Clone, Debug)]
pub struct ForgetKey(Hmac<Sha256>);

impl ForgetKey {
    /// The key of these bytes.
    ///
    /// # Errors
    /// Where they are no key.
    pub fn of(bytes: &[u8]) -> Result<Self> {
        Hmac::new_from_slice(bytes).map(Self).map_err(|_| Error::Unexpected("a scope's key is none"))
    }

    /// The bytes of a new key.
    pub fn new_bytes() -> [u8; 32] {
        rand::random()
    }

    /// Of a statement in its strict form.
    pub fn statement(&self, text: &str) -> Digest {
        Digest { kind: STATEMENT, mac: self.mac(&["statement", text]) }
    }

    /// Of what a treatment made of what. Which of two copies goes does not matter.
    pub fn pair(&self, kind: TreatmentKind, before: &str, after: &str) -> Digest {
        let (first, second) = match kind {
            TreatmentKind::DropDuplicate if after < before => (after, before),
            _ => (before, after),
        };
        Digest { kind: PAIR, mac: self.mac(&[kind.as_str(), first, second]) }
    }

    /// Each part with its length before it, so that no two lists of parts are alike.
    fn mac(&self, parts: &[&str]) -> [u8; 32] {
        let mac = parts.iter().fold(self.0.clone(), |mac, part| {
            mac.chain_update((part.len() as u64).to_be_bytes()).chain_update(part.as_bytes())
        });
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_of_copies_has_no_order_and_every_other_pair_has() {
        let key = ForgetKey::of(&[1; 32]).unwrap();
        let pair = |kind, before, after| key.pair(kind, before, after);
        let drop = TreatmentKind::DropDuplicate;
        assert_eq!(pair(drop, "a", "b"), pair(drop, "b", "a"));
        assert_ne!(pair(TreatmentKind::Supersede, "a", "b"), pair(TreatmentKind::Supersede, "b", "a"));
        assert_ne!(pair(drop, "a", "b"), pair(TreatmentKind::Supersede, "a", "b"));
        assert_ne!(pair(drop, "ab", "c"), pair(drop, "a", "bc"));
        assert_ne!(key.statement("a"), ForgetKey::of(&[2; 32]).unwrap().statement("a"));
    }
}
