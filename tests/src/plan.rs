//! How Postgres runs a statement of memory-api: its text, and its plan.

use memex_stack::stack::Stack;
use memex_stack::stack::sqlx::{self, AssertSqlSafe, Row as _};

/// Both kinds of plan that a prepared statement may get: one for its values, one for any.
pub const KINDS: [&str; 2] = ["force_custom_plan", "force_generic_plan"];

/// Where memory-api's build keeps the text of each statement.
const STATEMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/memory-api/.sqlx");

/// The text of a statement as memory-api sends it, by its name.
///
/// # Panics
/// Where no statement has that name.
pub fn statement(name: &str) -> String {
    let cached = |file: std::io::Result<std::fs::DirEntry>| {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("a cached statement");
        let cached: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        cached["query"].as_str().expect("a query").to_owned()
    };
    let mut all = std::fs::read_dir(STATEMENTS).expect("the cache of statements").map(cached);
    let first = format!("-- {name}");
    all.find(|text| text.lines().next().is_some_and(|line| line.trim() == first))
        .unwrap_or_else(|| panic!("no statement {name}"))
}

/// The plan of a statement with these values, as `explain` (EXPLAIN with its options) tells it.
///
/// # Panics
/// Where Postgres refuses the statement or the values.
pub async fn plan(stack: &Stack, explain: &str, statement: &str, values: &str, kind: &str) -> String {
    let mut connection = stack.sql().acquire().await.expect("the owner has a connection");
    let prepare = format!("SET plan_cache_mode = {kind}; PREPARE listing AS {statement}");
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *connection).await.expect("the statement can be prepared");
    let execute = format!("{explain} EXECUTE listing({values})");
    let rows =
        sqlx::raw_sql(AssertSqlSafe(execute)).fetch_all(&mut *connection).await.expect("the values fit the statement");
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let reset = sqlx::raw_sql("DEALLOCATE listing; RESET plan_cache_mode").execute(&mut *connection).await;
    reset.expect("it was prepared");
    lines.join("\n")
}

/// How many rows of a table the nodes of a plan read that EXPLAIN (ANALYZE) tells of, those included that a filter left out.
pub fn rows_read(plan: &str, table: &str) -> u64 {
    let mut rows = 0;
    let mut loops = 0;
    for line in plan.lines() {
        let after = |mark: &str| {
            let text = line.split_once(mark)?.1;
            text.split(|character: char| !character.is_ascii_digit()).next()?.parse::<u64>().ok()
        };
        if line.contains("->") {
            loops = if line.contains(&format!(" on {table} ")) { after(" loops=").unwrap_or(0) } else { 0 };
            rows += after("(actual rows=").unwrap_or(0) * loops;
        }
        rows += after("Rows Removed by Filter: ").unwrap_or(0) * loops;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::{rows_read, statement};

    #[test]
    fn a_statement_is_found_by_its_whole_name() {
        assert!(statement("dreams.of_scope").starts_with("-- dreams.of_scope\n"));
        assert!(std::panic::catch_unwind(|| statement("dreams.of")).is_err());
    }

    #[test]
    fn the_rows_of_a_table_are_counted_with_those_that_were_left_out() {
        let plan = "Limit (actual rows=3 loops=1)
  ->  Nested Loop (actual rows=3 loops=1)
        ->  Index Scan using mx_a_pk on mx_a a (actual rows=3 loops=2)
              Rows Removed by Filter: 4
        ->  Seq Scan on mx_b b (actual rows=1 loops=3)
              Rows Removed by Filter: 9";
        assert_eq!((rows_read(plan, "mx_a"), rows_read(plan, "mx_b"), rows_read(plan, "mx_c")), (14, 30, 0));
    }
}
