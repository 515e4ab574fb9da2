//! The lines of a file that stand in the block together: those that hold, or those that are superseded.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use super::CurrentFile;
use super::pose::marked;
use crate::lines::rows;
use crate::patch::{front_matter_bytes, outline, superseded};

/// One line with its ending.
struct Row<'t> {
    /// As the block has it.
    text: Cow<'t, str>,
    /// The bytes that the file has of it.
    own_bytes: usize,
    /// It is more than a heading, front matter or blank: a part that is cut does not end with less.
    tells: bool,
}

/// Lines of one file under one heading of the block.
pub(super) struct Part<'t> {
    rows: Vec<Row<'t>>,
    /// The heading without its end: `# user/a.md (version 3`.
    title: String,
    superseded: bool,
    /// The line that is kept where the part is cut.
    best: usize,
    /// The lines that the block has; `None`: not even the heading.
    taken: Option<Range<usize>>,
}

impl<'t> Part<'t> {
    /// The lines that hold and those that do not. Of an empty file the first part has no line. `best_line` (from 0) is kept
    /// where the file is cut.
    pub(super) fn of(file: &CurrentFile<'_>, text: &'t str, best_line: usize) -> (Option<Self>, Option<Self>) {
        let outline = outline(text);
        let mut history = superseded(&outline).into_iter().peekable();
        let mut headings = outline.iter().map(|(row, _, _)| *row).peekable();
        let matter = front_matter_bytes(text);
        let (mut holds, mut held, mut start) = ((Vec::new(), 0), (Vec::new(), 0), 0);
        for (number, line) in rows(text).enumerate() {
            let heading = headings.next_if_eq(&number).is_some();
            while history.next_if(|rows| rows.end <= number).is_some() {}
            let old = history.peek().is_some_and(|rows| rows.contains(&number));
            let tells = !heading && start >= matter && !line.trim().is_empty();
            let (rows, best) = if old { &mut held } else { &mut holds };
            if number == best_line {
                *best = rows.len();
            }
            rows.push(Row { text: marked(line), own_bytes: line.len(), tells });
            start += line.len();
        }
        let part = |(rows, best), superseded| Part {
            rows,
            best,
            title: format!("# {} (version {}", file.path, file.version),
            superseded,
            taken: None,
        };
        let only_history = holds.0.is_empty() && !held.0.is_empty();
        ((!only_history).then(|| part(holds, false)), (!held.0.is_empty()).then(|| part(held, true)))
    }

    /// The bytes that a file needs at least: its heading and an empty line before it.
    pub(super) fn least(file: &CurrentFile<'_>) -> usize {
        format!("\n# {} (version {})\n\n", file.path, file.version).len()
    }

    /// Takes as many lines as `room` has space for. Gives how many bytes they need, at most; 0 where nothing was taken.
    pub(super) fn take(&mut self, room: usize) -> usize {
        self.taken = self.most(room);
        self.needs()
    }

    /// The most bytes that it needs as it is taken.
    pub(super) fn needs(&self) -> usize {
        self.taken.as_ref().map_or(0, |taken| self.cost(taken))
    }

    /// Something of it is in the block.
    pub(super) fn is_taken(&self) -> bool {
        self.taken.is_some()
    }

    /// All of it is.
    pub(super) fn is_whole(&self) -> bool {
        self.taken == Some(0..self.rows.len())
    }

    /// The bytes of the file's text that are in the block.
    pub(super) fn taken_bytes(&self) -> usize {
        let own = |taken: &Range<usize>| self.rows[taken.clone()].iter().map(|row| row.own_bytes).sum();
        self.taken.as_ref().map_or(0, own)
    }

    /// Adds the heading and the lines, where it is taken.
    pub(super) fn write(&self, block: &mut String) {
        let Some(taken) = &self.taken else { return };
        if !block.is_empty() && !block.ends_with("\n\n") {
            block.push('\n');
        }
        // Writing to a String does not fail.
        let _ = write!(block, "{}{}", self.title, self.heading_end(taken));
        self.rows[taken.clone()].iter().for_each(|row| block.push_str(&row.text));
        if !block.ends_with('\n') {
            block.push('\n');
        }
    }

    fn heading_end(&self, taken: &Range<usize>) -> &'static str {
        match (self.superseded, taken.len() == self.rows.len()) {
            (false, true) => ")\n\n",
            (false, false) => ", cut)\n\n",
            (true, true) => ", superseded)\n\n",
            (true, false) => ", superseded, cut)\n\n",
        }
    }

    fn bytes(&self, taken: &Range<usize>) -> usize {
        self.rows[taken.clone()].iter().map(|row| row.text.len()).sum()
    }

    /// The heading, the lines, an empty line before and the end of the last line.
    fn cost(&self, taken: &Range<usize>) -> usize {
        self.title.len() + self.heading_end(taken).len() + self.bytes(taken) + 2
    }

    /// The lines that have room: all, those around the best one, or where that is too long the first ones.
    fn most(&self, room: usize) -> Option<Range<usize>> {
        let all = 0..self.rows.len();
        if self.cost(&all) <= room {
            return Some(all);
        }
        self.around(self.best, room).or_else(|| self.around(0, room))
    }

    /// As many lines above a line as below it, and what is left where one side has no more; neither blank lines at their
    /// ends nor headings at their end.
    fn around(&self, line: usize, room: usize) -> Option<Range<usize>> {
        self.rows.get(line)?;
        let mut taken = line..line + 1;
        let mut free = room.checked_sub(self.cost(&taken))?;
        let fits = |row: &usize, free: usize| self.rows.get(*row).is_some_and(|row| row.text.len() <= free);
        loop {
            let above = taken.start.checked_sub(1).filter(|row| fits(row, free));
            if let Some(row) = above {
                taken.start = row;
                free -= self.rows[row].text.len();
            }
            let below = Some(taken.end).filter(|row| fits(row, free));
            if let Some(row) = below {
                taken.end = row + 1;
                free -= self.rows[row].text.len();
            }
            if above.is_none() && below.is_none() {
                break;
            }
        }
        let rows = &self.rows[taken.clone()];
        let last = rows.iter().rposition(|row| row.tells)?;
        let first = rows.iter().position(|row| !row.text.trim().is_empty())?;
        Some(taken.start + first..taken.start + last + 1)
    }
}
