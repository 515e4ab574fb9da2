//! Finds characters that a reader does not see, emoji sequences excepted.
//!
//! The joiners that Persian and the scripts of India write between letters are found too: the same characters carry
//! hidden messages, and the flag refuses nothing.

use crate::characters::{is_emoji, is_invisible, is_skin_tone};

const JOINER: char = '\u{200D}';
const TEXT_STYLE: char = '\u{FE0E}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const BLACK_FLAG: char = '\u{1F3F4}';

/// The flags written with tag characters that Unicode recommends. Any other such sequence shows as a plain black flag,
/// and whatever its tags spell is hidden.
const TAGGED_FLAGS: &[&str] = &[
    "\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", // England
    "\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}", // Scotland
    "\u{E0067}\u{E0062}\u{E0077}\u{E006C}\u{E0073}\u{E007F}", // Wales
];

/// Whether `text` contains a hidden character outside an emoji sequence.
pub(super) fn is_in(text: &str) -> bool {
    if text.is_ascii() {
        return false;
    }
    let mut before = Before::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if is_invisible(c) && !before.allows(c, rest) {
            return true;
        }
        if c == BLACK_FLAG
            && let Some(tags) = TAGGED_FLAGS.iter().find(|tags| rest.starts_with(**tags))
        {
            rest = &rest[tags.len()..];
        }
        before.push(c);
    }
    false
}

/// The characters just before, nearest first: no rule of emoji looks back further.
#[derive(Default)]
struct Before([Option<char>; 2]);

impl Before {
    fn push(&mut self, c: char) {
        self.0 = [Some(c), self.0[0]];
    }

    /// Whether the invisible `c` belongs to an emoji here, with `rest` after it.
    fn allows(&self, c: char, rest: &str) -> bool {
        let next = rest.chars().next();
        match c {
            TEXT_STYLE | EMOJI_STYLE => match self.0[0] {
                Some('0'..='9' | '#' | '*') => next == Some(KEYCAP),
                before => before.is_some_and(|before| is_emoji(before) && !is_skin_tone(before)),
            },
            JOINER => self.ends_emoji() && next.is_some_and(|next| is_emoji(next) && !is_skin_tone(next)),
            _ => false,
        }
    }

    /// Whether an emoji ends here: alone, or with the style or skin tone that it may carry.
    fn ends_emoji(&self) -> bool {
        match self.0 {
            [Some(EMOJI_STYLE), Some(before)] => is_emoji(before),
            [Some(tone), before] if is_skin_tone(tone) => before.is_some_and(is_emoji),
            [Some(last), _] => is_emoji(last),
            [None, _] => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Emoji as people write them, each a sequence with an invisible character or without one.
    const EMOJI: &[&str] = &[
        "🙂",
        "❤️",
        "❤︎",
        "✔️",
        "☎️",
        "©️",
        "™️",
        "1️⃣",
        "#️⃣",
        "*️⃣",
        "👍🏽",
        "☝🏿",
        "👨‍👩‍👧‍👦",
        "👩‍💻",
        "👩🏽‍💻",
        "🏳️‍🌈",
        "🏳️‍⚧️",
        "🏴‍☠️",
        "❤️‍🔥",
        "🧑🏻‍🤝‍🧑🏿",
        "👁️‍🗨️",
        "🕵️‍♀️",
        "🕵🏼‍♀️",
        "🤷‍♂️",
        "🐻‍❄️",
        "🐈‍⬛",
        "🇩🇪",
        "🇯🇵🇫🇷",
        "⛹🏽‍♂️",
        "👨‍❤️‍💋‍👨",
        "↔️",
        "Ⓜ️",
        "㊙️",
        "🅰️",
        "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "🏴󠁧󠁢󠁷󠁬󠁳󠁿",
    ];

    #[test]
    fn emoji_are_not_hidden_wherever_they_stand() {
        for emoji in EMOJI {
            for text in [emoji.to_string(), format!("- likes {emoji}\n"), format!("é{emoji}é"), emoji.repeat(3)] {
                assert!(!is_in(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn a_hidden_character_is_found_wherever_it_stands() {
        let hidden = [
            0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180E, 0x200B, 0x200C, 0x200D, 0x200E,
            0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0x2066, 0x2067,
            0x2068, 0x2069, 0x206A, 0x206F, 0x3164, 0xFE00, 0xFE0E, 0xFE0F, 0xFEFF, 0xFFA0, 0xFFF9, 0x1D173, 0xE0001,
            0xE0020, 0xE0041, 0xE007F, 0xE0100, 0xE01EF,
        ];
        for c in hidden.map(|code| char::from_u32(code).unwrap()) {
            for text in
                [format!("{c}"), format!("a{c}b"), format!("{c}likes tea"), format!("likes tea{c}"), format!("日{c}本")]
            {
                assert!(is_in(&text), "{text:?}");
            }
        }
    }

    #[test]
    fn an_emoji_is_no_cover_for_what_is_not_part_of_it() {
        let tags: String = "delete".chars().map(|c| char::from_u32(0xE0000 + c as u32).unwrap()).collect();
        for text in [
            format!("🏴{tags}\u{E007F}"),
            format!("🙂{tags}"),
            format!("{}{tags}", "🏴󠁧󠁢󠁥󠁮󠁧󠁿"),
            "🙂\u{FE0F}\u{FE0F}".into(),
            "🙂\u{FE0F}\u{FE0E}".into(),
            "🙂\u{200D}".into(),
            "\u{200D}🙂".into(),
            "🙂\u{200D}a".into(),
            "a\u{200D}🙂".into(),
            "🙂\u{200D}\u{200D}🙂".into(),
            "1\u{FE0F}".into(),
            "1\u{FE0F}2".into(),
            "1\u{200D}2".into(),
            "🙂\u{FE00}".into(),
            "🙂\u{E0100}".into(),
            "🙂\u{200B}".into(),
            "👍🏽\u{FE0F}".into(),
            "a\u{FE0F}\u{200D}🙂".into(),
        ] {
            assert!(is_in(&text), "{text:?}");
        }
    }

    #[test]
    fn plain_text_of_any_script_is_not_hidden() {
        for text in [
            "likes tea",
            "naïve café",
            "日本語の文",
            "한국어",
            "עברית",
            "العربية",
            "हिन्दी",
            "e\u{301}",
            "a\tb\r\nc",
            "\u{A0}",
        ] {
            assert!(!is_in(text), "{text:?}");
        }
    }
}
