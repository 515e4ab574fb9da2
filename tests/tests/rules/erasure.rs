//! Erasure: refused at once and everywhere, then no row left but the tombstone, which names nobody.

use memex_core::ids::{DreamId, RevisionId};
use memex_proto::v1::{
    CreateTokenRequest, ErasureState, ErrorReason, ListUsersRequest, ReadFileRequest, Role, StopReason,
};
use memex_runtime::client::Token;
use memex_stack::stack::sqlx::{self, Postgres, Transaction};
use memex_stack::stack::{Clients, Stack, StackOptions};
use tests::ask;
use tests::hand::{claim_one, start_dream_of, worker};
use tests::raw::AnyCaller;
use tests::refused::{reason, refused};
use tests::rpcs::{Package, Rpc};
use tests::waiting::until;
use uuid::Uuid;

pub(super) use tests::erasing::{done, erase, erasure_of, readmit, write};

/// A user id that nothing else in a database has.
pub(super) const ADA: &str = "ada-canary-4b1f";

/// A word that nothing but the memory of ada and of bob has.
pub(super) const CANARY: &str = "oolong-canary-9c2e";

/// Keeps erasures from their end: a transaction that is older than they are.
pub(super) async fn older_transaction(stack: &Stack) -> Transaction<'static, Postgres> {
    let mut older = stack.sql().begin().await.unwrap();
    sqlx::query("-- test.older\nSELECT pg_current_xact_id()::text").execute(&mut *older).await.unwrap();
    older
}

pub(super) fn read(user: &str) -> ReadFileRequest {
    ReadFileRequest { user_id: user.into(), path: "user/a.md".into(), ..ReadFileRequest::default() }
}

/// What a call says so that nothing else about it is refused.
fn text(field: &str, ids: &[String; 2]) -> Option<String> {
    let text = match field {
        "user_id" => ADA,
        "dream_id" => &ids[0],
        "revision_id" => &ids[1],
        "path" | "paths" => "user/a.md",
        "new_path" => "user/b.md",
        "prefix" => "user/",
        "reset_keys" => "dream_max_writes",
        "query" => "tea",
        "content" | "lines" | "reason" => "x",
        _ => return None,
    };
    Some(text.to_owned())
}

/// Every call that names the user or something of theirs, and is answered otherwise than that they were erased.
async fn answered_otherwise(caller: &mut AnyCaller, ids: &[String; 2]) -> Vec<String> {
    let package = Package::read();
    let mut otherwise = Vec::new();
    let names = |rpc: &Rpc| {
        let texts = package.texts(&rpc.request);
        texts.iter().any(|field| matches!(field.as_str(), "user_id" | "dream_id" | "revision_id"))
    };
    let told_apart = ["AdminService/EraseUser", "AdminService/GetErasure", "AdminService/ListUsers"];
    let rpcs = package.rpcs.iter().filter(|rpc| names(rpc) && !told_apart.contains(&rpc.name.as_str()));
    let number = |field: &str| matches!(field, "role" | "from_beginning" | "to_version").then_some(1);
    for rpc in rpcs {
        let of_ada = |field: &str| text(field, ids);
        let answer = caller.call(&rpc.path, package.fill(&rpc.request, &of_ada, &number)).await;
        match answer.map_err(|status| reason(&status)) {
            // A worker's call.
            Err(ErrorReason::UserErased | ErrorReason::RoleRequired) => {}
            // One that is answered so whoever it is about.
            Err(ErrorReason::Internal) if fails_for_anybody(&package, rpc, caller).await => {}
            answer => otherwise.push(format!("{}: {answer:?}", rpc.name)),
        }
    }
    otherwise
}

async fn fails_for_anybody(package: &Package, rpc: &Rpc, caller: &mut AnyCaller) -> bool {
    let of_bob = |field: &str| (field == "user_id").then(|| "bob".to_owned());
    let answer = caller.call(&rpc.path, package.fill(&rpc.request, &of_bob, &|_| None)).await;
    answer.is_err_and(|status| reason(&status) == ErrorReason::Internal)
}

/// A stack of two services, both of which know ada and bob; with the ids of a dream and of a revision of ada.
pub(super) async fn with_ada_and_bob() -> (Stack, [String; 2]) {
    let stack = Stack::with(StackOptions { replicas: 2, ..StackOptions::default() }).await;
    let ids = make_known(&stack).await;
    (stack, ids)
}

/// Makes them known to a stack of two services.
pub(super) async fn make_known(stack: &Stack) -> [String; 2] {
    for user in [ADA, "bob"] {
        stack.user(user).await.write("user/a.md", &format!("- likes {CANARY}\n")).await;
    }
    let dream = start_dream_of(stack, ADA).await.dream_id;
    let scope = dream.parse::<DreamId>().unwrap().scope;
    let mut second = second(stack).memory;
    second.read_file(read(ADA)).await.unwrap();
    [dream, RevisionId { scope, sequence: 1 }.to_string()]
}

/// The operator at the second service.
pub(super) fn second(stack: &Stack) -> Clients {
    Clients::at(&stack.endpoint_of(1), stack.workspace().operator_token())
}

#[tokio::test]
async fn everything_of_an_erased_user_is_refused_from_the_answer_on_by_every_service() {
    let (stack, ids) = with_ada_and_bob().await;
    let older = older_transaction(&stack).await;
    assert_eq!(erase(&stack.operator(), ADA).await.state(), ErasureState::Running);
    let token = Token::new("token", stack.workspace().operator_token()).unwrap();
    let [mut first, mut other] = [0, 1].map(|at| AnyCaller::at(&stack.endpoint_of(at), Some(token.clone())));
    // The second still remembers their scope.
    assert_eq!(refused(second(&stack).memory.read_file(read(ADA)).await), ErrorReason::UserErased);
    for caller in [&mut other, &mut first] {
        assert_eq!(answered_otherwise(caller, &ids).await, Vec::<String>::new(), "while rows are deleted");
    }
    assert_eq!(erasure_of(&stack.operator(), ADA).await.state(), ErasureState::Running);
    older.rollback().await.unwrap();
    done(&stack.operator(), ADA).await;
    for caller in [&mut other, &mut first] {
        assert_eq!(answered_otherwise(caller, &ids).await, Vec::<String>::new(), "afterwards");
    }
    let users = stack.operator().admin.list_users(ListUsersRequest::default()).await.unwrap().into_inner().users;
    assert_eq!(users.iter().map(|user| user.user_id.as_str()).collect::<Vec<_>>(), ["bob"]);
    let rows = "SELECT count(*) FROM mx_access_log l JOIN mx_scope s USING (scope_id) WHERE l.reason = $1::smallint AND (s.kind = 1 OR l.path <> '')";
    let erased = (ErrorReason::UserErased as i32).to_string();
    assert_eq!(ask::number(stack.sql(), &rows.replace("$1", &erased), &[]).await, 0, "refusals name nothing of them");
    stack.finish().await;
}

#[tokio::test]
async fn without_the_guard_a_service_that_remembers_the_scope_goes_on_reading() {
    let (stack, _) = with_ada_and_bob().await;
    stack.install_twin("mx_not_erased_1", "erased").await;
    let older = older_transaction(&stack).await;
    erase(&stack.operator(), ADA).await;
    let answer = second(&stack).memory.read_file(read(ADA)).await;
    assert_ne!(answer.map_err(|status| reason(&status)).err(), Some(ErrorReason::UserErased));
    older.rollback().await.unwrap();
    stack.abandon().await;
}

#[tokio::test]
async fn their_tokens_end_and_so_does_a_dream_in_flight() {
    let stack = Stack::start().await;
    let ada = stack.user(ADA).await;
    ada.write("user/a.md", "- tea\n- tea\n").await;
    stack.user("bob").await.write("user/a.md", "- coffee\n").await;
    let worker = worker(&stack, 1).await.remove(0);
    start_dream_of(&stack, ADA).await;
    let dream = claim_one(&worker).await;
    dream.read("user/a.md").await.unwrap();
    let mut older = older_transaction(&stack).await;
    // The first rows that go cannot: the dream's, which come after them, stay to be looked at.
    let hold = "-- test.hold\nSELECT FROM mx_access_log l JOIN mx_scope s USING (scope_id) WHERE s.user_id = $1 FOR UPDATE OF l";
    sqlx::query(hold).bind(ADA).execute(&mut *older).await.unwrap();
    erase(&stack.operator(), ADA).await;
    let mut agent = ada.agent().memory.clone();
    assert_eq!(refused(agent.read_file(read("")).await), ErrorReason::TokenInvalid);
    let over = [ErrorReason::LeaseLost, ErrorReason::UserErased];
    assert!(over.contains(&refused(dream.read("user/a.md").await)));
    assert!(over.contains(&refused(dream.stage("user/a.md", "- tea\n", 1).await)));
    assert_ne!(dream.renew().await.unwrap().stop(), StopReason::Unspecified);
    assert!(over.contains(&refused(dream.finish().await)));
    let states = ask::lines(stack.sql(), "SELECT state FROM mx_dream", &[]).await;
    assert_eq!(states, ["canceled"]);
    older.rollback().await.unwrap();
    done(&stack.operator(), ADA).await;
    assert!(refused(dream.finish().await) == ErrorReason::LeaseLost);
    assert_eq!(ask::number(stack.sql(), "SELECT count(*) FROM mx_token WHERE user_id = $1", &[ADA]).await, 0);
    stack.finish().await;
}

#[tokio::test]
async fn a_token_that_is_being_made_meanwhile_ends_too() {
    let stack = Stack::start().await;
    stack.user(ADA).await.write("user/a.md", "- tea\n").await;
    let id = Uuid::new_v4();
    // The call's last statement finds its place taken, until this is undone.
    let mut keeper = stack.sql().begin().await.unwrap();
    let take = "-- test.take\nINSERT INTO mx_request (scope_id, principal, request_id, digest, operation, changed)
                SELECT s.scope_id, t.token_id, $1, '', 55, true FROM mx_scope s, mx_token t WHERE s.kind = 2";
    sqlx::query(take).bind(id).execute(&mut *keeper).await.unwrap();
    let (operator, user_id) = (stack.operator(), ADA.to_owned());
    let request =
        CreateTokenRequest { role: Role::Agent.into(), user_id, request_id: id.to_string(), ..Default::default() };
    let making = tokio::spawn(async move { operator.admin.clone().create_token(request).await });
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '-- requests.put%'";
    until("the token is nearly made", async || (ask::number(stack.sql(), waiting, &[]).await > 0).then_some(())).await;
    let operator = stack.operator();
    let erasing = tokio::spawn(async move { erase(&operator, ADA).await });
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'advisory'";
    until("the erasure is done, or waits", async || {
        (erasing.is_finished() || ask::number(stack.sql(), waiting, &[]).await > 0).then_some(())
    })
    .await;
    keeper.rollback().await.unwrap();
    let token = making.await.unwrap().unwrap().into_inner().token;
    erasing.await.unwrap();
    let mut agent = Clients::at(&stack.endpoint(), &token).memory;
    let shared = ReadFileRequest { path: "shared/a.md".into(), ..ReadFileRequest::default() };
    assert_eq!(refused(agent.read_file(shared).await), ErrorReason::TokenInvalid);
    done(&stack.operator(), ADA).await;
    stack.finish().await;
}

#[tokio::test]
async fn a_batch_waits_for_whoever_ends_a_dream_of_theirs_and_locks_nothing_before() {
    let stack = Stack::start().await;
    stack.user(ADA).await.write("user/a.md", "- tea\n").await;
    start_dream_of(&stack, ADA).await;
    let lock = async |ending: &mut Transaction<'static, Postgres>, table: &'static str| {
        let statement = format!(
            "-- test.lock\nSELECT FROM {table} WHERE scope_id = (SELECT scope_id FROM mx_scope WHERE user_id = $1) FOR NO KEY UPDATE"
        );
        sqlx::query(sqlx::AssertSqlSafe(statement)).bind(ADA).execute(&mut **ending).await
    };
    let mut ending = stack.sql().begin().await.unwrap();
    for table in ["mx_scope", "mx_dream_state"] {
        lock(&mut ending, table).await.unwrap();
    }
    let begin = "INSERT INTO mx_erasure (workspace_id, user_hmac, scope_id, sequence, feed_xid, token_id, requested_at)
                 SELECT workspace_id, 'mark', scope_id, sequence + 1, feed_xid, gen_random_uuid(), mx_now() FROM mx_scope WHERE user_id = $1";
    ask::change(stack.sql(), begin, &[ADA]).await;
    let owner = stack.sql().clone();
    let batch = tokio::spawn(async move {
        let erase = "-- test.erase\nSELECT state FROM mx_erasure e, mx_erase_1(e.erasure_id, 500)";
        sqlx::query(erase).execute(&owner).await
    });
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%mx_erase_1%'";
    until("the batch waits", async || (ask::number(stack.sql(), waits, &[]).await > 0).then_some(())).await;
    lock(&mut ending, "mx_dream").await.unwrap();
    ending.rollback().await.unwrap();
    batch.await.unwrap().unwrap();
    stack.abandon().await;
}
