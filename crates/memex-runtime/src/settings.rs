//! Gathers every bad setting, so that a start is refused with all of them at once.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// One setting that cannot be used, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct Mistake {
    /// The flag and the variable as a person types them: `--lease-seconds / MEMEX_LEASE_SECONDS`.
    pub setting: String,
    /// What is wrong and what is allowed: `must be 5 to 600, is 3`.
    pub problem: String,
}

impl Mistake {
    /// A mistake in `setting`. Never put a secret's value into `problem`: it is printed.
    pub fn new(setting: impl Into<String>, problem: impl fmt::Display) -> Self {
        Self { setting: setting.into(), problem: problem.to_string() }
    }
}

/// The mistakes found so far. Collect them all, then call [`Mistakes::into_result`] once; a binary that gets an error
/// prints it and ends with [`crate::lifecycle::EXIT_SETTINGS`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Nothing wrong so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes that `setting` cannot be used. See [`Mistake::new`].
    pub fn add(&mut self, setting: impl Into<String>, problem: impl fmt::Display) {
        self.0.push(Mistake::new(setting, problem));
    }

    /// Takes the value, or notes the mistake and gives nothing.
    pub fn check<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.0.push(mistake)).ok()
    }

    /// The number that was given, `default` where none was, or where it cannot be read or is not within `allowed` (both
    /// ends included): then with a mistake.
    pub fn number<T: PartialOrd + fmt::Display + Copy>(
        &mut self,
        setting: &str,
        given: &Given<T>,
        default: T,
        allowed: std::ops::RangeInclusive<T>,
    ) -> T {
        let (least, most) = (allowed.start(), allowed.end());
        match given {
            Given::Nothing => default,
            Given::Read(number) if allowed.contains(number) => *number,
            Given::Read(number) => {
                self.add(setting, format_args!("must be {least} to {most}, is {number}"));
                default
            }
            Given::Unreadable(text) => {
                self.add(setting, format_args!("must be a number from {least} to {most}, is {text:?}"));
                default
            }
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each mistake, in the order in which they were noted.
    pub fn iter(&self) -> impl Iterator<Item = &Mistake> {
        self.0.iter()
    }

    /// Nothing where nothing is wrong, else all of the mistakes as one error.
    ///
    /// # Errors
    /// Itself, when there is at least one mistake.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => write!(f, "one setting cannot be used:")?,
            many => write!(f, "{many} settings cannot be used:")?,
        }
        self.0.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl std::error::Error for Mistakes {}

impl From<Mistake> for Mistakes {
    fn from(mistake: Mistake) -> Self {
        Self(vec![mistake])
    }
}

/// A setting's value as it was typed. What cannot be read is kept until every mistake is known, instead of ending the
/// start by itself; give it to [`Mistakes::number`]. An empty text is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// Nothing was given.
    #[default]
    Nothing,
    /// What was given.
    Read(T),
    /// What was given and cannot be read.
    Unreadable(String),
}

impl<T: FromStr> FromStr for Given<T> {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.trim() {
            "" => Self::Nothing,
            trimmed => trimmed.parse().map_or_else(|_| Self::Unreadable(trimmed.to_owned()), Self::Read),
        })
    }
}

impl<T> From<T> for Given<T> {
    fn from(value: T) -> Self {
        Self::Read(value)
    }
}

/// The text without the white space around it; nothing where no text is left.
pub fn nonempty(given: Option<&str>) -> Option<&str> {
    given.map(str::trim).filter(|text| !text.is_empty())
}

/// Reads a switch. `value` is what was given (a flag's or a variable's text); absent or empty means `default`, and
/// anything but `true`, `false`, `1` and `0` is a mistake: a switch that was mistyped must not be guessed.
pub fn env_flag(setting: &str, value: Option<&str>, default: bool, mistakes: &mut Mistakes) -> bool {
    match nonempty(value) {
        None => default,
        Some("true" | "1") => true,
        Some("false" | "0") => false,
        Some(other) => {
            mistakes.add(setting, format_args!("must be true, false, 1 or 0, is {other:?}"));
            default
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_printed_at_once() {
        let mut mistakes = Mistakes::new();
        mistakes.number("--lease-seconds / MEMEX_LEASE_SECONDS", &Given::Read(3), 60, 5..=600);
        mistakes.number("--slots / MEMEX_SLOTS", &Given::Read(4), 3, 1..=64);
        mistakes.add("--endpoint / MEMEX_ENDPOINT", "must be given");
        let printed = mistakes.into_result().unwrap_err().to_string();
        assert_eq!(
            printed,
            "2 settings cannot be used:\n  --lease-seconds / MEMEX_LEASE_SECONDS: must be 5 to 600, is 3\n  \
             --endpoint / MEMEX_ENDPOINT: must be given"
        );
    }

    #[test]
    fn a_number_that_cannot_be_read_is_one_mistake_among_the_others() {
        let mut mistakes = Mistakes::new();
        let mut read = |text: &str| mistakes.number("MEMEX_SLOTS", &text.parse().unwrap(), 3, 1..=64);
        assert_eq!(["", " ", " 7 ", "many", "65"].map(&mut read), [3, 3, 7, 3, 3]);
        let printed: Vec<_> = mistakes.iter().map(|mistake| mistake.problem.as_str()).collect();
        assert_eq!(printed, ["must be a number from 1 to 64, is \"many\"", "must be 1 to 64, is 65"]);
    }

    #[test]
    fn no_mistake_is_no_error() {
        assert_eq!(Mistakes::new().into_result(), Ok(()));
    }

    #[test]
    fn a_switch_is_read_or_refused_and_never_guessed() {
        let mut mistakes = Mistakes::new();
        let mut read = |value| env_flag("MEMEX_DREAM_ENABLED", value, true, &mut mistakes);
        assert_eq!([Some("true"), Some("1"), None, Some("")].map(&mut read), [true; 4]);
        assert_eq!([Some("false"), Some(" 0 ")].map(&mut read), [false; 2]);
        read(Some("off"));
        read(Some("TRUE"));
        assert_eq!(mistakes.iter().count(), 2);
        assert!(mistakes.to_string().contains(r#"must be true, false, 1 or 0, is "off""#));
    }
}
