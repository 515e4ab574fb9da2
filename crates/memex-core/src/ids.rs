//! Wire ids: opaque to callers, and carrying the scope that they belong to, so that every look-up is one scope's.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use thiserror::Error;
use uuid::Uuid;

/// The id of a dream, `drm_…` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DreamId {
    /// The scope that it dreams over.
    pub scope: i64,
    /// Which of its dreams.
    pub id: Uuid,
}

/// The id of a revision, `rev_…` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RevisionId {
    /// The scope whose history it is in.
    pub scope: i64,
    /// Its place in that history.
    pub sequence: i64,
}

/// The id of a token, `tok_…` on the wire; not the token's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenId(
    /// The id as the database keeps it.
    pub Uuid,
);

/// The id of a memory, `mem_…` on the wire: what changes and the erasure of one user have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryId(
    /// The scope.
    pub i64,
);

/// Why a text is not an id. One message for all the ways, since an id is copied and never written by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a {kind} id: expected `{prefix}` and {length} characters, exactly as this service gave them")]
pub struct IdRefusal {
    /// What kind of id was expected, in words.
    pub kind: &'static str,
    /// The prefix of that kind.
    pub prefix: &'static str,
    /// How many characters follow the prefix.
    pub length: usize,
}

const DREAM: IdRefusal = IdRefusal { kind: "dream", prefix: "drm_", length: 32 };
const REVISION: IdRefusal = IdRefusal { kind: "revision", prefix: "rev_", length: 22 };
const MEMORY: IdRefusal = IdRefusal { kind: "memory", prefix: "mem_", length: 11 };
const TOKEN: IdRefusal = IdRefusal { kind: "token", prefix: "tok_", length: 22 };

impl fmt::Display for DreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(f, &DREAM, &joined::<24>(&self.scope.to_be_bytes(), self.id.as_bytes()))
    }
}

impl FromStr for DreamId {
    type Err = IdRefusal;

    fn from_str(text: &str) -> Result<DreamId, IdRefusal> {
        let (scope, id) = split::<24, 16>(&decoded(text, &DREAM)?);
        Ok(DreamId { scope, id: Uuid::from_bytes(id) })
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(f, &REVISION, &joined::<16>(&self.scope.to_be_bytes(), &self.sequence.to_be_bytes()))
    }
}

impl FromStr for RevisionId {
    type Err = IdRefusal;

    fn from_str(text: &str) -> Result<RevisionId, IdRefusal> {
        let (scope, sequence) = split::<16, 8>(&decoded(text, &REVISION)?);
        Ok(RevisionId { scope, sequence: i64::from_be_bytes(sequence) })
    }
}

impl fmt::Display for MemoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(f, &MEMORY, &self.0.to_be_bytes())
    }
}

impl FromStr for MemoryId {
    type Err = IdRefusal;

    fn from_str(text: &str) -> Result<MemoryId, IdRefusal> {
        decoded(text, &MEMORY).map(|bytes| MemoryId(i64::from_be_bytes(bytes)))
    }
}

impl fmt::Display for TokenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_id(f, &TOKEN, self.0.as_bytes())
    }
}

impl FromStr for TokenId {
    type Err = IdRefusal;

    fn from_str(text: &str) -> Result<TokenId, IdRefusal> {
        decoded(text, &TOKEN).map(|bytes| TokenId(Uuid::from_bytes(bytes)))
    }
}

fn write_id(f: &mut fmt::Formatter<'_>, kind: &IdRefusal, bytes: &[u8]) -> fmt::Result {
    f.pad(&format!("{}{}", kind.prefix, URL_SAFE_NO_PAD.encode(bytes)))
}

/// The engine refuses padding and bits left over, so that one id has one spelling. The length is looked at first, so
/// that a long text costs nothing.
fn decoded<const N: usize>(text: &str, kind: &IdRefusal) -> Result<[u8; N], IdRefusal> {
    let encoded = text.strip_prefix(kind.prefix).filter(|rest| rest.len() == kind.length).ok_or(*kind)?;
    URL_SAFE_NO_PAD.decode(encoded).ok().and_then(|bytes| bytes.try_into().ok()).ok_or(*kind)
}

fn joined<const N: usize>(first: &[u8], second: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    bytes[..first.len()].copy_from_slice(first);
    bytes[first.len()..].copy_from_slice(second);
    bytes
}

fn split<const N: usize, const REST: usize>(bytes: &[u8; N]) -> (i64, [u8; REST]) {
    let mut scope = [0; 8];
    let mut rest = [0; REST];
    scope.copy_from_slice(&bytes[..8]);
    rest.copy_from_slice(&bytes[8..]);
    (i64::from_be_bytes(scope), rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_look_like_this() {
        let dream = DreamId { scope: 7, id: Uuid::from_u128(1) };
        assert_eq!(dream.to_string(), "drm_AAAAAAAAAAcAAAAAAAAAAAAAAAAAAAAB");
        assert_eq!(RevisionId { scope: 7, sequence: 1 }.to_string(), "rev_AAAAAAAAAAcAAAAAAAAAAQ");
        assert_eq!(TokenId(Uuid::from_u128(1)).to_string(), "tok_AAAAAAAAAAAAAAAAAAAAAQ");
        assert_eq!(MemoryId(7).to_string(), "mem_AAAAAAAAAAc");
    }

    #[test]
    fn other_spellings_of_an_id_are_refused() {
        let good = "rev_AAAAAAAAAAcAAAAAAAAAAQ";
        assert!(good.parse::<RevisionId>().is_ok());
        for bad in [
            "",
            "rev_",
            "AAAAAAAAAAcAAAAAAAAAAQ",
            "REV_AAAAAAAAAAcAAAAAAAAAAQ",
            "drm_AAAAAAAAAAcAAAAAAAAAAQ",
            "rev_AAAAAAAAAAcAAAAAAAAAAR",
            "rev_AAAAAAAAAAcAAAAAAAAAAQ==",
            "rev_AAAAAAAAAAcAAAAAAAAAA",
            " rev_AAAAAAAAAAcAAAAAAAAAAQ",
            "rev_AAAAAAAAAAcAAAAAAAAAAQ ",
            "rev_AAAAAAAAAAcAAAAAAAAA+Q",
            "rev_AAAAAAAAAAcAAAAAAAAA/Q",
            "rev_AAAAAAAAAAcAAAAAAAAAéQ",
            "rev_AAAAAAAAAAcAAAAAAAAAA\nQ",
        ] {
            assert_eq!(bad.parse::<RevisionId>(), Err(REVISION), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn an_id_comes_back_as_it_went(scope: i64, sequence: i64, id: u128) {
            let id = Uuid::from_u128(id);
            let dream = DreamId { scope, id };
            prop_assert_eq!(dream.to_string().parse(), Ok(dream));
            let revision = RevisionId { scope, sequence };
            prop_assert_eq!(revision.to_string().parse(), Ok(revision));
            prop_assert_eq!(TokenId(id).to_string().parse(), Ok(TokenId(id)));
            prop_assert_eq!(MemoryId(scope).to_string().parse(), Ok(MemoryId(scope)));
        }

        #[test]
        fn only_one_spelling_of_an_id_parses(scope: i64, sequence: i64, at in 0usize..26, by in 0u8..128) {
            let spelled = RevisionId { scope, sequence }.to_string();
            let mut bytes = spelled.clone().into_bytes();
            bytes[at] = by;
            let other = String::from_utf8(bytes).unwrap();
            if let Ok(parsed) = other.parse::<RevisionId>() {
                prop_assert_eq!(parsed.to_string(), other);
            }
        }
    }
}
