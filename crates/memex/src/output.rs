//! What commands print: for people on a terminal, or one JSON value a line.

pub mod diff;
pub mod ledger;
pub mod progress;
pub mod style;
pub mod table;
pub mod view;

use std::io::{self, Write as _};

use anstream::AutoStream;
use chrono::{DateTime, SecondsFormat, Utc};
use prost_types::Timestamp;
use serde::Serialize;

/// Standard output, whose colours vanish where it is no terminal or NO_COLOR is set.
pub fn out() -> AutoStream<io::Stdout> {
    anstream::stdout()
}

/// Prints one JSON value on one line of standard output.
///
/// # Errors
/// When standard output cannot be written.
pub fn json<T: Serialize>(value: &T) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, value)?;
    writeln!(out)?;
    out.flush()
}

/// The text with everything escaped that could steer a terminal or hide: what agents wrote is shown, never obeyed.
/// Line feeds and tabs stay.
pub fn safe(text: &str) -> String {
    escaped(text, |c| steers(c) && c != '\n' && c != '\t')
}

/// The same for what must stay on one line.
pub fn safe_line(text: &str) -> String {
    escaped(text, steers)
}

fn escaped(text: &str, hide: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if hide(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

fn steers(c: char) -> bool {
    let separators = '\u{2028}'..='\u{2029}';
    let bidirectional = ['\u{200E}'..='\u{200F}', '\u{202A}'..='\u{202E}', '\u{2066}'..='\u{2069}'];
    let tags = '\u{E0000}'..='\u{E007F}';
    c.is_control()
        || separators.contains(&c)
        || tags.contains(&c)
        || bidirectional.iter().any(|range| range.contains(&c))
}

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

/// Tells a person, beside standard output, that a listing has nothing in it.
///
/// # Errors
/// When standard error cannot be written.
pub fn nothing(what: impl std::fmt::Display) -> io::Result<()> {
    writeln!(anstream::stderr(), "{}", safe_line(&what.to_string()))
}

/// `1 file`, `2 files`.
pub fn counted(count: impl Into<i64>, noun: &str) -> String {
    let count = count.into();
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_steer_a_terminal_is_shown_and_not_obeyed() {
        assert_eq!(safe("a\u{1b}[31m\tb\nc\u{202E}\u{E0041}\r"), "a\\u{1b}[31m\tb\nc\\u{202e}\\u{e0041}\\r");
        assert_eq!(safe_line("a\nb"), "a\\nb");
        assert_eq!(safe("Zoë 👩‍👩‍👧 日本"), "Zoë 👩‍👩‍👧 日本");
    }

    #[test]
    fn a_time_is_utc_to_the_second() {
        let at = Timestamp { seconds: 1_795_384_800, nanos: 900_000_000 };
        assert_eq!(time(Some(at)).as_deref(), Some("2026-11-22T22:00:00Z"));
        assert_eq!((time(None), time(Some(Timestamp { seconds: 0, nanos: -1 }))), (None, None));
    }
}
