//! Files that fit in a head: a bound on lines, one SQL function a file, and a bound on the columns of SQL.

use std::path::Path;

use crate::checkout::Checkout;
use crate::findings::Findings;

/// The most lines of a file, tests included (functions are clippy's: 60 lines, in clippy.toml).
const MAX_LINES: usize = 400;

/// The most columns of a line of SQL (those of Rust are rustfmt's).
const MAX_SQL_COLUMNS: usize = 120;

/// Endings that the bound on lines holds for.
const BOUNDED: [&str; 4] = [".rs", ".sql", ".sh", ".md"];

/// Grows with every release, and nobody reads it whole.
const UNBOUNDED: &str = "CHANGELOG.md";

/// Judges every file of the repository. Fails when one cannot be read.
pub fn check(root: &Path) -> anyhow::Result<Findings> {
    let checkout = Checkout::open(root)?;
    Ok(checkout.texts()?.iter().flat_map(|(path, text)| findings(path, text)).collect())
}

fn findings(path: &str, text: &str) -> Findings {
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > MAX_LINES && path != UNBOUNDED && BOUNDED.iter().any(|ending| path.ends_with(ending)) {
        findings.push(format!("{path} has {lines} lines, {MAX_LINES} are the most: split it where the names come"));
    }
    if path.ends_with(".sql") {
        let functions = sql_functions(text);
        if functions > 1 {
            findings.push(format!("{path} creates {functions} functions, one is the most: a file for each"));
        }
        for (index, line) in text.lines().enumerate() {
            let columns = line.chars().count();
            if columns > MAX_SQL_COLUMNS {
                let place = format!("{path}:{}", index + 1);
                findings
                    .push(format!("{place} has {columns} columns, {MAX_SQL_COLUMNS} are the most: one clause a line"));
            }
        }
    }
    findings
}

/// How many functions or procedures a script creates.
fn sql_functions(text: &str) -> usize {
    let spoken = text.lines().map(|line| line.split_once("--").map_or(line, |(before, _)| before));
    let words: Vec<_> = spoken.flat_map(str::split_whitespace).map(str::to_ascii_uppercase).collect();
    let creates = |from: usize| match words.get(from).map(String::as_str) {
        Some("OR") => words.get(from + 2).is_some_and(|word| is_routine(word)),
        Some(word) => is_routine(word),
        None => false,
    };
    words.iter().enumerate().filter(|(index, word)| *word == "CREATE" && creates(index + 1)).count()
}

fn is_routine(word: &str) -> bool {
    word == "FUNCTION" || word == "PROCEDURE"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_file_has_at_most_400_lines() {
        assert!(findings("a.rs", &"x\n".repeat(400)).is_empty());
        assert_eq!(findings("a.rs", &"x\n".repeat(401)).len(), 1);
        assert_eq!(findings("docs/README.md", &"x\n".repeat(401)).len(), 1);
        assert!(findings("CHANGELOG.md", &"x\n".repeat(401)).is_empty());
        assert!(findings("Cargo.lock", &"x\n".repeat(4001)).is_empty());
    }

    #[test]
    fn a_line_of_sql_has_at_most_120_columns() {
        let columns = |count: usize| format!("SELECT 1;\n{}\n", "…".repeat(count));
        assert!(findings("migrations/1.sql", &columns(120)).is_empty());
        assert_eq!(
            findings("migrations/1.sql", &columns(121)),
            ["migrations/1.sql:2 has 121 columns, 120 are the most: one clause a line"]
        );
        assert!(findings("README.md", &columns(121)).is_empty());
    }

    #[test]
    fn a_migration_creates_at_most_one_function() {
        let one = "CREATE OR REPLACE FUNCTION mx_a() RETURNS int AS $$ SELECT 1 $$;\n-- CREATE FUNCTION mx_b()\n";
        assert!(findings("migrations/1.sql", one).is_empty());
        let two = format!("{one}create\n  function mx_b() returns int as $$ select 1 $$;\n");
        assert_eq!(findings("migrations/1.sql", &two).len(), 1);
        let mixed = format!("{one}CREATE PROCEDURE mx_c() AS $$ SELECT 1 $$;\n");
        assert_eq!(findings("migrations/1.sql", &mixed).len(), 1);
        assert!(findings("migrations/1.sql", &format!("CREATE TABLE a (b int);\n{one}")).is_empty());
    }
}
