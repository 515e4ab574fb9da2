//! What a claim reads: of as many users as it serves, however much they wrote and however many others there are.

use memex_stack::stack::Stack;
use memex_stack::stack::sqlx::{self, AssertSqlSafe, Row as _};
use serde_json::json;
use tests::ask;
use tests::command::Memex;

/// Writes 200 changes a batch for each user of a workspace.
const CHANGES: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../bench/claim/changes.sql"));

/// How many users are due.
const USERS: i64 = 3;

/// What one claim did, before it was undone.
#[derive(Debug, PartialEq, Eq)]
struct Claim {
    granted: i64,
    rows: i64,
    armed: i64,
}

/// Claims as a worker does, and undoes it.
async fn claim(stack: &Stack) -> Claim {
    let mut connection = stack.sql().acquire().await.unwrap();
    let read = "(SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables WHERE relname LIKE 'mx\\_%')";
    let due = "(SELECT count(*) FROM mx_dream_state WHERE due_at <= mx_now())";
    let mut counts = Vec::new();
    for question in [
        format!("BEGIN; SELECT {due}"),
        format!("SELECT {read}"),
        format!("SELECT count(*) FROM mx_assign_1(gen_random_uuid(), 'test', {USERS}, 1::smallint, 'test', NULL)"),
        format!("SELECT {read}"),
        format!("SELECT {due}"),
    ] {
        let row = sqlx::raw_sql(AssertSqlSafe(question)).fetch_one(&mut *connection).await.unwrap();
        counts.push(row.get::<i64, _>(0));
    }
    sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await.unwrap();
    Claim { granted: counts[2], rows: counts[3] - counts[1], armed: counts[0] - counts[4] }
}

/// A stack with users who are due, and their workspace.
async fn due() -> (Stack, i64) {
    let stack = Stack::start().await;
    for number in 1..=USERS {
        stack.user(&format!("user {number}")).await.write("user/a.md", "- tea\n").await;
    }
    stack.quiet().await;
    let workspace = ask::number(stack.sql(), "SELECT max(workspace_id) FROM mx_scope WHERE kind = 1", &[]).await;
    (stack, workspace)
}

/// Further users of the workspace, whose next dream is due `after` now.
async fn further(stack: &Stack, count: u32, after: &str) {
    let statement = format!(
        "WITH made AS (INSERT INTO mx_scope (workspace_id, kind, user_id)
           SELECT max(workspace_id), 1, 'further ' || n FROM mx_scope, generate_series(1, {count}) n GROUP BY n
           RETURNING workspace_id, scope_id)
         INSERT INTO mx_dream_state (scope_id, workspace_id, dirty, due_at)
         SELECT scope_id, workspace_id, true, mx_now() + interval '{after}' FROM made"
    );
    ask::change(stack.sql(), &statement, &[]).await;
    ask::change(stack.sql(), "ANALYZE", &[]).await;
}

#[tokio::test]
async fn a_claim_reads_no_more_rows_where_users_wrote_more_or_further_users_are_not_due_yet() {
    let (stack, workspace) = due().await;
    let written = async |batches: &str| {
        let changes = CHANGES.replace(":batches", batches).replace(":workspace", &workspace.to_string());
        ask::change(stack.sql(), &changes, &[]).await;
        stack.quiet().await;
        ask::change(stack.sql(), "ANALYZE", &[]).await;
        claim(&stack).await
    };
    let few = written("1").await;
    assert_eq!((few.granted, few.armed), (USERS, USERS), "{few:?}");
    let many = written("20").await;
    further(&stack, 2_000, "1 day").await;
    let among_others = claim(&stack).await;
    let most = few.rows + few.rows / 10;
    assert!(many.granted == USERS && many.rows <= most, "{few:?}, with 4,000 changes each {many:?}");
    assert!(among_others.granted == USERS && among_others.rows <= most, "{few:?}, among 2,000 {among_others:?}");
    stack.abandon().await;
}

#[tokio::test]
async fn a_claim_arms_a_bounded_number_of_users_again_and_the_next_one_goes_on() {
    let (stack, _) = due().await;
    further(&stack, 350, "-1 day").await;
    let first = claim(&stack).await;
    assert!((1..=100).contains(&first.armed), "{first:?}");
    let granted = "SELECT count(*) FROM mx_assign_1(gen_random_uuid(), 'test', 3, 1::smallint, 'test', NULL)";
    let mut claims = 0;
    while ask::number(stack.sql(), granted, &[]).await == 0 {
        claims += 1;
        assert!(claims < 10, "nobody is served");
    }
    assert_eq!(claims, 3);
    stack.abandon().await;
}

#[tokio::test]
async fn the_bench_of_claims_finds_no_growth_and_leaves_nothing() {
    let stack = Stack::start().await;
    let memex = Memex::at(&stack.endpoint(), stack.workspace().operator_token()).await;
    let found = memex.json(&["bench", "claim", "--users", "2", "--database-url", &stack.database_url()]).await;
    let [few, many] = found["claims"].as_array().unwrap().as_slice() else { panic!("{found}") };
    assert_eq!((&few["changes"], &many["changes"]), (&json!(200), &json!(20_000)), "{found}");
    assert_eq!((&few["granted"], &many["granted"]), (&json!(2), &json!(2)), "{found}");
    let rows = [few, many].map(|claims| claims["rows"].as_u64().unwrap());
    assert!(rows[0] > 0 && rows[1] <= rows[0] + rows[0] / 10, "{found}");
    let left = "SELECT count(*) FROM mx_scope WHERE user_id LIKE 'bench-%'";
    assert_eq!(ask::number(stack.sql(), left, &[]).await, 0);
    stack.finish().await;
}
