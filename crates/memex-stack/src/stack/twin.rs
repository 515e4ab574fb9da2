//! A guard's twin: an SQL function without the lines that are the guard.

use sqlx::{AssertSqlSafe, PgPool};

use super::Fault;

/// Replaces `function` in this database by its twin.
pub(super) async fn install(owner: &PgPool, function: &str, guard: &str) -> Result<(), Fault> {
    let definitions: Vec<String> = sqlx::query_scalar(
        "-- stack.definition\nSELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = $1 AND pronamespace = 'public'::regnamespace",
    )
    .bind(function)
    .fetch_all(owner)
    .await?;
    let [definition] = definitions.as_slice() else {
        return Err(format!("there are {} functions of that name", definitions.len()).into());
    };
    let twin = without(definition, guard).ok_or_else(|| format!("it has no line marked -- guard: {guard}"))?;
    sqlx::raw_sql(AssertSqlSafe(format!("-- stack.twin\n{twin}"))).execute(owner).await?;
    Ok(())
}

/// The definition without the guard's lines; nothing where it has none.
fn without(definition: &str, guard: &str) -> Option<String> {
    let is_guard = |line: &&str| {
        let mark = line.split_once("-- guard:").map(|(_, mark)| mark.trim_start());
        mark.and_then(|mark| mark.split([' ', ',', ';', ':']).next()) == Some(guard)
    };
    let kept: Vec<&str> = definition.lines().filter(|line| !is_guard(line)).collect();
    (kept.len() < definition.lines().count()).then(|| kept.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::without;

    const FUNCTION: &str =
        "BEGIN\n  a;   -- guard: lease\n  b;   -- guard: lease_time\n  c;\n  d;   -- guard: lease: why\nEND";

    #[test]
    fn a_twin_lacks_the_lines_of_its_guard_and_no_other() {
        assert_eq!(without(FUNCTION, "lease").as_deref(), Some("BEGIN\n  b;   -- guard: lease_time\n  c;\nEND"));
    }

    #[test]
    fn a_guard_without_a_mark_has_no_twin() {
        assert_eq!((without(FUNCTION, "lea"), without(FUNCTION, "c")), (None, None));
    }
}
