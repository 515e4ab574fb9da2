//! Calls that share a statement share nothing else: not a lock, not a failure, not a log row.

use futures::future::join_all;
use memex_proto::reason::Refusal;
use memex_proto::v1::ErrorReason;
use memex_runtime::client::{ClientSettings, connect};
use memex_stack::stack::sqlx::{self, Postgres, Transaction};
use memex_stack::stack::{Clients, Stack};
use tests::ask;
use tests::refused::reason;
use tests::waiting::{ends, until};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

/// More users than there are lanes, so that each lane has several.
const USERS: [&str; 6] = ["ada", "bob", "cleo", "dan", "eve", "fay"];

/// Every user, with a file.
async fn with_users(stack: &Stack) -> Vec<Clients> {
    let mut agents = Vec::new();
    for user in USERS {
        agents.push(stack.agent(user).await);
        agents.last().unwrap().write("user/a.md", "- the first\n").overwrite().await.unwrap();
    }
    agents
}

/// Holds a user's scope, as a dream does that is adopted.
async fn hold(stack: &Stack, user: &str) -> Transaction<'static, Postgres> {
    let mut transaction = stack.sql().begin().await.unwrap();
    let lock = "-- test.hold\nSELECT scope_id FROM mx_scope WHERE user_id = $1 FOR UPDATE";
    let held = sqlx::query(lock).bind(user.to_owned()).execute(&mut *transaction).await.unwrap();
    assert_eq!(held.rows_affected(), 1);
    transaction
}

#[tokio::test]
async fn a_scope_that_somebody_holds_holds_up_nobody_else() {
    let stack = Stack::start().await;
    let agents = with_users(&stack).await;
    let held = hold(&stack, USERS[0]).await;
    let waiting: Vec<_> = (0..3)
        .map(|file| agents[0].write(&format!("user/held-{file}.md"), "- later\n").overwrite())
        .map(|write| tokio::spawn(write.into_future()))
        .collect();
    for round in 0..5 {
        let text = format!("- round {round}\n");
        let others = agents[1..].iter().map(|agent| agent.write("user/a.md", &text).overwrite().into_future());
        for written in ends("writes of other scopes", join_all(others)).await {
            assert!(written.unwrap().changed);
        }
    }
    assert!(waiting.iter().all(|write| !write.is_finished()), "the held scope was not held");
    held.rollback().await.unwrap();
    for write in waiting {
        assert!(ends("a write of the scope that was held", write).await.unwrap().unwrap().changed);
    }
    assert_eq!(ask::revisions(&stack, USERS[0]).await, 4);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_much_for_a_held_scope_is_shed_and_all_recovers() {
    const CLIENTS: usize = 256;
    let stack = Stack::start().await;
    let agents = with_users(&stack).await;
    let held = hold(&stack, USERS[0]).await;
    let mut writes = tokio::task::JoinSet::new();
    for client in 0..CLIENTS {
        writes.spawn(agents[0].write(&format!("user/{client}.md"), "- much\n").overwrite().into_future());
    }
    // One batch waits for the lock and one waits for that batch; nothing else is kept.
    let shed = ends("the first that is shed", writes.join_next()).await.unwrap().unwrap().unwrap_err();
    assert_eq!(reason(&shed), ErrorReason::Overloaded);
    assert!(Refusal::of(&shed).unwrap().retry_after.is_some(), "{shed}");
    assert!(agents[1].write("user/a.md", "- meanwhile\n").overwrite().await.unwrap().changed);
    let channel = connect(&ClientSettings::new(&stack.endpoint()).unwrap());
    let service = HealthCheckRequest { service: "memex.v1.MemoryService".into() };
    let health = HealthClient::new(channel).check(service).await.unwrap().into_inner();
    assert_eq!(health.status(), ServingStatus::Serving);
    held.rollback().await.unwrap();
    let mut written = 0;
    while let Some(answer) = ends("every answer", writes.join_next()).await {
        match answer.unwrap() {
            Ok(_) => written += 1,
            Err(status) => assert_eq!(reason(&status), ErrorReason::Overloaded),
        }
    }
    assert!(written > 0, "what waited for the lock is written once it is free");
    assert_eq!(ask::revisions(&stack, USERS[0]).await, 1 + written);
    assert!(agents[0].write("user/a.md", "- afterwards\n").overwrite().await.unwrap().changed);
    stack.finish().await;
}

/// Makes the database act when a revision of that path is made.
async fn on_revision(stack: &Stack, path: &str, act: &str) {
    let function = format!(
        "CREATE FUNCTION act() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.path = '{path}' THEN {act}; END IF; RETURN NEW; END $$"
    );
    ask::change(stack.sql(), &function, &[]).await;
    let trigger = "CREATE TRIGGER act BEFORE INSERT ON mx_revision FOR EACH ROW EXECUTE FUNCTION act()";
    ask::change(stack.sql(), trigger, &[]).await;
}

#[tokio::test]
async fn a_change_that_fails_in_the_database_fails_alone() {
    let stack = Stack::start().await;
    let agents = with_users(&stack).await;
    on_revision(&stack, "user/poison.md", "RAISE EXCEPTION 'poison'").await;
    let writes = (0..60).map(|number| {
        let path = if number % 10 == 0 { "user/poison.md".to_owned() } else { format!("user/{number}.md") };
        let agent = &agents[number % agents.len()];
        async move { (number % 10 == 0, agent.write(&path, "- text\n").overwrite().await) }
    });
    for (poisoned, written) in join_all(writes).await {
        match written {
            Ok(written) => assert!(!poisoned && written.changed),
            Err(status) => {
                assert!(poisoned, "{status}");
                assert_eq!(reason(&status), ErrorReason::Internal);
            }
        }
    }
    stack.finish().await;
}

/// A change of `user/slow.md` that is kept where it is, with its scope's lock.
const KEPT: &str = "FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event = 'advisory' AND query LIKE '-- commit.%'";

/// Makes the changes of `user/slow.md` wait for [`keeper`]s.
async fn keep_slow_ones(stack: &Stack) {
    on_revision(stack, "user/slow.md", "PERFORM pg_advisory_xact_lock(1)").await;
}

/// Keeps those changes where they are until it ends.
async fn keeper(stack: &Stack) -> Transaction<'static, Postgres> {
    let mut keeper = stack.sql().begin().await.unwrap();
    sqlx::query("-- test.keep\nSELECT pg_advisory_xact_lock(1)").execute(&mut *keeper).await.unwrap();
    keeper
}

#[tokio::test]
async fn a_change_whose_connection_breaks_is_made_once_if_it_has_a_request_id() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "- the first\n").overwrite().await.unwrap();
    keep_slow_ones(&stack).await;
    let slow = |text: &str| ada.write("user/slow.md", text).overwrite();
    let with_id = slow("- with an id\n").id(Uuid::new_v4());
    for (write, has_id) in [(with_id, true), (slow("- without\n"), false)] {
        let keeper = keeper(&stack).await;
        let writing = tokio::spawn(write.into_future());
        let cut = format!("SELECT count(pg_terminate_backend(pid)) {KEPT}");
        until("the statement is cut off", async || (ask::number(stack.sql(), &cut, &[]).await == 1).then_some(()))
            .await;
        keeper.rollback().await.unwrap();
        match ends("the answer", writing).await.unwrap() {
            Ok(written) => assert!(written.changed && has_id),
            Err(status) => {
                assert!(!has_id, "{status}");
                assert_eq!(reason(&status), ErrorReason::DatabaseUnavailable);
            }
        }
    }
    assert_eq!(ask::revisions(&stack, "ada").await, 2, "the one with an id was made, once");
    stack.finish().await;
}

#[tokio::test]
async fn a_change_that_gives_way_in_a_deadlock_is_to_be_repeated() {
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "- the first\n").overwrite().await.unwrap();
    keep_slow_ones(&stack).await;
    let mut keeper = keeper(&stack).await;
    let writing = {
        let ada = ada.clone();
        tokio::spawn(async move { ada.write("user/slow.md", "- late\n").overwrite().await })
    };
    // No more the lane's own attempt, which is over before anybody looks for a deadlock.
    let aside = format!("SELECT count(*) {KEPT} AND clock_timestamp() - query_start > interval '300 ms'");
    until("the change is kept", async || (ask::number(stack.sql(), &aside, &[]).await == 1).then_some(())).await;
    for statement in ["SET LOCAL deadlock_timeout = '1h'", "SELECT FROM mx_scope WHERE user_id = 'ada' FOR UPDATE"] {
        ends("the keeper's turn", sqlx::query(statement).execute(&mut *keeper)).await.unwrap();
    }
    let gave_way = ends("the answer", writing).await.unwrap().unwrap_err();
    assert_eq!(reason(&gave_way), ErrorReason::Overloaded);
    assert!(Refusal::of(&gave_way).unwrap().retry_after.is_some(), "{gave_way}");
    keeper.rollback().await.unwrap();
    assert!(ada.write("user/slow.md", "- repeated\n").overwrite().await.unwrap().changed);
    stack.finish().await;
}

#[tokio::test]
async fn repeats_of_several_requests_that_share_a_statement_have_the_first_answers() {
    const REQUESTS: usize = 12;
    const ROUNDS: usize = 3;
    let stack = Stack::start().await;
    let ada = stack.agent("ada").await;
    ada.write("user/a.md", "- the first\n").overwrite().await.unwrap();
    for round in 0..ROUNDS {
        let write = |number| ada.write("user/a.md", &format!("- {round}, {number}\n")).overwrite().id(Uuid::new_v4());
        let asked: Vec<_> = (0..REQUESTS).map(write).collect();
        // Forth, back and forth: a repeat comes after repeats of others.
        let order = (0..REQUESTS).chain((0..REQUESTS).rev()).chain(0..REQUESTS);
        let writes = order.map(|number| {
            let write = asked[number].clone();
            async move { (number, write.await.unwrap()) }
        });
        let mut first = std::collections::HashMap::new();
        for (number, answer) in join_all(writes).await {
            assert_eq!(first.entry(number).or_insert_with(|| answer.clone()), &answer, "request {number}");
        }
    }
    assert_eq!(ask::revisions(&stack, "ada").await as usize, 1 + ROUNDS * REQUESTS);
    stack.finish().await;
}

#[tokio::test]
async fn each_read_that_shares_a_statement_has_its_own_text_and_its_own_log_row() {
    const EACH: usize = 20;
    let stack = Stack::start().await;
    let agents = with_users(&stack).await;
    for (agent, user) in agents.iter().zip(USERS) {
        agent.write("user/a.md", &format!("- I am {user}.\n")).overwrite().await.unwrap();
    }
    let reads = (0..EACH * agents.len()).map(|number| {
        let (agent, user) = (&agents[number % agents.len()], USERS[number % agents.len()]);
        // Every fifth is of a file that is not there.
        let path = if number / agents.len() % 5 == 0 { "user/none.md" } else { "user/a.md" };
        async move { (path, user, agent.read(path).await) }
    });
    for (path, user, answer) in join_all(reads).await {
        match answer {
            Ok(file) => assert_eq!(file.content, format!("- I am {user}.\n")),
            Err(status) => assert_eq!((path, reason(&status)), ("user/none.md", ErrorReason::FileNotFound)),
        }
    }
    for user in USERS {
        let rows = "SELECT count(*) FROM mx_access_log l JOIN mx_scope s USING (scope_id) JOIN mx_token t ON t.token_id = l.principal
                     WHERE s.user_id = $1 AND t.user_id = $1 AND l.path = $2 AND l.operation = 2";
        assert_eq!(ask::number(stack.sql(), rows, &[user, "user/none.md"]).await, EACH as i64 / 5);
        assert_eq!(ask::number(stack.sql(), rows, &[user, "user/a.md"]).await, EACH as i64 * 4 / 5);
    }
    stack.finish().await;
}
