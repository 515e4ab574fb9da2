//! The days that are written with the lines of a file.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::context::FileParts;
use crate::same::is_curated;
use crate::statement::{Document, split_lines};
use crate::text::stamp;

/// For each line of a file, the day that is written with its statement: the stamp of the statement, else a full date in a
/// heading above it, else the `date` of the front matter, else the day in the path. A line without a statement has none,
/// and neither has any line of a file that no dream may touch.
///
/// The curator dates statements by the same rule. A day may lie in the future: the caller decides about plans.
pub fn written_days(path: &str, text: &str) -> Vec<Option<NaiveDate>> {
    let mut days = vec![None; split_lines(text).len()];
    if !is_curated(path, text) {
        return days;
    }
    let document = Document::parse(text);
    let parts = FileParts::new((path, text), &document, &Arc::default());
    for (i, statement) in document.statements.iter().enumerate() {
        let day = parts.written_day(&document, i, stamp(&statement.text));
        days[statement.lines.first as usize - 1..statement.lines.last as usize].fill(day);
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The written day of each line that has one, as the line's number and the day.
    fn days(path: &str, text: &str) -> Vec<(usize, String)> {
        let days = written_days(path, text);
        assert_eq!(days.len(), split_lines(text).len());
        (1..).zip(days).filter_map(|(line, day)| Some((line, day?.to_string()))).collect()
    }

    fn on(line: usize, day: &str) -> (usize, String) {
        (line, day.to_owned())
    }

    #[test]
    fn the_nearest_day_counts() {
        let text =
            "---\ndate: 2024-01-02\n---\n\n- Ann rides.\n\n## 2024-01-03\n\n- [2024-01-04] Ann sings.\n- Ann rows.\n";
        let nearest = [on(5, "2024-01-02"), on(9, "2024-01-04"), on(10, "2024-01-03")];
        assert_eq!(days("user/sessions/2024-01-01.md", text), nearest);
    }

    #[test]
    fn a_path_dates_all_statements_and_a_month_dates_none() {
        let text = "# Notes\n\nAnn rides and\nsings.\n\n- Ann rows.\n";
        for path in ["user/sessions/2024-01-01.md", "user/2024/01/01/notes.md", "user/2024/01/01.md"] {
            assert_eq!(days(path, text), [3, 4, 6].map(|line| on(line, "2024-01-01")), "{path}");
        }
        assert_eq!(days("user/sessions/2024-01.md", text), []);
        assert_eq!(days("user/log/2024-01-01.md", text), [], "no dream touches a log");
    }
}
