//! A unified diff in colours.

use std::io::{self, Write};

use anstyle::Style;

use super::{safe_line, style};

/// Prints a unified diff: what came in green, what went in red, places in cyan.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_unified(out: &mut impl Write, diff: &str) -> io::Result<()> {
    let mut in_hunk = false;
    for line in diff.lines() {
        in_hunk |= line.starts_with("@@");
        let style = style_of(line, in_hunk);
        writeln!(out, "{}{}{}", style.render(), safe_line(line), style.render_reset())?;
    }
    Ok(())
}

/// Before the first hunk `---` and `+++` name the file; within one they are lines that begin with `--` and `++`.
fn style_of(line: &str, in_hunk: bool) -> Style {
    match line.as_bytes().first() {
        Some(b'@') => style::PLACE,
        Some(b'+' | b'-') if !in_hunk => style::HEAD,
        Some(b'+') => style::ADDED,
        Some(b'-') => style::REMOVED,
        Some(b'\\') => style::FAINT,
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_coloured_by_what_they_say_and_controls_are_shown() {
        let mut out = Vec::new();
        write_unified(&mut out, "--- a\n+++ b\n@@ -1,2 +1,1 @@\n same\n-gone\x1b[2J\n--- rule\n+new\n").unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "\x1b[1m--- a\x1b[0m");
        assert_eq!(lines[2], "\x1b[36m@@ -1,2 +1,1 @@\x1b[0m");
        assert_eq!(lines[3], " same");
        assert_eq!(lines[4], "\x1b[31m-gone\\u{1b}[2J\x1b[0m");
        assert_eq!(lines[5], "\x1b[31m--- rule\x1b[0m");
        assert_eq!(lines[6], "\x1b[32m+new\x1b[0m");
    }
}
