//! A user's id as the product outside gives it: opaque, kept byte for byte, never parsed.

use std::fmt;

use thiserror::Error;

use crate::{characters, limits};

/// The id of one end user within a workspace. Any printable character is allowed, `/`, `%`, `..` and spaces included:
/// it is a key column's value and never a part of a path, a prefix or a pattern. Two spellings that Unicode calls
/// equivalent are two users, since nobody here may guess what an id means.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(String);

/// Why a text is not a user id. It never repeats the id, which may be personal.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UserIdRefusal {
    /// It has no character.
    #[error("the user id is empty; give the id by which your product knows this user")]
    Empty,
    /// It is longer than [`limits::MAX_USER_ID_BYTES`].
    #[error("the user id has {bytes} bytes; at most {} are allowed", limits::MAX_USER_ID_BYTES)]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
    },
    /// It contains a control, format, private-use, unassigned or otherwise invisible character.
    #[error("the user id contains U+{:04X}, which does not show; use printable characters", *character as u32)]
    NotPrintable {
        /// The first such character.
        character: char,
    },
}

impl UserId {
    /// Takes `text` as it is.
    ///
    /// # Errors
    /// Empty, longer than [`limits::MAX_USER_ID_BYTES`], or with a character that does not show.
    pub fn parse(text: &str) -> Result<UserId, UserIdRefusal> {
        if text.is_empty() {
            return Err(UserIdRefusal::Empty);
        }
        if text.len() > limits::MAX_USER_ID_BYTES {
            return Err(UserIdRefusal::TooLong { bytes: text.len() });
        }
        match text.chars().find(|&c| !characters::is_printable(c)) {
            Some(character) => Err(UserIdRefusal::NotPrintable { character }),
            None => Ok(UserId(text.to_owned())),
        }
    }

    /// The id, byte for byte as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for UserId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Prints no id: a user's id is personal, and `{:?}` ends in logs.
impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_printable_text_is_an_id_and_stays_byte_for_byte() {
        for text in [
            "ada",
            "a/../b",
            "%",
            "_",
            "user/",
            "ada@example.org",
            " ",
            "Zoë",
            "Zoe\u{308}",
            "日本",
            "🙂",
            "'; --",
            "a b",
        ] {
            assert_eq!(UserId::parse(text).unwrap().as_str(), text);
        }
        assert_ne!(UserId::parse("Zoë").unwrap(), UserId::parse("Zoe\u{308}").unwrap());
    }

    #[test]
    fn what_does_not_show_is_refused() {
        for text in [
            "a\0",
            "a\n",
            "\u{7F}",
            "a\u{200B}",
            "\u{202E}a",
            "\u{E0041}",
            "\u{E000}",
            "\u{2028}",
            "\u{FEFF}a",
            "\u{FFFF}",
        ] {
            assert!(matches!(UserId::parse(text), Err(UserIdRefusal::NotPrintable { .. })), "{text:?}");
        }
    }

    #[test]
    fn an_id_has_1_to_256_bytes() {
        assert_eq!(UserId::parse(""), Err(UserIdRefusal::Empty));
        assert!(UserId::parse(&"a".repeat(256)).is_ok());
        assert_eq!(UserId::parse(&"a".repeat(257)), Err(UserIdRefusal::TooLong { bytes: 257 }));
        assert_eq!(UserId::parse(&"é".repeat(129)), Err(UserIdRefusal::TooLong { bytes: 258 }));
    }

    #[test]
    fn an_id_does_not_print_itself() {
        let shown = format!("{:?}", UserId::parse("canary-7").unwrap());
        assert_eq!(shown, "UserId(8 bytes)");
        assert!(!UserId::parse("canary-7\0").unwrap_err().to_string().contains("canary"));
    }
}
