//! What an erasure leaves in the database: nothing of the user, everything of the others, and a tombstone.

use memex_proto::v1::{
    CreateTokenRequest, DreamState, EraseUserRequest, ErasureState, ErrorReason, GetErasureRequest, GetUserRequest,
    ListAccessLogRequest, RejectDreamRequest, Role, UpdateUserRequest,
};
use memex_stack::stack::{Stack, StackOptions};
use tests::archive::{export, import, into};
use tests::ask;
use tests::backup::dumped;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::refused::refused;
use uuid::Uuid;

use super::erasure::{
    ADA, CANARY, done, erase, erasure_of, make_known, older_transaction, read, readmit, second, with_ada_and_bob, write,
};

/// What only the imported memory says: a text of it, and an op of its dream.
const IMPORTED: [&str; 2] = ["green tea in the morning", "the same stands twice"];

/// Every table of the schema.
async fn tables(stack: &Stack) -> Vec<String> {
    let statement = "SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' ORDER BY 1";
    ask::lines(stack.sql(), statement, &[]).await
}

/// The rows that say this anywhere, a line for each table that has some, and for each column of which the planner's
/// statistics say it.
pub(super) async fn rows_that_say(stack: &Stack, words: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in tables(stack).await {
        // Bytes are looked at as what they spell, too.
        let statement = format!(
            "SELECT count(*) FROM {table} t WHERE t::text LIKE '%' || $1 || '%' OR t::text LIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%'"
        );
        let rows = ask::number(stack.sql(), &statement, &[words]).await;
        found.extend((rows > 0).then(|| format!("{table}: {rows}")));
    }
    let statistics = "SELECT format('pg_stats of %s.%s', tablename, attname) FROM pg_stats,
                        concat_ws(' ', most_common_vals::text, histogram_bounds::text, most_common_elems::text) AS told
                       WHERE schemaname = 'public' AND (told LIKE '%' || $1 || '%' OR told LIKE '%' || encode(convert_to($1, 'UTF8'), 'hex') || '%')
                       ORDER BY 1";
    found.extend(ask::lines(stack.sql(), statistics, &[words]).await);
    found
}

/// How many rows each table with scopes has of one, a partitioned table all of its parts: a new table is among them by
/// itself.
async fn rows_of_scope(stack: &Stack, scope: &str) -> Vec<(String, i64)> {
    let statement = "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'scope_id' AND NOT a.attisdropped
                      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'mx_erasure' ORDER BY 1";
    let mut rows = Vec::new();
    for table in ask::lines(stack.sql(), statement, &[]).await {
        let statement = format!("SELECT count(*) FROM {table} WHERE scope_id = $1::bigint");
        let count = ask::number(stack.sql(), &statement, &[scope]).await;
        rows.push((table, count));
    }
    rows
}

async fn scope_of(stack: &Stack, user: &str) -> String {
    let statement = "SELECT scope_id::text FROM mx_scope WHERE user_id = $1";
    ask::lines(stack.sql(), statement, &[user]).await.remove(0)
}

/// What somebody else had who is gone: an archive with changes, a dream with its ops, and calls.
async fn archive_of_another(stack: &Stack) -> Vec<u8> {
    tests::messy::write(&stack.user("carl").await).await;
    start_dream_of(stack, "carl").await;
    let dream = claim_one(&worker(stack, 1).await[0]).await;
    dream.clean().await.unwrap();
    dream.ends().await;
    let archive = export(&stack.operator(), "carl").await;
    erase(&stack.operator(), "carl").await;
    done(&stack.operator(), "carl").await;
    archive
}

/// Rows of ada in every table that a user can have some in.
async fn in_every_table(stack: &Stack) {
    let operator = stack.operator();
    let worker = worker(stack, 1).await.remove(0);
    let proposal = claim_one(&worker).await;
    proposal.stage("user/a.md", &format!("- has {CANARY}.\n"), 1).await.unwrap();
    assert_eq!(proposal.ends().await, DreamState::Proposed);
    start_dream_of(stack, ADA).await;
    let dream = claim_one(&worker).await;
    dream.read("user/a.md").await.unwrap();
    dream.stage("user/a.md", &format!("- likes {CANARY}.\n"), 1).await.unwrap();
    assert_eq!(dream.ends().await, DreamState::Proposed);
    let reject = RejectDreamRequest { dream_id: dream.assignment.dream_id.clone(), ..RejectDreamRequest::default() };
    operator.dream_admin.clone().reject_dream(reject).await.unwrap();
    start_dream_of(stack, ADA).await;
    let waits = claim_one(&worker).await;
    waits.stage("user/profile.md", &format!("{}\n\n", tests::messy::FILES[1].1), 1).await.unwrap();
    assert_eq!(waits.ends().await, DreamState::Proposed);
    let values = [("dream_max_writes".to_owned(), "3".to_owned())].into();
    let keys = UpdateUserRequest { user_id: ADA.into(), values, ..UpdateUserRequest::default() };
    operator.admin.clone().update_user(keys).await.unwrap();
    let request_id = Uuid::new_v4().to_string();
    let role = Role::Agent.into();
    let token = CreateTokenRequest { role, user_id: ADA.into(), request_id, ..CreateTokenRequest::default() };
    operator.admin.clone().create_token(token).await.unwrap();
}

#[tokio::test]
async fn no_row_is_left_of_them_by_sql_and_in_a_dump_and_every_row_of_the_others() {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    let archive = archive_of_another(&stack).await;
    import(&stack.operator(), into(ADA), &archive).await.unwrap();
    make_known(&stack).await;
    in_every_table(&stack).await;
    let (ada, bob) = (scope_of(&stack, ADA).await, scope_of(&stack, "bob").await);
    let before = rows_of_scope(&stack, &ada).await;
    let empty: Vec<&String> = before.iter().filter(|(_, rows)| *rows == 0).map(|(table, _)| table).collect();
    assert!(empty.is_empty(), "give ada rows in {empty:?}, or nothing shows that they go");
    assert!(rows_that_say(&stack, IMPORTED[1]).await.iter().any(|rows| rows.starts_with("mx_imported")));
    let tokens = ask::number(stack.sql(), "SELECT count(*) FROM mx_token WHERE user_id = $1", &[ADA]).await;
    let of_bob = rows_of_scope(&stack, &bob).await;
    let dump = dumped(&stack);
    assert!([ADA, CANARY, IMPORTED[0], IMPORTED[1]].iter().all(|words| dump.contains(words)));
    // As autovacuum does at any time.
    ask::change(stack.sql(), "ANALYZE", &[]).await;
    erase(&stack.operator(), ADA).await;
    let erasure = done(&stack.operator(), ADA).await;
    let rows: i64 = before.iter().map(|(_, rows)| rows).sum();
    assert_eq!(erasure.deleted_rows, rows + tokens + 1, "with what CreateToken remembered of its request id");
    assert_eq!(rows_of_scope(&stack, &ada).await.iter().map(|(_, rows)| rows).sum::<i64>(), 0);
    assert_eq!(rows_of_scope(&stack, &bob).await, of_bob);
    assert_eq!(rows_that_say(&stack, ADA).await, Vec::<String>::new());
    for words in IMPORTED {
        assert_eq!(rows_that_say(&stack, words).await, Vec::<String>::new());
        assert!(!dumped(&stack).contains(words), "the dump says {words}");
    }
    assert_eq!(rows_that_say(&stack, CANARY).await, ["mx_revision: 1"], "bob's");
    let dump = dumped(&stack);
    assert!(dump.contains("mx_erasure") && !dump.contains(ADA), "the dump names them");
    assert_eq!(dump.matches(CANARY).count(), 1, "bob's alone");
    stack.finish().await;
}

#[tokio::test]
async fn who_has_nothing_but_a_token_is_erased_with_it() {
    let stack = Stack::start().await;
    let (operator, agent) = (stack.operator(), stack.agent(ADA).await);
    assert_eq!(refused(agent.memory.clone().read_file(read("")).await), ErrorReason::FileNotFound);
    erase(&operator, ADA).await;
    done(&operator, ADA).await;
    assert_eq!(refused(agent.memory.clone().read_file(read("")).await), ErrorReason::TokenInvalid);
    assert_eq!(rows_that_say(&stack, ADA).await, Vec::<String>::new());
    let again = erase(&operator, ADA).await;
    assert_eq!(again.state(), ErasureState::Done, "the same tombstone");
    let token = CreateTokenRequest { role: Role::Agent.into(), user_id: ADA.into(), ..CreateTokenRequest::default() };
    assert_eq!(refused(operator.admin.clone().create_token(token).await), ErrorReason::UserErased);
    stack.finish().await;
}

#[tokio::test]
async fn nothing_but_memory_and_tokens_names_a_user() {
    let stack = Stack::start().await;
    let statement = "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped
                      WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attname LIKE '%user_id%' ORDER BY 1";
    let named = ask::lines(stack.sql(), statement, &[]).await;
    assert_eq!(named, ["mx_scope", "mx_token"], "mx_erase_1 has to know any other table that names users");
    stack.finish().await;
}

#[tokio::test]
async fn the_planners_statistics_hold_nothing_that_a_user_wrote() {
    let stack = Stack::start().await;
    let kept = "SELECT format('%s.%s', c.relname, a.attname) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
                 WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
                   AND (c.relname = 'mx_token' OR EXISTS (SELECT FROM pg_attribute s WHERE s.attrelid = c.oid AND s.attname = 'scope_id'))
                   AND t.typname NOT IN ('int2', 'int4', 'int8', 'bool', 'timestamptz', 'date', 'uuid', 'xid8') AND coalesce(a.attstattarget, -1) <> 0 ORDER BY 1";
    // Fixed words.
    let words = ["mx_dream.curator", "mx_dream.finished_as", "mx_dream.mode", "mx_dream.state"];
    assert_eq!(ask::lines(stack.sql(), kept, &[]).await, words, "a column needs mx_no_statistics_1");
    stack.finish().await;
}

#[tokio::test]
async fn an_erased_id_is_written_again_only_after_an_operator_readmitted_it() {
    let (stack, _) = with_ada_and_bob().await;
    let (operator, backend) = (stack.operator(), stack.backend().await);
    let mut admin = operator.admin.clone();
    assert_eq!(refused(admin.update_user(readmit("bob")).await), ErrorReason::WrongState);
    let older = older_transaction(&stack).await;
    erase(&backend, ADA).await;
    assert_eq!(refused(admin.update_user(readmit(ADA)).await), ErrorReason::WrongState);
    older.rollback().await.unwrap();
    done(&backend, ADA).await;
    for mut memory in [operator.memory.clone(), second(&stack).memory] {
        assert_eq!(refused(memory.write_file(write(ADA)).await), ErrorReason::UserErased);
    }
    let with_keys = UpdateUserRequest { reset_keys: vec!["dream_min_changes".into()], ..readmit(ADA) };
    assert_eq!(refused(admin.update_user(with_keys).await), ErrorReason::FieldInvalid);
    assert_eq!(refused(backend.admin.clone().update_user(readmit(ADA)).await), ErrorReason::RoleRequired);
    let asked = readmit(ADA);
    let answer = admin.update_user(asked.clone()).await.unwrap().into_inner();
    assert!(answer.changed && answer.user.is_none());
    assert_eq!(admin.update_user(asked).await.unwrap().into_inner(), answer, "a repeat is the first answer");
    assert_eq!(refused(admin.update_user(readmit(ADA)).await), ErrorReason::WrongState);
    let of_ada = GetUserRequest { user_id: ADA.into() };
    assert_eq!(refused(admin.get_user(of_ada.clone()).await), ErrorReason::UserNotFound);
    let mut memory = backend.memory.clone();
    assert_eq!(refused(memory.read_file(read(ADA)).await), ErrorReason::FileNotFound);
    let written = memory.write_file(write(ADA)).await.unwrap().into_inner().file.unwrap();
    assert_eq!((written.version, admin.get_user(of_ada).await.unwrap().into_inner().user.unwrap().files), (1, 1));
    assert_eq!(erasure_of(&operator, ADA).await.state(), ErasureState::Done, "the record stays");
    let again = erase(&operator, ADA).await;
    assert_eq!(done(&operator, ADA).await.requested_at, again.requested_at, "the newest is told");
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_erasure", &[]).await, 2);
    stack.finish().await;
}

#[tokio::test]
async fn a_service_that_remembers_a_readmitted_users_old_scope_looks_again() {
    let (stack, _) = with_ada_and_bob().await;
    let mut operator = stack.operator();
    erase(&operator, ADA).await;
    done(&operator, ADA).await;
    operator.admin.update_user(readmit(ADA)).await.unwrap();
    let mut memory = second(&stack).memory;
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(refused(memory.read_file(read(ADA)).await));
    }
    assert_eq!(answers[1], ErrorReason::FileNotFound);
    assert_eq!(answers[0], ErrorReason::DatabaseUnavailable, "safe to repeat, as clients do by themselves");
    memory.write_file(write(ADA)).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn an_erasure_is_begun_once_and_told_to_whoever_asks_again() {
    let (stack, _) = with_ada_and_bob().await;
    let operator = stack.operator();
    let unknown = EraseUserRequest { user_id: "nobody".into(), ..EraseUserRequest::default() };
    assert_eq!(refused(operator.admin.clone().erase_user(unknown.clone()).await), ErrorReason::UserNotFound);
    let asked = GetErasureRequest { user_id: "bob".into() };
    assert_eq!(refused(operator.admin.clone().get_erasure(asked).await), ErrorReason::UserNotFound);
    let request_id = Uuid::new_v4().to_string();
    let asked = EraseUserRequest { user_id: ADA.into(), request_id };
    let all = futures::future::join_all((0..5).map(|_| {
        let (mut admin, asked) = (operator.admin.clone(), asked.clone());
        async move { admin.erase_user(asked).await.unwrap().into_inner() }
    }))
    .await;
    assert!(all.iter().all(|one| *one == all[0]));
    let finished = done(&operator, ADA).await;
    assert_eq!(operator.admin.clone().erase_user(asked.clone()).await.unwrap().into_inner(), all[0]);
    let reused = EraseUserRequest { user_id: "bob".into(), ..asked };
    assert_eq!(refused(operator.admin.clone().erase_user(reused).await), ErrorReason::RequestIdReused);
    assert_eq!(erase(&stack.backend().await, ADA).await, finished, "the same tombstone, whoever asks");
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_erasure", &[]).await, 1);
    let log = ListAccessLogRequest { page_size: 100, ..ListAccessLogRequest::default() };
    let entries = stack.auditor().await.admin.list_access_log(log).await.unwrap().into_inner().entries;
    assert!(entries.iter().all(|entry| entry.user_id.is_empty() || entry.user_id == "bob"), "{entries:?}");
    stack.finish().await;
}

#[tokio::test]
async fn without_the_key_nobody_is_erased_and_after_an_erasure_nobody_new_is_let_in() {
    let keyless = Stack::with(StackOptions { erasure_key: false, ..StackOptions::default() }).await;
    keyless.user("bob").await.write("user/a.md", "- tea\n").await;
    let asked = EraseUserRequest { user_id: "bob".into(), ..EraseUserRequest::default() };
    assert_eq!(refused(keyless.operator().admin.erase_user(asked.clone()).await), ErrorReason::WrongState);
    keyless.backend().await.memory.write_file(write("chloe")).await.unwrap();
    ask::change(keyless.sql(), "INSERT INTO mx_erasure_key (key_id) VALUES ('another')", &[]).await;
    let mut memory = keyless.backend().await.memory;
    assert_eq!(refused(memory.write_file(write("new")).await), ErrorReason::WrongState);
    assert_eq!(refused(memory.read_file(read("new")).await), ErrorReason::FileNotFound);
    let token =
        |user: &str| CreateTokenRequest { role: Role::Agent.into(), user_id: user.into(), ..Default::default() };
    let mut admin = keyless.operator().admin;
    assert_eq!(refused(admin.create_token(token(ADA)).await), ErrorReason::WrongState);
    assert_eq!(rows_that_say(&keyless, ADA).await, Vec::<String>::new(), "an id that may be an erased one");
    admin.create_token(token("chloe")).await.unwrap();
    assert_eq!(refused(memory.write_file(write("chloe")).await), ErrorReason::ExpectedVersionRequired);
    keyless.finish().await;
    let stack = Stack::start().await;
    stack.user("bob").await.write("user/a.md", "- tea\n").await;
    ask::change(stack.sql(), "INSERT INTO mx_erasure_key (key_id) VALUES ('another')", &[]).await;
    assert_eq!(refused(stack.operator().admin.erase_user(asked).await), ErrorReason::WrongState);
    stack.finish().await;
}
