//! Times and enum names as people and JSON have them.

use chrono::{DateTime, SecondsFormat, Utc};
use prost_types::Timestamp;

/// The time in UTC, to the second; nothing where there is none.
pub fn time(at: Option<Timestamp>) -> Option<String> {
    // A server that sends nanoseconds out of range has sent no time.
    let at = at.and_then(|at| DateTime::<Utc>::from_timestamp(at.seconds, u32::try_from(at.nanos).ok()?))?;
    Some(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// An enum's name as people write it: `DREAM_STATE_DRY_RUN` without `DREAM_STATE_` is `dry_run`.
pub fn word(name: &str, prefix: &str) -> String {
    name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase()
}

/// Declares a serialised twin of a message whose fields are all plain.
macro_rules! twin {
    ($(#[$meta:meta])* $view:ident of $message:ident { $($field:ident: $kind:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, serde::Serialize)]
        pub struct $view { $(pub $field: $kind),+ }

        impl From<$message> for $view {
            fn from(message: $message) -> Self {
                Self { $($field: message.$field),+ }
            }
        }
    };
}

pub(crate) use twin;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_utc_to_the_second() {
        let at = Timestamp { seconds: 1_795_384_800, nanos: 900_000_000 };
        assert_eq!(time(Some(at)).as_deref(), Some("2026-11-22T22:00:00Z"));
        assert_eq!((time(None), time(Some(Timestamp { seconds: 0, nanos: -1 }))), (None, None));
    }
}
