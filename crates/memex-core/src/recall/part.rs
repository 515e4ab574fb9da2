//! The lines of a file that stand in the block together: those that hold, or those that are superseded.

use std::fmt::Write as _;

use super::CurrentFile;
use crate::patch::{front_matter_bytes, outline, superseded};

/// One line with its ending.
struct Row<'t> {
    text: &'t str,
    /// It is more than a heading, front matter or blank: a part that is cut does not end with less.
    tells: bool,
}

/// Lines of one file under one heading of the block.
pub(super) struct Part<'t> {
    rows: Vec<Row<'t>>,
    /// The heading without its end: `# user/a.md (version 3`.
    title: String,
    superseded: bool,
    /// How many of the lines the block has; `None`: not even the heading.
    taken: Option<usize>,
}

impl<'t> Part<'t> {
    /// The lines that hold and those that do not. Of an empty file the first part has no line.
    pub(super) fn of(file: &CurrentFile<'_>, text: &'t str) -> (Option<Self>, Option<Self>) {
        let outline = outline(text);
        let mut history = superseded(&outline).into_iter().peekable();
        let mut headings = outline.iter().map(|(row, _, _)| *row).peekable();
        let matter = front_matter_bytes(text);
        let (mut holds, mut held, mut start) = (Vec::new(), Vec::new(), 0);
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let heading = headings.next_if_eq(&number).is_some();
            while history.next_if(|rows| rows.end <= number).is_some() {}
            let old = history.peek().is_some_and(|rows| rows.contains(&number));
            let tells = !heading && start >= matter && !line.trim().is_empty();
            if old { &mut held } else { &mut holds }.push(Row { text: line, tells });
            start += line.len();
        }
        let part = |rows, superseded| Part {
            rows,
            title: format!("# {} (version {}", file.path, file.version),
            superseded,
            taken: None,
        };
        let only_history = holds.is_empty() && !held.is_empty();
        ((!only_history).then(|| part(holds, false)), (!held.is_empty()).then(|| part(held, true)))
    }

    /// The bytes that a file needs at least: its heading and an empty line before it.
    pub(super) fn least(file: &CurrentFile<'_>) -> usize {
        format!("\n# {} (version {})\n\n", file.path, file.version).len()
    }

    /// Takes as many lines as `room` has space for, at least one unless there is none. Gives how many bytes they need, at
    /// most; 0 where nothing was taken.
    pub(super) fn take(&mut self, room: usize) -> usize {
        self.taken = self.most(room);
        self.needs()
    }

    /// The most bytes that it needs as it is taken.
    pub(super) fn needs(&self) -> usize {
        self.taken.map_or(0, |taken| self.cost(taken, self.rows[..taken].iter().map(|row| row.text.len()).sum()))
    }

    /// Something of it is in the block.
    pub(super) fn is_taken(&self) -> bool {
        self.taken.is_some()
    }

    /// All of it is.
    pub(super) fn is_whole(&self) -> bool {
        self.taken == Some(self.rows.len())
    }

    /// The bytes of the file's text that are in the block.
    pub(super) fn taken_bytes(&self) -> usize {
        self.rows[..self.taken.unwrap_or(0)].iter().map(|row| row.text.len()).sum()
    }

    /// Adds the heading and the lines, where it is taken.
    pub(super) fn write(&self, block: &mut String) {
        let Some(taken) = self.taken else { return };
        if !block.is_empty() && !block.ends_with("\n\n") {
            block.push('\n');
        }
        // Writing to a String does not fail.
        let _ = write!(block, "{}{}", self.title, self.heading_end(taken));
        self.rows[..taken].iter().for_each(|row| block.push_str(row.text));
        if !block.ends_with('\n') {
            block.push('\n');
        }
    }

    fn heading_end(&self, taken: usize) -> &'static str {
        match (self.superseded, taken == self.rows.len()) {
            (false, true) => ")\n\n",
            (false, false) => ", cut)\n\n",
            (true, true) => ", superseded)\n\n",
            (true, false) => ", superseded, cut)\n\n",
        }
    }

    /// The heading, the lines, an empty line before and the end of the last line.
    fn cost(&self, taken: usize, bytes: usize) -> usize {
        self.title.len() + self.heading_end(taken).len() + bytes + 2
    }

    /// How many lines have room.
    fn most(&self, room: usize) -> Option<usize> {
        let all = self.rows.len();
        if self.cost(all, self.rows.iter().map(|row| row.text.len()).sum()) <= room {
            return Some(all);
        }
        let (mut bytes, mut most) = (0, None);
        for (number, row) in self.rows.iter().enumerate() {
            bytes += row.text.len();
            if number + 1 == all || self.cost(number + 1, bytes) > room {
                break;
            }
            if row.tells {
                most = Some(number + 1);
            }
        }
        most
    }
}
