//! What a listing of dreams reads.

use memex_proto::v1::ListDreamsRequest;
use memex_stack::stack::Stack;
use tests::ask;
use tests::plan::{KINDS, plan, rows_read, statement};

/// How many dreams the one user has, among those of the others.
const OWN: u64 = 30;

/// How many dreams a page of the listing asks for.
const PAGE: u64 = 101;

/// 100,000 dreams of a thousand users of the first workspace, and a few of Ada, spread over the same time.
async fn fill(stack: &Stack) {
    stack.user("ada").await.write("user/a.md", "- tea\n").await;
    let dreams = |count: &str, scope: &str, spread: &str| {
        format!(
            "INSERT INTO mx_dream (scope_id, dream_id, workspace_id, state, mode, curator, requested,
               max_ops, max_files, max_bytes, max_read_bytes, max_seconds, created_at, ended_at)
             SELECT {scope}, gen_random_uuid(), s.workspace_id, CASE WHEN n % 2 = 0 THEN 'applied' ELSE 'noop' END, 'auto',
                    'builtin', false, 1, 1, 1, 1, 1, mx_now() - n * interval '{spread}', mx_now()
               FROM generate_series(1, {count}) n, mx_scope s WHERE s.kind = 1 AND s.user_id = 'ada'"
        )
    };
    for statement in [
        "INSERT INTO mx_scope (workspace_id, kind, user_id)
         SELECT workspace_id, 1, 'user ' || n FROM mx_scope, generate_series(1, 1000) n WHERE user_id = 'ada'",
        &dreams("100000", "s.scope_id + 1 + n % 1000", "30 seconds"),
        &dreams(&OWN.to_string(), "s.scope_id", "1 day"),
        "ANALYZE",
    ] {
        ask::change(stack.sql(), statement, &[]).await;
    }
}

#[tokio::test]
async fn a_listing_of_dreams_reads_no_more_than_its_page_and_one_users_that_users_alone() {
    let stack = Stack::start().await;
    fill(&stack).await;
    let workspace = ask::number(stack.sql(), "SELECT max(workspace_id) FROM mx_dream", &[]).await;
    let ada = ask::number(stack.sql(), "SELECT scope_id FROM mx_scope WHERE user_id = 'ada'", &[]).await;
    let of_scope = (statement("dreams.of_scope"), ada, OWN);
    // Of two dreams of the others one is in the state that is asked for.
    let of_workspace = (statement("dreams.of_workspace"), workspace, 3 * PAGE);
    let later = "mx_now() - interval '10 days', '00000000-0000-4000-8000-000000000000'";
    for (what, states, after) in
        [("all", "'{}'", "NULL, NULL"), ("in a state", "'{applied}'", "NULL, NULL"), ("a later page", "'{}'", later)]
    {
        for (text, of, most) in [&of_scope, &of_workspace] {
            for kind in KINDS {
                let values = format!("{of}, {states}, {after}, {PAGE}, {ada}, 1, 'test', gen_random_uuid(), NULL");
                let plan = plan(&stack, "EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF)", text, &values, kind).await;
                let read = rows_read(&plan, "mx_dream");
                assert!((1..=*most).contains(&read), "{what}, {kind}: {read} rows\n{plan}");
            }
        }
    }
    let request = ListDreamsRequest { user_id: "ada".into(), ..ListDreamsRequest::default() };
    let listed = stack.operator().dream_admin.list_dreams(request).await.unwrap().into_inner();
    assert_eq!(listed.dreams.len() as u64, OWN);
    stack.finish().await;
}
