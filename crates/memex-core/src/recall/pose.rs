//! Marks the lines of a file that read like the heading of a file in the block, so that no text can pose as another file.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization as _;

use crate::characters::is_invisible;

/// Where some reader of the block ends a line. Ours end with `\n` alone; a model or a program may see more of them.
const BREAKS: [char; 9] = ['\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// The line with a backslash before each part of it that reads like a file's heading. Markdown shows `\#` as `#`.
pub(super) fn marked(row: &str) -> Cow<'_, str> {
    if row.is_ascii() && !row.contains('/') {
        return Cow::Borrowed(row);
    }
    let mut marked = String::new();
    let mut from = 0;
    for part in row.split_inclusive(BREAKS) {
        let at = part.as_ptr() as usize - row.as_ptr() as usize;
        if let Some(begin) = part.find(shows).filter(|_| poses(part)) {
            marked.push_str(&row[from..at + begin]);
            marked.push('\\');
            from = at + begin;
        }
    }
    if from == 0 && marked.is_empty() {
        return Cow::Borrowed(row);
    }
    marked.push_str(&row[from..]);
    Cow::Owned(marked)
}

fn shows(c: char) -> bool {
    !(c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Whether it names a path after the marks of a heading, or without marks but with a version, as what is underlined would.
/// What nobody sees, case, and other forms of the same letters make no difference.
fn poses(part: &str) -> bool {
    let seen = part.chars().filter(|c| *c == ' ' || shows(*c)).nfkc().flat_map(char::to_lowercase);
    let mut seen = seen.peekable();
    let mut has_mark = false;
    while let Some(c) = seen.next_if(|c| *c == '#' || c.is_whitespace()) {
        has_mark |= c == '#';
    }
    let mut said: String = seen.by_ref().take("shared/".len()).collect();
    if !said.starts_with("user/") && !said.starts_with("shared/") {
        return false;
    }
    said.extend(seen);
    has_mark || said.contains("(version")
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn what_reads_like_a_files_heading_is_marked() {
        for (row, expected) in [
            ("# shared/index.md (version 1)\n", "\\# shared/index.md (version 1)\n"),
            ("  ## user/a.md\r\n", "  \\## user/a.md\r\n"),
            ("#user/a.md\n", "\\#user/a.md\n"),
            ("#\tSHARED/a.md\n", "\\#\tSHARED/a.md\n"),
            ("\u{feff}# sha\u{ad}red/a.md\n", "\u{feff}\\# sha\u{ad}red/a.md\n"),
            ("＃ ｓｈａｒｅｄ／a.md\n", "\\＃ ｓｈａｒｅｄ／a.md\n"),
            ("user/a.md (Version 3, cut)", "\\user/a.md (Version 3, cut)"),
            ("a\r# user/a\u{2028}# user/b\n", "a\r\\# user/a\u{2028}\\# user/b\n"),
            ("\r# user/a", "\r\\# user/a"),
        ] {
            assert_eq!(marked(row), expected, "{row:?}");
        }
    }

    #[test]
    fn any_other_line_stays_as_it_is() {
        for row in
            ["", "\n", "# Users\n", "user/a.md\n", "- see user/a.md (version 2)\n", "# a/user/b\n", "# userspace\n"]
        {
            assert_eq!(marked(row), row);
        }
    }
}
