//! Tables whose columns line up.

use std::io::{self, Write};

use super::{safe_line, style};

/// One column: its heading, and whether its cells are numbers.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    heading: &'static str,
    number: bool,
}

/// A column of words.
pub const fn words(heading: &'static str) -> Column {
    Column { heading, number: false }
}

/// A column of numbers, which stand to the right.
pub const fn numbers(heading: &'static str) -> Column {
    Column { heading, number: true }
}

/// Rows under headings.
#[derive(Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// No rows yet.
    pub fn new(columns: &[Column]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row: a cell for each column; an empty cell is shown as `-`.
    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let shown = |cell: String| if cell.is_empty() { "-".to_owned() } else { safe_line(&cell) };
        self.rows.push(cells.into_iter().map(shown).collect());
    }

    /// Prints headings and rows; nothing at all where there is no row.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let widths: Vec<usize> = (0..self.columns.len()).map(|column| self.width(column)).collect();
        let headings: Vec<_> = self.columns.iter().map(|column| column.heading.to_owned()).collect();
        writeln!(out, "{}{}{}", style::HEAD.render(), self.line(&headings, &widths), style::HEAD.render_reset())?;
        self.rows.iter().try_for_each(|row| writeln!(out, "{}", self.line(row, &widths)))
    }

    fn width(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        cells.chain([self.columns[column].heading]).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let aligned = self.columns.iter().zip(cells).zip(widths).map(|((column, cell), width)| {
            if column.number { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        aligned.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    }
}

/// Names and values beside each other, such as the facts of one dream. Empty values are left out.
///
/// # Errors
/// When `out` cannot be written.
pub fn write_facts(out: &mut impl Write, facts: &[(&str, String)]) -> io::Result<()> {
    let facts: Vec<_> = facts.iter().filter(|(_, value)| !value.is_empty()).collect();
    let width = facts.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let (dim, reset) = (style::FAINT.render(), style::FAINT.render_reset());
    facts.iter().try_for_each(|(name, value)| writeln!(out, "  {dim}{name:<width$}{reset}  {}", safe_line(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_numbers_stand_to_the_right() {
        let mut table = Table::new(&[words("path"), numbers("version"), words("by")]);
        table.row(["user/a.md".to_owned(), "7".to_owned(), String::new()]);
        table.row(["user/longer.md".to_owned(), "12".to_owned(), "agent\u{1b}".to_owned()]);
        let mut out = anstream::StripStream::new(Vec::new());
        table.write(&mut out).unwrap();
        let expected = "\
path            version  by
user/a.md             7  -
user/longer.md       12  agent\\u{1b}
";
        assert_eq!(String::from_utf8(out.into_inner()).unwrap(), expected);
    }
}
