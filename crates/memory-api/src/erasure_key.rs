//! The deployment's key under which erased users are remembered: without it nobody can tell from a tombstone who it was.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use memex_core::user_id::UserId;
use sha2::Sha256;

/// The bytes of a key.
const BYTES: usize = 32;

/// What a key is, for people.
const RULE: &str = "must hold 32 random bytes as base64 (43 characters) or as hex (64), as `memory-api bootstrap --erasure-key-file` writes them";

/// The key. Its `Debug` says nothing of it.
#[derive(Clone, Debug)]
pub struct ErasureKey(Hmac<Sha256>);

impl ErasureKey {
    /// The key of a file's text.
    ///
    /// # Errors
    /// The rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        let bytes = if text.len() == 2 * BYTES { hex::decode(text).ok() } else { URL_SAFE_NO_PAD.decode(text).ok() };
        let bytes = bytes.filter(|bytes| bytes.len() == BYTES).ok_or(RULE)?;
        Hmac::new_from_slice(&bytes).map(Self).map_err(|_| RULE)
    }

    /// The text of a new key.
    pub fn new_text() -> String {
        let bits: [u8; BYTES] = rand::random();
        URL_SAFE_NO_PAD.encode(bits)
    }

    /// What a tombstone says of a user of a workspace.
    pub fn user(&self, workspace_id: i64, user: &UserId) -> [u8; 32] {
        self.mac(&[b"user", &workspace_id.to_be_bytes(), user.as_str().as_bytes()])
    }

    /// What tells this key from another.
    pub fn id(&self) -> [u8; 32] {
        self.mac(&[b"key"])
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mac = parts.iter().fold(self.0.clone(), |mac, part| mac.chain_update(part));
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_32_bytes_in_either_spelling() {
        let text = ErasureKey::new_text();
        let hex = hex::encode(URL_SAFE_NO_PAD.decode(&text).unwrap());
        let key = ErasureKey::parse(&format!("{text}\n")).unwrap();
        assert_eq!(key.id(), ErasureKey::parse(&hex).unwrap().id());
        assert_ne!(key.id(), ErasureKey::parse(&ErasureKey::new_text()).unwrap().id());
        for bad in ["", "short", &text[1..], &hex[2..], &"x".repeat(64), &"é".repeat(32), &"+f".repeat(32)] {
            assert_eq!(ErasureKey::parse(bad).unwrap_err(), RULE, "{bad}");
        }
        assert!(!format!("{key:?}").contains(&text));
    }

    #[test]
    fn one_user_of_one_workspace_has_one_mark() {
        let key = ErasureKey::parse(&ErasureKey::new_text()).unwrap();
        let user = |id| UserId::parse(id).unwrap();
        assert_eq!(key.user(1, &user("ada")), key.user(1, &user("ada")));
        assert_ne!(key.user(1, &user("ada")), key.user(2, &user("ada")));
        assert_ne!(key.user(1, &user("ada")), key.user(1, &user("bob")));
    }
}
