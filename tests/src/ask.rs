//! Questions that a test asks the database, as its owner.

use memex_stack::stack::Stack;
use memex_stack::stack::sqlx::{self, AssertSqlSafe, PgPool};

/// The one number that a statement gives. `$1`, `$2` … are texts.
///
/// # Panics
/// Where the statement fails.
pub async fn number(owner: &PgPool, statement: &str, texts: &[&str]) -> i64 {
    let mut query = sqlx::query_scalar(AssertSqlSafe(format!("-- test.number\n{statement}")));
    for text in texts {
        query = query.bind((*text).to_owned());
    }
    query.fetch_one(owner).await.unwrap_or_else(|error| panic!("{statement}: {error}"))
}

/// The first column of every row that a statement gives, as texts.
///
/// # Panics
/// Where the statement fails.
pub async fn lines(owner: &PgPool, statement: &str, texts: &[&str]) -> Vec<String> {
    let mut query = sqlx::query_scalar(AssertSqlSafe(format!("-- test.lines\n{statement}")));
    for text in texts {
        query = query.bind((*text).to_owned());
    }
    query.fetch_all(owner).await.unwrap_or_else(|error| panic!("{statement}: {error}"))
}

/// Changes what no call changes.
///
/// # Panics
/// Where the statement fails.
pub async fn change(owner: &PgPool, statement: &str, texts: &[&str]) {
    let mut query = sqlx::query(AssertSqlSafe(format!("-- test.change\n{statement}")));
    for text in texts {
        query = query.bind((*text).to_owned());
    }
    query.execute(owner).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// How many revisions a user has.
pub async fn revisions(stack: &Stack, user: &str) -> i64 {
    let statement =
        "SELECT count(*) FROM mx_revision r JOIN mx_scope s USING (scope_id) WHERE s.kind = 1 AND s.user_id = $1";
    number(stack.sql(), statement, &[user]).await
}

/// The states of a user's dreams, the oldest first, with the fence of each: `lost 1`.
pub async fn dreams(stack: &Stack, user: &str) -> Vec<String> {
    let statement = "SELECT format('%s %s', d.state, d.fence) FROM mx_dream d JOIN mx_scope s USING (scope_id)
                      WHERE s.user_id = $1 ORDER BY d.created_at";
    lines(stack.sql(), statement, &[user]).await
}

/// Sets a key of the first workspace, as its operator would.
pub async fn set_key(stack: &Stack, key: &str, value: &str) {
    let statement = "INSERT INTO mx_config (workspace_id, key, value, updated_by) SELECT workspace_id, $1, $2, 'test' FROM mx_workspace
                      ON CONFLICT ON CONSTRAINT mx_config_pk DO UPDATE SET value = EXCLUDED.value";
    change(stack.sql(), statement, &[key, value]).await;
}

/// Every row of memory and of dreams, in digests: two answers are equal where nothing was changed.
pub async fn everything(stack: &Stack) -> Vec<String> {
    let statement = "SELECT md5(t.row) FROM (SELECT f::text AS row FROM mx_file f UNION ALL SELECT r::text FROM mx_revision r
                       UNION ALL SELECT d::text FROM mx_dream d UNION ALL SELECT o::text FROM mx_dream_op o
                       UNION ALL SELECT s::text FROM mx_dream_state s UNION ALL SELECT c::text FROM mx_scope c) t ORDER BY 1";
    lines(stack.sql(), statement, &[]).await
}

/// Makes a worker's token, which belongs to the deployment.
pub async fn worker_token(stack: &Stack) -> String {
    let token = format!("mx_{}", uuid::Uuid::new_v4().simple());
    let statement = "INSERT INTO mx_token (token_id, hash, role, actor, created_by)
                      VALUES (gen_random_uuid(), sha256(convert_to($1, 'UTF8')), 3, 'worker', 'test')";
    change(stack.sql(), statement, &[&token]).await;
    token
}
