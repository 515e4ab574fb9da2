//! Two texts of each pair: side by side where the terminal is wide, one below the other where it is narrow.

use std::io::{self, Write};

use memex_proto::v1::QuotedLines;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::{safe_line, style};

/// A terminal of so many columns is wide.
const WIDE: usize = 100;

/// The separator between the columns.
const GAP: &str = "  ";

/// One side of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Where the lines stand.
    pub place: String,
    /// What they say, or why that is not told.
    pub text: String,
}

impl Side {
    /// Quoted lines: `user/a.md:3 at version 2, said 2026-10-05`; `without` is told where there is no text.
    pub fn of(quoted: Option<QuotedLines>, without: &str) -> Self {
        let Some(quoted) = quoted else { return Self { place: "nothing".to_owned(), text: String::new() } };
        let lines = match &quoted.lines {
            Some(lines) if lines.first == lines.last => format!(":{}", lines.first),
            Some(lines) => format!(":{}-{}", lines.first, lines.last),
            None => String::new(),
        };
        let text = match (quoted.text.as_str(), quoted.cut) {
            ("", _) => without.to_owned(),
            (text, false) => text.to_owned(),
            (text, true) => format!("{text}…"),
        };
        let said = said(&quoted.first_said, &quoted.last_said);
        Self { place: format!("{}{lines} at version {}{said}", safe_line(&quoted.path), quoted.version), text }
    }
}

/// The days on which lines were said: `, said 2026-10-05 to 2026-11-02`; nothing where they cannot be told.
fn said(first: &str, last: &str) -> String {
    match (first, last) {
        ("", "") => String::new(),
        (first, last) if first == last || last.is_empty() => format!(", said {}", safe_line(first)),
        ("", last) => format!(", said {}", safe_line(last)),
        (first, last) => format!(", said {} to {}", safe_line(first), safe_line(last)),
    }
}

/// Two texts that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What is said of both, above them; may be empty.
    pub caption: String,
    /// The two.
    pub sides: [Side; 2],
}

/// The words for the sides of a pair.
pub type Names = [&'static str; 2];

/// Prints pairs for a terminal of so many columns; `None`: for none.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_pairs(out: &mut impl Write, names: Names, pairs: &[Pair], columns: Option<usize>) -> io::Result<()> {
    let wide = columns.filter(|columns| *columns >= WIDE);
    pairs.iter().try_for_each(|Pair { caption, sides }| {
        if !caption.is_empty() {
            writeln!(out, "{}{}{}", style::FAINT.render(), safe_line(caption), style::FAINT.render_reset())?;
        }
        match wide {
            Some(columns) => write_beside(out, names, sides, (columns - GAP.len()) / 2),
            None => write_below(out, names, sides),
        }
    })
}

fn write_below(out: &mut impl Write, names: Names, pair: &[Side; 2]) -> io::Result<()> {
    let width = names.iter().map(|name| name.len()).max().unwrap_or(0);
    for ((name, side), style) in names.iter().zip(pair).zip([style::REMOVED, style::ADDED]) {
        let (head, reset) = (style::HEAD.render(), style::HEAD.render_reset());
        writeln!(out, "{head}{name:<width$}{reset}  {}", side.place)?;
        for line in side.text.lines() {
            writeln!(out, "{:width$}  {}{}{}", "", style.render(), safe_line(line), style.render_reset())?;
        }
    }
    writeln!(out)
}

fn write_beside(out: &mut impl Write, names: Names, pair: &[Side; 2], width: usize) -> io::Result<()> {
    let place = |at: usize| wrapped(&format!("{}  {}", names[at], pair[at].place), width);
    write_rows(out, [place(0), place(1)], [style::HEAD, style::HEAD], width)?;
    let text = |at: usize| pair[at].text.lines().flat_map(|line| wrapped(&safe_line(line), width)).collect();
    write_rows(out, [text(0), text(1)], [style::REMOVED, style::ADDED], width)?;
    writeln!(out)
}

fn write_rows(
    out: &mut impl Write,
    [left, right]: [Vec<String>; 2],
    [of_left, of_right]: [anstyle::Style; 2],
    width: usize,
) -> io::Result<()> {
    for at in 0..left.len().max(right.len()) {
        let cell = |lines: &[String]| lines.get(at).cloned().unwrap_or_default();
        let (left, right) = (cell(&left), cell(&right));
        if right.is_empty() {
            writeln!(out, "{}{left}{}", of_left.render(), of_left.render_reset())?;
            continue;
        }
        let fill = " ".repeat(width.saturating_sub(left.width()));
        let left = format!("{}{left}{}{fill}", of_left.render(), of_left.render_reset());
        writeln!(out, "{left}{GAP}{}{right}{}", of_right.render(), of_right.render_reset())?;
    }
    Ok(())
}

/// The text in lines of at most so many columns, broken at spaces where there are any.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.width() > width {
        let mut used = 0;
        let fits = rest.char_indices().find(|(_, c)| {
            used += c.width().unwrap_or(0);
            used > width
        });
        let end = fits.map_or(rest.len(), |(at, _)| at).max(rest.chars().next().map_or(0, char::len_utf8));
        let blank = rest[..end].rfind(' ').filter(|at| !rest[..*at].trim().is_empty());
        let end = blank.unwrap_or(end);
        lines.push(rest[..end].trim_end().to_owned());
        rest = rest[end..].trim_start_matches(' ');
    }
    if !rest.is_empty() || lines.is_empty() {
        lines.push(rest.to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use memex_proto::v1::LineRange;

    use super::*;

    fn shown(columns: Option<usize>, pair: [Side; 2]) -> String {
        let mut out = anstream::StripStream::new(Vec::new());
        write_pairs(&mut out, ["goes", "stays"], &[Pair { caption: String::new(), sides: pair }], columns).unwrap();
        String::from_utf8(out.into_inner()).unwrap()
    }

    fn side(path: &str, line: i32, text: &str) -> Side {
        let lines = Some(LineRange { first: line, last: line });
        Side::of(
            Some(QuotedLines { path: path.into(), version: 2, lines, text: text.into(), ..QuotedLines::default() }),
            "(redacted)",
        )
    }

    #[test]
    fn a_pair_stands_below_each_other_in_what_is_narrow_or_no_terminal() {
        let pair = || [side("user/s.md", 3, "- FYI, likes tea\u{1b}[2J"), side("user/a.md", 1, "")];
        let expected = "\
goes   user/s.md:3 at version 2
       - FYI, likes tea\\u{1b}[2J
stays  user/a.md:1 at version 2
       (redacted)

";
        assert_eq!(shown(None, pair()), expected);
        assert_eq!(shown(Some(99), pair()), expected);
    }

    #[test]
    fn a_pair_stands_side_by_side_in_what_is_wide_and_long_lines_go_on_below() {
        let long = format!("- {}", "word ".repeat(12).trim_end());
        let text = shown(Some(100), [side("user/s.md", 3, &long), side("user/a.md", 1, "- 日本語")]);
        let gap = |cell: &str| format!("{cell}{}", " ".repeat(51 - cell.len()));
        let expected = format!(
            "{}stays  user/a.md:1 at version 2\n{}- 日本語\nword word word\n\n",
            gap("goes  user/s.md:3 at version 2"),
            gap(&format!("- {}", "word ".repeat(9).trim_end())),
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn the_days_are_told_with_the_place_and_the_caption_above_both() {
        let days = |first: &str, last: &str| said(first, last);
        assert_eq!(days("2026-10-05", "2026-11-02"), ", said 2026-10-05 to 2026-11-02");
        assert_eq!((days("2026-10-05", "2026-10-05"), days("", "")), (", said 2026-10-05".to_owned(), String::new()));
        let sides = [side("user/s.md", 3, "- a"), side("user/a.md", 1, "- a")];
        let pair = Pair { caption: "probable: the same but for\u{1b} a word".to_owned(), sides };
        let mut out = anstream::StripStream::new(Vec::new());
        write_pairs(&mut out, ["goes", "stays"], &[pair], None).unwrap();
        let text = String::from_utf8(out.into_inner()).unwrap();
        assert!(text.starts_with("probable: the same but for\\u{1b} a word\ngoes   user/s.md:3"), "{text}");
    }

    #[test]
    fn what_has_no_space_is_broken_anywhere_and_nothing_is_lost() {
        assert_eq!(wrapped("日本語", 2), ["日", "本", "語"]);
        assert_eq!(wrapped("日本", 1), ["日", "本"]);
        assert_eq!(wrapped("  - ab cd", 5), ["  -", "ab cd"]);
        assert_eq!(wrapped("", 5), [""]);
    }
}
