//! The runtime keys that `mx_config` keeps: their ranges, where they may be set, and how levels combine.

mod phrases;
mod table;

use thiserror::Error;

pub use phrases::neutral_phrases;
pub use table::{
    DREAM_MAX_BYTES, DREAM_MAX_FILES, DREAM_MAX_READ_BYTES, DREAM_MAX_SECONDS, DREAM_MAX_WRITES, DREAM_MODE,
    DREAM_NEUTRAL, KEYS,
};

use crate::words::word_enum;

word_enum! {
    /// Where a key may be set, from left to right.
    Level {
        /// The whole deployment.
        Deployment = 1 "deployment",
        /// One workspace.
        Workspace = 2 "workspace",
        /// One user.
        User = 3 "user",
        /// One dream, as it is started.
        Dream = 4 "dream",
    }
}

/// What values a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// `true` or `false`.
    Bool,
    /// A whole number within bounds, both included.
    Integer {
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
        /// What is counted, in the plural: `minutes`, `bytes`.
        unit: &'static str,
    },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Phrases, divided by `;` or line ends.
    Phrases {
        /// How many at most.
        most: usize,
        /// How many characters a phrase has at most.
        length: usize,
    },
}

/// How the values of several levels make the one that counts: a level further right may only narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrowing {
    /// The key has one level; its value counts as it is.
    OneLevel,
    /// True only where every level says so; a level that says nothing says the default.
    Both,
    /// The smallest number.
    Smallest,
    /// The one furthest right in this list, which goes from wide to narrow.
    Order(&'static [&'static str]),
}

/// One runtime key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name, as in `mx_config`.
    pub name: &'static str,
    /// Its value where nobody set it.
    pub default: &'static str,
    /// What values it takes.
    pub kind: KeyKind,
    /// Where it may be set, from left to right.
    pub levels: &'static [Level],
    /// How its levels combine.
    pub narrow: Narrowing,
}

/// Why a value is not a key's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyRefusal {
    /// It is neither `true` nor `false`.
    #[error("{key} is true or false")]
    NotBool {
        /// The key's name.
        key: &'static str,
    },
    /// It is no whole number.
    #[error("{key} is a whole number of {unit}, from {min} to {max}, written in digits")]
    NotInteger {
        /// The key's name.
        key: &'static str,
        /// What it counts.
        unit: &'static str,
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// It is out of bounds.
    #[error("{key} is from {min} to {max} {unit}")]
    OutOfRange {
        /// The key's name.
        key: &'static str,
        /// What it counts.
        unit: &'static str,
        /// The smallest value.
        min: i64,
        /// The largest value.
        max: i64,
    },
    /// It is none of the key's words.
    #[error("{key} is one of: {}", choices.join(", "))]
    NotAChoice {
        /// The key's name.
        key: &'static str,
        /// The key's words.
        choices: &'static [&'static str],
    },
    /// It has too many phrases.
    #[error("{key} takes at most {most} phrases; these are {has}")]
    TooManyPhrases {
        /// The key's name.
        key: &'static str,
        /// How many it takes.
        most: usize,
        /// How many there are, each counted once.
        has: usize,
    },
    /// A phrase of it is too long.
    #[error("{key}: a phrase has at most {length} characters; {phrase} has {has}")]
    PhraseTooLong {
        /// The key's name.
        key: &'static str,
        /// How the phrase begins, quoted.
        phrase: String,
        /// How many characters it may have.
        length: usize,
        /// How many it has.
        has: usize,
    },
    /// A phrase of it holds a control character.
    #[error("{key}: a phrase has no control characters; {phrase} has one")]
    ControlCharacter {
        /// The key's name.
        key: &'static str,
        /// How the phrase begins, quoted and escaped.
        phrase: String,
    },
}

/// The key of this name; `None` where there is none.
pub fn key(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

impl Key {
    /// The canonical spelling of `value`: spaces around it and zeros before a number are dropped; phrases are trimmed, and
    /// each stands once.
    ///
    /// # Errors
    /// The value is not of the key's kind or out of its range; the refusal says what is.
    pub fn check(&self, value: &str) -> Result<String, KeyRefusal> {
        let (key, value) = (self.name, value.trim());
        match self.kind {
            KeyKind::Bool if matches!(value, "true" | "false") => Ok(value.to_owned()),
            KeyKind::Bool => Err(KeyRefusal::NotBool { key }),
            KeyKind::Choice(choices) if choices.contains(&value) => Ok(value.to_owned()),
            KeyKind::Choice(choices) => Err(KeyRefusal::NotAChoice { key, choices }),
            KeyKind::Phrases { most, length } => phrases::check(key, value, most, length),
            KeyKind::Integer { min, max, unit } => {
                if !is_number(value) {
                    return Err(KeyRefusal::NotInteger { key, unit, min, max });
                }
                match value.parse() {
                    Ok(number) if (min..=max).contains(&number) => Ok(number.to_string()),
                    // A number too long for i64 is out of range like any other.
                    _ => Err(KeyRefusal::OutOfRange { key, unit, min, max }),
                }
            }
        }
    }

    /// Whether the key may be set at `level`.
    pub fn is_set_at(&self, level: Level) -> bool {
        self.levels.contains(&level)
    }

    /// The value that counts, from what is set at each level (`None`: nothing). The leftmost level sets, within the
    /// range or the default; each further one may only narrow. A stored value that [`check`](Self::check) would
    /// refuse, left by another version, counts as not set.
    pub fn effective<'v>(&self, at: impl Fn(Level) -> Option<&'v str>) -> String {
        let set = |level: Level| at(level).and_then(|value| self.check(value).ok());
        let (first, further) = self.levels.split_first().expect("every key has a level: a test looks");
        let mut value = set(*first).unwrap_or_else(|| self.default.to_owned());
        for &level in further {
            let default = || (self.narrow == Narrowing::Both).then(|| self.default.to_owned());
            if let Some(asked) = set(level).or_else(default)
                && self.is_narrower(&asked, &value)
            {
                value = asked;
            }
        }
        value
    }

    /// Whether `asked` narrows `above`; both are canonical.
    fn is_narrower(&self, asked: &str, above: &str) -> bool {
        match self.narrow {
            Narrowing::OneLevel => false,
            Narrowing::Both => asked == "false",
            Narrowing::Smallest => asked.parse::<i64>().ok() < above.parse::<i64>().ok(),
            Narrowing::Order(order) => {
                let place = |value: &str| order.iter().position(|word| *word == value);
                place(asked) > place(above)
            }
        }
    }
}

fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix('-').unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
