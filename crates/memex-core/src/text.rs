//! The texts that memory keeps: whole files and the reasons of changes.

mod hidden;

use std::fmt;

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::{characters, limits};

/// A file's text: UTF-8 without NUL, within its bound, kept byte for byte. Empty is allowed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MemoryText(String);

/// Why a text is not kept. It never repeats the text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TextRefusal {
    /// It is longer than its bound.
    #[error("the text has {bytes} bytes; at most {max_bytes} are allowed")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The bound in bytes.
        max_bytes: usize,
    },
    /// It contains NUL, which Postgres cannot keep.
    #[error("the text contains NUL at byte {byte}; leave it out")]
    Nul {
        /// Where the first one is, counted from 0.
        byte: usize,
    },
    /// A reason contains a control character, a line break or a character that steers how the line is shown.
    #[error("the reason contains U+{:04X}; write one line of plain text", *character as u32)]
    ControlCharacter {
        /// The first such character.
        character: char,
    },
}

impl MemoryText {
    /// Takes `text` as it is, at most `max_bytes` long.
    ///
    /// # Errors
    /// Longer than `max_bytes`, or with a NUL in it.
    pub fn parse(text: String, max_bytes: usize) -> Result<MemoryText, TextRefusal> {
        check_length(&text, max_bytes)?;
        match text.bytes().position(|byte| byte == 0) {
            Some(byte) => Err(TextRefusal::Nul { byte }),
            None => Ok(MemoryText(text)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, given away.
    pub fn into_string(self) -> String {
        self.0
    }

    /// The SHA-256 of its bytes.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Whether it contains characters that a reader does not see: tags, bidirectional controls, zero-width and filler
    /// characters, variation selectors. Those that make up emoji are not counted. The text is kept either way; its
    /// revision is flagged, so that a person can look.
    pub fn has_hidden_unicode(&self) -> bool {
        hidden::is_in(&self.0)
    }
}

impl AsRef<str> for MemoryText {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Prints no content: `{:?}` ends in logs.
impl fmt::Debug for MemoryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryText({} bytes)", self.0.len())
    }
}

/// The reason of a change as it may stand on its revision: one line, unchanged, at most
/// [`limits::MAX_REASON_BYTES`] bytes. Empty is allowed and means that none was given.
///
/// # Errors
/// Too long, or with NUL, another control character, a line break or a bidirectional control in it.
pub fn reason(text: &str) -> Result<String, TextRefusal> {
    check_length(text, limits::MAX_REASON_BYTES)?;
    let steers = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') || characters::is_bidi_control(c);
    match text.chars().find(|&c| steers(c)) {
        Some(character) => Err(TextRefusal::ControlCharacter { character }),
        None => Ok(text.to_owned()),
    }
}

fn check_length(text: &str, max_bytes: usize) -> Result<(), TextRefusal> {
    if text.len() > max_bytes { Err(TextRefusal::TooLong { bytes: text.len(), max_bytes }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_keeps_its_bytes_up_to_its_bound() {
        for text in ["", "a", "a\r\nb", "e\u{301}", "🦀\u{200B}", "no final newline", "\n\n"] {
            let parsed = MemoryText::parse(text.to_owned(), text.len()).unwrap();
            assert_eq!((parsed.as_str(), parsed.clone().into_string().as_str()), (text, text));
        }
        let refused = Err(TextRefusal::TooLong { bytes: 4, max_bytes: 3 });
        assert_eq!(MemoryText::parse("🦀".to_owned(), 3), refused);
    }

    #[test]
    fn nul_is_refused_with_its_place() {
        assert_eq!(MemoryText::parse("é\0\0".to_owned(), 10), Err(TextRefusal::Nul { byte: 2 }));
    }

    #[test]
    fn the_hash_is_that_of_the_bytes() {
        let hash = MemoryText::parse("abc".to_owned(), 3).unwrap().sha256();
        assert_eq!(hash[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(hash[28..], [0xf2, 0x00, 0x15, 0xad]);
    }

    #[test]
    fn a_text_does_not_print_itself() {
        let text = MemoryText::parse("canary".to_owned(), 10).unwrap();
        assert_eq!(format!("{text:?}"), "MemoryText(6 bytes)");
    }

    #[test]
    fn a_reason_is_one_line_of_at_most_1000_bytes() {
        for text in ["", "the user moved to Lisbon", "déjà vu 🙂 👨\u{200D}👩"] {
            assert_eq!(reason(text).unwrap(), text);
        }
        assert!(reason(&"a".repeat(1_000)).is_ok());
        assert_eq!(reason(&"a".repeat(1_001)), Err(TextRefusal::TooLong { bytes: 1_001, max_bytes: 1_000 }));
        for character in ['\0', '\n', '\r', '\t', '\u{1B}', '\u{7F}', '\u{85}', '\u{2028}', '\u{202E}'] {
            assert_eq!(reason(&format!("a{character}b")), Err(TextRefusal::ControlCharacter { character }));
        }
    }

    proptest! {
        #[test]
        fn any_text_without_nul_is_kept_byte_for_byte(text in "[^\u{0}]{0,200}") {
            let parsed = MemoryText::parse(text.clone(), usize::MAX).unwrap();
            prop_assert_eq!(parsed.into_string(), text);
        }
    }
}
