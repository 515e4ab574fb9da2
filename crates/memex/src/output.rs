//! What commands print: for people on a terminal, or one JSON value a line.

pub mod diff;
pub mod ledger;
pub mod pager;
pub mod pairs;
pub mod progress;
pub mod style;
pub mod table;

use std::io::{self, Write};

use anstream::AutoStream;
use serde::Serialize;
use serde_json::ser::Formatter;

/// Standard output, whose colours vanish where it is no terminal or NO_COLOR is set.
pub fn out() -> AutoStream<io::Stdout> {
    anstream::stdout()
}

/// How many columns standard output has: as COLUMNS says, else as its terminal has; nothing where it is no terminal.
pub fn columns() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
    said.or_else(|| {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    })
}

/// Prints one JSON value on one line of standard output. What could steer a terminal is escaped, so that a value that
/// is looked at is not obeyed; who parses it gets what was meant.
///
/// # Errors
/// When standard output cannot be written.
pub fn json<T: Serialize>(value: &T) -> io::Result<()> {
    let mut out = io::stdout().lock();
    write_json(&mut out, value)?;
    writeln!(out)?;
    out.flush()
}

fn write_json<T: Serialize>(out: &mut impl Write, value: &T) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Inert)).map_err(io::Error::from)
}

/// Compact JSON whose texts steer nothing. serde_json itself escapes quotes and what lies below U+0020, and hands the
/// rest over in fragments.
struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| steers(*c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }
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
    let bidirectional =
        ['\u{061C}'..='\u{061C}', '\u{200E}'..='\u{200F}', '\u{202A}'..='\u{202E}', '\u{2066}'..='\u{2069}'];
    let tags = '\u{E0000}'..='\u{E007F}';
    c.is_control()
        || separators.contains(&c)
        || tags.contains(&c)
        || bidirectional.iter().any(|range| range.contains(&c))
}

/// Tells a person, beside standard output, that a listing has nothing in it, or not all.
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
    fn json_steers_no_terminal_and_says_the_same() {
        let text = "a\u{1b}\u{7f}\u{9b}2J\"\\\n\u{61c}\u{202E}\u{2028}\u{E0041}Zoë 👩‍👩‍👧";
        let value = serde_json::json!({"text": text, "\u{9b}": [1, null]});
        let mut out = Vec::new();
        write_json(&mut out, &value).unwrap();
        let printed = String::from_utf8(out).unwrap();
        assert!(!printed.chars().any(steers), "{printed}");
        assert!(printed.contains("\\u009b2J\\\"") && printed.contains("\\udb40\\udc41Zoë 👩‍👩‍👧"), "{printed}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), value);
    }
}
