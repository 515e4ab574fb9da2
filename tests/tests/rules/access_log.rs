//! The access log: its months, its listings, and refusals beyond a rate.

use std::time::Duration;

use memex_core::ids::DreamId;
use memex_proto::v1::{AccessOutcome, ErrorReason, ListAccessLogRequest, ListFilesRequest, StartDreamRequest};
use memex_stack::stack::sqlx::{self, AssertSqlSafe, Row as _};
use memex_stack::stack::{Stack, StackOptions};
use memory_api::args::DatabaseArgs;
use memory_api::sweep_once;
use tests::ask;
use tests::plan::{KINDS, plan, statement};
use tests::refused::{bytes, refused};
use tests::waiting::{ends, until};
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn sweep(stack: &Stack) {
    let database =
        DatabaseArgs { database_url: Some(stack.database_url()), owner_database_url: None, max_connections: 2.into() };
    sweep_once(&database).await.unwrap();
}

async fn list(stack: &Stack, user: &str) {
    let mut memory = stack.backend().await.memory;
    memory.list_files(ListFilesRequest { user_id: user.into(), ..Default::default() }).await.unwrap();
}

/// The months that have a partition, relative to this one.
async fn months(stack: &Stack) -> Vec<String> {
    let statement = "SELECT (12 * extract(year FROM age) + extract(month FROM age))::integer::text FROM (
        SELECT age(to_date(right(inhrelid::regclass::text, 7), 'YYYY_MM'), date_trunc('month', mx_now() AT TIME ZONE 'UTC')) AS age
          FROM pg_inherits WHERE inhparent = 'mx_access_log'::regclass AND inhrelid <> 'mx_access_log_default'::regclass ORDER BY 1) a";
    ask::lines(stack.sql(), statement, &[]).await
}

async fn in_default(stack: &Stack) -> i64 {
    ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log_default", &[]).await
}

#[tokio::test]
async fn a_month_is_made_three_months_ahead_with_every_index_and_the_default_stays_empty() {
    let stack = Stack::start().await;
    assert_eq!(months(&stack).await, ["0", "1", "2", "3"]);
    list(&stack, "ada").await;
    // No sweep for longer than months were made for: rows fall to the default, and the next sweep takes them along.
    stack.advance(DAY * 150).await;
    list(&stack, "ada").await;
    assert!(in_default(&stack).await > 0);
    let before = ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log", &[]).await;
    sweep(&stack).await;
    assert_eq!(in_default(&stack).await, 0);
    assert_eq!(months(&stack).await.split_off(months(&stack).await.len() - 4), ["0", "1", "2", "3"]);
    list(&stack, "ada").await;
    assert_eq!(in_default(&stack).await, 0);
    let statement = "SELECT count(*) FROM pg_inherits p WHERE inhparent = 'mx_access_log'::regclass
        AND (SELECT count(*) FROM pg_index WHERE indrelid = p.inhrelid AND indisvalid) <> (SELECT count(*) FROM pg_index WHERE indrelid = p.inhparent)";
    assert_eq!(ask::number(stack.sql(), statement, &[]).await, 0);
    let kept = ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log", &[]).await;
    assert!(kept <= before + 1 && kept > 0, "{kept} rows of {before}");
    stack.finish().await;
}

/// How many months have a partition.
async fn partitions(stack: &Stack) -> i64 {
    ask::number(stack.sql(), "SELECT count(*) FROM pg_inherits WHERE inhparent = 'mx_access_log'::regclass", &[]).await
}

#[tokio::test]
async fn a_month_is_made_beside_calls_that_are_under_way() {
    let stack = Stack::start().await;
    list(&stack, "ada").await;
    let made = partitions(&stack).await;
    stack.advance(DAY * 40).await;
    let mut under_way = stack.sql().begin().await.unwrap();
    let row = "-- test.under_way
        INSERT INTO mx_access_log (scope_id, operation, outcome, actor, principal) SELECT scope_id, 1, 1, 'test', gen_random_uuid() FROM mx_scope LIMIT 1";
    sqlx::query(row).execute(&mut *under_way).await.unwrap();
    sweep(&stack).await;
    assert!(partitions(&stack).await > made, "a month waited for a call");
    under_way.rollback().await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn a_sweep_gives_up_on_a_log_that_is_held_and_a_later_one_succeeds() {
    let stack = Stack::start().await;
    list(&stack, "ada").await;
    let made = partitions(&stack).await;
    stack.advance(DAY * 70).await;
    let mut held = stack.sql().begin().await.unwrap();
    let hold = "-- test.hold\nLOCK TABLE ONLY mx_access_log IN SHARE UPDATE EXCLUSIVE MODE";
    sqlx::query(hold).execute(&mut *held).await.unwrap();
    // Over connections that wait for a lock as long as it is held, making a month gives up by itself, and so does dropping one.
    ask::set_key(&stack, "access_log_retention_days", "1").await;
    for gives_up in ["mx_partition_1((mx_now() + interval '3 months')::date)", "mx_partition_drop_1()"] {
        let statement = sqlx::query(AssertSqlSafe(format!("-- test.gives_up\nSELECT {gives_up}"))).execute(stack.sql());
        let gave_up = ends(gives_up, statement).await.unwrap_err();
        assert_eq!(gave_up.as_database_error().unwrap().code().as_deref(), Some("55P03"), "{gives_up}");
    }
    ends("a sweep that gives up", sweep(&stack)).await;
    list(&stack, "ada").await;
    assert_eq!(partitions(&stack).await, made);
    held.rollback().await.unwrap();
    sweep(&stack).await;
    let months = months(&stack).await;
    let done = months.contains(&"3".to_owned()) && months.iter().all(|month| month.parse::<i64>().unwrap() >= -1);
    assert!(done, "what was given up is done later: {months:?}");
    assert_eq!(in_default(&stack).await, 0);
    stack.finish().await;
}

#[tokio::test]
async fn a_month_goes_when_no_workspace_keeps_it_any_longer() {
    let stack =
        Stack::with(StackOptions { workspaces: vec!["main".into(), "other".into()], ..Default::default() }).await;
    list(&stack, "ada").await;
    stack.advance(DAY * 70).await;
    sweep(&stack).await;
    let first = ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log", &[]).await;
    assert!(first > 0);
    let set = "INSERT INTO mx_config (workspace_id, key, value, updated_by) SELECT workspace_id, 'access_log_retention_days', $2, 'test' FROM mx_workspace WHERE name = $1
               ON CONFLICT ON CONSTRAINT mx_config_pk DO UPDATE SET value = EXCLUDED.value";
    ask::change(stack.sql(), set, &["main", "1"]).await;
    sweep(&stack).await;
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log", &[]).await, first, "the other keeps it");
    ask::change(stack.sql(), set, &["other", "1"]).await;
    sweep(&stack).await;
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_access_log", &[]).await, 0);
    let months = months(&stack).await;
    assert!(months.iter().all(|month| month.parse::<i64>().unwrap() >= -1), "{months:?}");
    list(&stack, "ada").await;
    stack.finish().await;
}

#[tokio::test]
async fn request_ids_are_forgotten_after_their_hours_however_many_there_are() {
    let stack = Stack::start().await;
    let fill = "INSERT INTO mx_request (scope_id, principal, request_id, digest, operation, changed, at)
                SELECT 1, gen_random_uuid(), gen_random_uuid(), '', 1, true, mx_now() FROM generate_series(1, 25000)";
    ask::change(stack.sql(), fill, &[]).await;
    stack.advance(DAY).await;
    ask::change(stack.sql(), &fill.replace("25000", "5"), &[]).await;
    stack.advance(DAY + DAY / 2).await;
    sweep(&stack).await;
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_request", &[]).await, 5);
    stack.finish().await;
}

#[tokio::test]
async fn refusals_beyond_the_rate_are_counted_and_none_is_lost() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    for _ in 0..260 {
        assert_eq!(refused(ada.read("user/a.md").of("bob").await), ErrorReason::WrongUser);
    }
    let rows = "SELECT count(*) FROM mx_access_log WHERE actor = 'agent'";
    let counted = "SELECT count(*) + sum(suppressed) FROM mx_access_log WHERE actor = 'agent'";
    let all = until("the rows that were held are written", async || {
        Some(ask::number(stack.sql(), counted, &[]).await).filter(|counted| *counted >= 260)
    });
    assert_eq!(all.await, 260);
    // A hundred, and one more each ten seconds for those that were held meanwhile.
    let kept = ask::number(stack.sql(), rows, &[]).await;
    assert!((101..=130).contains(&kept), "{kept}");
    let request = ListAccessLogRequest { actor: "agent".into(), page_size: 1, ..Default::default() };
    let newest = stack.operator().admin.list_access_log(request).await.unwrap().into_inner().entries.remove(0);
    assert!(newest.suppressed > 0 && newest.reason() == ErrorReason::WrongUser, "{newest:?}");
    stack.finish().await;
}

#[tokio::test]
async fn a_call_that_fails_has_its_row_when_postgres_answers_again() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- tea\n").await;
    let mut memory = stack.backend().await.memory;
    let failures = [
        ("mx_file RENAME COLUMN updated_by TO gone", "mx_file RENAME COLUMN gone TO updated_by", ErrorReason::Internal),
        ("mx_file RENAME TO gone", "gone RENAME TO mx_file", ErrorReason::DatabaseUnavailable),
    ];
    for (breaks, mends, failure) in failures {
        ask::change(stack.sql(), &format!("ALTER TABLE {breaks}"), &[]).await;
        let files = ListFilesRequest { user_id: "ada".into(), ..Default::default() };
        assert_eq!(refused(memory.list_files(files).await), failure);
        ask::change(stack.sql(), &format!("ALTER TABLE {mends}"), &[]).await;
        let row = "SELECT count(*) FROM mx_access_log JOIN mx_scope USING (scope_id)
                    WHERE user_id = 'ada' AND operation = 1 AND outcome = 3 AND reason = $1::smallint";
        let failure = (failure as i32).to_string();
        until("the row is there", async || (ask::number(stack.sql(), row, &[&failure]).await > 0).then_some(())).await;
    }
    let log = ListAccessLogRequest { user_id: "ada".into(), ..Default::default() };
    let entries = stack.operator().admin.list_access_log(log).await.unwrap().into_inner().entries;
    assert_eq!(entries.iter().filter(|entry| entry.outcome() == AccessOutcome::Failed).count(), 2);
    stack.finish().await;
}

#[tokio::test]
async fn a_dream_of_another_workspace_has_no_log_here_whether_it_exists_or_not() {
    let stack =
        Stack::with(StackOptions { workspaces: vec!["main".into(), "other".into()], ..Default::default() }).await;
    stack.user("ada").await.write("user/a.md", "x").await;
    let start = StartDreamRequest { user_id: "ada".into(), ..Default::default() };
    let dream_id = stack.operator().dream_admin.start_dream(start).await.unwrap().into_inner().dream.unwrap().dream_id;
    let of = |dream_id: String| ListAccessLogRequest { dream_id, ..Default::default() };
    let rows = stack.operator().admin.list_access_log(of(dream_id.clone())).await.unwrap().into_inner().entries;
    assert!(!rows.is_empty() && rows.iter().all(|row| row.dream_id == dream_id));
    let mut other = stack.workspace_named("other").operator().admin;
    let existing = other.list_access_log(of(dream_id)).await.unwrap_err();
    let made_up = DreamId { scope: 9_999_999, id: Uuid::from_u128(1) }.to_string();
    assert_eq!(bytes(&existing), bytes(&other.list_access_log(of(made_up)).await.unwrap_err()));
    stack.finish().await;
}

#[tokio::test]
async fn a_page_goes_on_only_with_the_listing_that_it_is_of() {
    let stack = Stack::start().await;
    for user in ["ada", "bob"] {
        stack.user(user).await.write("user/a.md", "x").await;
        list(&stack, user).await;
    }
    let mut admin = stack.operator().admin;
    let of = |user: &str| ListAccessLogRequest { user_id: user.into(), page_size: 1, ..Default::default() };
    let page_token = admin.list_access_log(of("ada")).await.unwrap().into_inner().next_page_token;
    let next = |of: ListAccessLogRequest| ListAccessLogRequest { page_token: page_token.clone(), ..of };
    assert_eq!(admin.list_access_log(next(of("ada"))).await.unwrap().into_inner().entries.len(), 1);
    let at = Some(prost_types::Timestamp::default());
    for other in [
        of("bob"),
        of(""),
        ListAccessLogRequest { path: "user/a.md".into(), ..of("ada") },
        ListAccessLogRequest { actor: "agent".into(), ..of("ada") },
        ListAccessLogRequest { from_time: at, ..of("ada") },
        ListAccessLogRequest { to_time: at, ..of("ada") },
    ] {
        assert_eq!(refused(admin.list_access_log(next(other.clone())).await), ErrorReason::CursorExpired, "{other:?}");
    }
    stack.finish().await;
}

/// A log of 150,000 rows over three months, two workspaces and a thousand users.
async fn fill(stack: &Stack) {
    for statement in [
        "INSERT INTO mx_scope (workspace_id, kind, user_id) SELECT 1 + n % 2, 1, 'user ' || n FROM generate_series(1, 1000) n",
        "SELECT mx_partition_1((mx_now() - make_interval(months => n))::date) FROM generate_series(1, 2) n",
        "INSERT INTO mx_access_log (scope_id, at, operation, path, outcome, actor, principal, dream_id)
         SELECT s.lowest + n % 1000, mx_now() - n * interval '30 seconds', 2, 'user/' || n % 50 || '.md', 1, 'agent ' || n % 20, gen_random_uuid(),
                CASE WHEN n % 100 = 0 THEN md5((n / 1000)::text)::uuid END
           FROM generate_series(1, 150000) n, (SELECT min(scope_id) AS lowest FROM mx_scope WHERE user_id LIKE 'user %') s",
        "ANALYZE",
    ] {
        ask::change(stack.sql(), statement, &[]).await;
    }
}

#[tokio::test]
async fn every_listing_of_the_log_is_the_walk_of_an_index() {
    let stack = Stack::start().await;
    fill(&stack).await;
    let dream = "(SELECT dream_id FROM mx_access_log WHERE dream_id IS NOT NULL LIMIT 1)";
    let scope = "(SELECT max(scope_id) FROM mx_scope)";
    let scalar = async |of: &str| {
        let row = sqlx::query(AssertSqlSafe(format!("-- test.scalar\nSELECT {of}::text"))).fetch_one(stack.sql()).await;
        format!("'{}'", row.unwrap().get::<String, _>(0))
    };
    let (dream, scope) = (scalar(dream).await, scalar(scope).await);
    let open = "NULL, NULL, NULL, NULL";
    let page = "NULL, NULL, mx_now() - interval '40 days', 5";
    let time = "mx_now() - interval '50 days', mx_now() - interval '20 days', NULL, NULL";
    let listings = [
        ("by workspace", "of_workspace", format!("1, {open}, NULL, NULL, 100")),
        ("by time", "of_workspace", format!("1, {time}, NULL, NULL, 100")),
        ("a later page", "of_workspace", format!("1, {page}, NULL, NULL, 100")),
        ("by actor", "of_workspace", format!("1, {open}, NULL, 'agent 7', 100")),
        ("by path", "of_workspace", format!("1, {open}, 'user/7.md', NULL, 100")),
        ("by user", "of_scope", format!("{scope}, {open}, NULL, NULL, 100")),
        ("by user and path", "of_scope", format!("{scope}, {open}, 'user/7.md', NULL, 100")),
        ("by user and time", "of_scope", format!("{scope}, {time}, NULL, NULL, 100")),
        ("by dream", "of_dream", format!("{scope}, {dream}, {open}, NULL, NULL, 100")),
    ];
    let full = "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid
                 WHERE inhparent = 'mx_access_log'::regclass AND reltuples > 1000";
    let full = ask::lines(stack.sql(), full, &[]).await;
    assert!(full.len() > 1, "{full:?}");
    for (what, name, values) in listings {
        let text = statement(&format!("access_log.{name}"));
        for kind in KINDS {
            let plan = plan(&stack, "EXPLAIN", &text, &values, kind).await;
            let whole = full.iter().any(|partition| plan.contains(&format!("Seq Scan on {partition} ")));
            // The rows of one user or dream may be sorted where few are expected; those of a workspace never.
            let sorted = name == "of_workspace" && plan.contains("Sort  (cost");
            assert!(plan.contains("Index Scan") && !whole && !sorted, "{what}, {kind}:\n{plan}");
        }
    }
    stack.finish().await;
}
