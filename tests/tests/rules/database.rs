//! What the database itself forbids, whatever the service does.

use memex_stack::stack::Stack;
use memex_stack::stack::sqlx::{self, AssertSqlSafe, Executor as _, SqlSafeStr as _};
use tests::ask;

#[tokio::test]
async fn the_services_role_changes_memory_only_through_the_doors() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let mut connection = stack.sql().acquire().await.unwrap();
    connection.execute("SET ROLE memex_app").await.unwrap();
    for (table, column) in [("mx_scope", "sequence"), ("mx_file", "version"), ("mx_revision", "text")] {
        for statement in [
            format!("DELETE FROM {table}"),
            format!("UPDATE {table} SET {column} = {column}"),
            format!("INSERT INTO {table} DEFAULT VALUES"),
        ] {
            let error = sqlx::query(AssertSqlSafe(statement.clone())).execute(&mut *connection).await.unwrap_err();
            assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"), "{statement}: {error}");
        }
    }
    let error = sqlx::query("DELETE FROM mx_access_log").execute(&mut *connection).await.unwrap_err();
    assert_eq!(error.as_database_error().unwrap().code().as_deref(), Some("42501"));
    connection.execute("RESET ROLE").await.unwrap();
    drop(connection);
    stack.finish().await;
}

#[tokio::test]
async fn time_is_read_in_one_place() {
    let stack = Stack::start().await;
    let others = "SELECT proname FROM pg_proc WHERE proname LIKE 'mx\\_%' AND proname <> 'mx_now' AND prosrc ~* '\\m(now|clock_timestamp|statement_timestamp|transaction_timestamp)\\(\\)|current_timestamp'";
    assert_eq!(
        ask::lines(stack.sql(), &format!("{others} AND prosrc !~* 'mx_now\\(\\)'"), &[]).await,
        Vec::<String>::new()
    );
    stack.finish().await;
}

/// What Postgres computes anew for each row: on a shard of a table it may differ from the others, or is refused.
const VOLATILE: &str = "mx_now random gen_random_uuid nextval clock_timestamp";

#[tokio::test]
async fn no_function_computes_a_volatile_value_inside_an_update_or_a_case() {
    let stack = Stack::start().await;
    let bodies = "SELECT proname || ';' || prosrc FROM pg_proc WHERE proname LIKE 'mx\\_%' ORDER BY 1";
    let mut found = Vec::new();
    for body in ask::lines(stack.sql(), bodies, &[]).await {
        let code: Vec<&str> = body.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        let code = code.join("\n").replace("NO KEY UPDATE", "").replace("FOR UPDATE", "");
        let name = code.split(';').next().unwrap_or_default().to_owned();
        for statement in code.split(';') {
            let changes = statement.contains("UPDATE ") || statement.contains("CASE");
            let volatile = VOLATILE.split(' ').find(|volatile| statement.contains(&format!("{volatile}(")));
            if let Some(volatile) = volatile.filter(|_| changes) {
                found.push(format!("{name}: {volatile}"));
            }
        }
    }
    assert_eq!(found, Vec::<String>::new());
    stack.finish().await;
}

#[tokio::test]
async fn the_access_logs_default_partition_stays_empty() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "x").await;
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log_default", &[]).await, 0);
    assert!(ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log", &[]).await > 0);
    stack.finish().await;
}

#[tokio::test]
async fn every_cached_statement_is_one_that_the_migrated_database_knows() {
    let stack = Stack::start().await;
    let cache = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/memory-api/.sqlx");
    let mut prepared = 0;
    for entry in std::fs::read_dir(cache).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let cached: serde_json::Value = serde_json::from_str(&text).unwrap();
        let query = AssertSqlSafe(cached["query"].as_str().unwrap().to_owned()).into_sql_str();
        if let Err(error) = stack.sql().prepare(query.clone()).await {
            panic!("{}: {error}", query.as_str());
        }
        prepared += 1;
    }
    assert!(prepared > 50, "the cache is where it was: {prepared} statements");
    stack.finish().await;
}
