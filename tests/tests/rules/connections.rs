//! Who gets the pool's connections: neither one held scope nor archives that come slowly take all of them, what is too
//! much is shed with a time to wait, and readiness does not take much work for a Postgres that is away.

use futures::FutureExt as _;
use futures::future::join_all;
use memex_proto::reason::Refusal;
use memex_proto::v1::{ErrorReason, ImportUserResponse, MoveFileRequest, MoveFileResponse, PauseUserRequest, Role};
use memex_runtime::client::{ClientSettings, connect};
use memex_runtime::server::LoadArgs;
use memex_stack::stack::sqlx::{self, Postgres, Transaction};
use memex_stack::stack::{Clients, Stack};
use memory_api::args::ServeArgs;
use tests::serving::{Serving, args};
use tests::waiting::{ends, until};
use tests::{archive, ask};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

const CLIENTS: usize = 256;

/// As many users as a stack's memory-api has connections.
const USERS: [&str; 4] = ["ada", "bob", "cleo", "dan"];

/// Statements of memory-api that wait for a lock.
const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
                        WHERE datname = current_database() AND application_name = 'memory-api' AND wait_event_type = 'Lock'";

/// Holds a user's scope, as a dream does that is adopted.
async fn hold(stack: &Stack, user: &str) -> Transaction<'static, Postgres> {
    let mut transaction = stack.sql().begin().await.unwrap();
    let lock = "-- test.hold\nSELECT scope_id FROM mx_scope WHERE user_id = $1 FOR UPDATE";
    let held = sqlx::query(lock).bind(user.to_owned()).execute(&mut *transaction).await.unwrap();
    assert_eq!(held.rows_affected(), 1);
    transaction
}

async fn until_waiting(stack: &Stack, count: i64) {
    until("statements wait for locks", async || (ask::number(stack.sql(), WAITING, &[]).await == count).then_some(()))
        .await;
}

/// A call of the pool, as every change is that is none of a lane's.
async fn moved(clients: &Clients, from: &str, to: &str) -> Result<MoveFileResponse, Status> {
    let request = MoveFileRequest { path: from.into(), new_path: to.into(), ..MoveFileRequest::default() };
    Ok(clients.memory.clone().move_file(request).await?.into_inner())
}

fn assert_shed<T: std::fmt::Debug>(answer: Result<T, Status>) {
    let status = answer.expect_err("there was a place for it");
    let refusal = Refusal::of(&status).unwrap_or_else(|| panic!("{status}"));
    assert_eq!(refusal.reason, ErrorReason::Overloaded, "{status}");
    assert!(refusal.retry_after.is_some(), "{status}");
}

/// What the service tells of its readiness, from when it is ready.
async fn readiness(endpoint: &str) -> Streaming<HealthCheckResponse> {
    let channel = connect(&ClientSettings::new(endpoint).unwrap());
    let (mut health, service) =
        (HealthClient::new(channel), HealthCheckRequest { service: "memex.v1.MemoryService".into() });
    // Until it has looked once, it does not know the name.
    let told = until("readiness is told of", async || health.watch(service.clone()).await.ok());
    let mut told = told.await.into_inner();
    while ends("readiness", told.message()).await.unwrap().unwrap().status() != ServingStatus::Serving {}
    told
}

/// That nothing else was told since.
fn assert_still_ready(told: &mut Streaming<HealthCheckResponse>) {
    let since = told.message().now_or_never();
    assert!(since.is_none(), "readiness changed: {since:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn moves_of_a_held_scope_are_shed_while_others_move_and_all_recovers() {
    let stack = Stack::start().await;
    let (ada, bob) = (stack.user("ada").await, stack.user("bob").await);
    for user in [&ada, &bob] {
        user.write("user/a.md", "- here\n").await;
    }
    let mut told = readiness(&stack.endpoint()).await;
    let held = hold(&stack, "ada").await;
    let mut moves = JoinSet::new();
    for client in 0..CLIENTS {
        let ada = ada.agent().clone();
        moves.spawn(async move { moved(&ada, "user/a.md", &format!("user/{client}.md")).await });
    }
    until_waiting(&stack, 1).await;
    for (from, to) in [("user/a.md", "user/b.md"), ("user/b.md", "user/a.md")] {
        assert!(moved(bob.agent(), from, to).await.unwrap().changed, "another's scope is nobody's to hold up");
    }
    while let Some(answer) = ends("every answer", moves.join_next()).await {
        assert_shed(answer.unwrap());
    }
    assert_still_ready(&mut told);
    held.rollback().await.unwrap();
    assert!(moved(ada.agent(), "user/a.md", "user/b.md").await.unwrap().changed);
    assert_eq!(ask::revisions(&stack, "ada").await, 2);
    drop(told);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_without_a_free_connection_does_not_make_the_service_unready() {
    let stack = Stack::start().await;
    for user in USERS {
        stack.user(user).await.write("user/a.md", "- here\n").await;
    }
    let mut held = stack.sql().begin().await.unwrap();
    sqlx::query("-- test.hold\nSELECT scope_id FROM mx_scope FOR UPDATE").execute(&mut *held).await.unwrap();
    let mut told = readiness(&stack.endpoint()).await;
    let pausing = USERS.map(|user| {
        let mut admin = stack.operator().admin;
        tokio::spawn(async move {
            let pause = PauseUserRequest { user_id: user.into(), ..PauseUserRequest::default() };
            // Shed as long as the scope is held, and here again at once.
            while let Err(status) = admin.pause_user(pause.clone()).await {
                assert_shed::<()>(Err(status));
            }
        })
    });
    let every = i64::try_from(USERS.len()).unwrap();
    until_waiting(&stack, every).await;
    let now = ask::lines(stack.sql(), "SELECT clock_timestamp()::text", &[]).await.remove(0);
    let asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                  AND query LIKE '-- upkeep.ready%' AND query_start > $1::timestamptz";
    until("readiness is asked while every connection is taken", async || {
        let asked = ask::number(stack.sql(), asked, &[&now]).await;
        (asked > 0 && ask::number(stack.sql(), WAITING, &[]).await == every).then_some(())
    })
    .await;
    assert_still_ready(&mut told);
    held.rollback().await.unwrap();
    for paused in ends("the pauses", join_all(pausing)).await {
        paused.unwrap();
    }
    assert_still_ready(&mut told);
    drop(told);
    stack.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archives_that_come_slowly_leave_the_connections_to_the_others() {
    let stack = Stack::start().await;
    let (operator, ada) = (stack.operator(), stack.user("ada").await);
    ada.write("user/a.md", "- here\n").await;
    let whole = archive::export(&operator, "ada").await;
    let (send, coming) = mpsc::channel(1);
    let mut messages = archive::messages(archive::into("slow"), &whole).into_iter();
    send.send(messages.next().unwrap()).await.unwrap();
    let mut admin = operator.admin.clone();
    let slow = tokio::spawn(async move { admin.import_user(ReceiverStream::new(coming)).await });
    let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
                 AND application_name = 'memory-api' AND state = 'idle in transaction'";
    until("the import has its transaction", async || (ask::number(stack.sql(), open, &[]).await == 1).then_some(()))
        .await;

    let importing = archive::import(&operator, archive::into("another"), &whole);
    let exporting = async {
        operator
            .admin
            .clone()
            .export_user(memex_proto::v1::ExportUserRequest { user_id: "ada".into() })
            .await
            .map(|_| ())
    };
    let (imported, exported) = tokio::join!(importing, exporting);
    assert_shed::<ImportUserResponse>(imported);
    assert_shed(exported);
    assert!(moved(ada.agent(), "user/a.md", "user/b.md").await.unwrap().changed);

    for message in messages {
        send.send(message).await.unwrap();
    }
    drop(send);
    assert_eq!(ends("the import", slow).await.unwrap().unwrap().into_inner().files, 1);
    assert!(!archive::export(&operator, "slow").await.is_empty());
    archive::import(&operator, archive::into("another"), &whole).await.unwrap();
    stack.finish().await;
}

#[tokio::test]
async fn a_call_beyond_those_in_flight_is_shed_and_the_next_is_served() {
    let stack = Stack::start().await;
    stack.user("ada").await.write("user/a.md", "- here\n").await;
    let token = stack.workspace().token(Role::Agent, "ada").await;
    let serving =
        Serving::start(ServeArgs { load: LoadArgs { max_in_flight: 1.into() }, ..args(&stack) }).await.unwrap();
    let mut told = readiness(&serving.endpoint()).await;
    let ada = Clients::at(&serving.endpoint(), &token);
    let held = hold(&stack, "ada").await;
    let moving = tokio::spawn({
        let ada = ada.clone();
        async move { moved(&ada, "user/a.md", "user/b.md").await }
    });
    until_waiting(&stack, 1).await;
    assert_shed(ada.read("user/b.md").await);
    assert_still_ready(&mut told);
    held.rollback().await.unwrap();
    assert!(ends("the call in flight", moving).await.unwrap().unwrap().changed);
    assert_eq!(ada.read("user/b.md").await.unwrap().content, "- here\n");
    drop(told);
    serving.end().await;
    stack.finish().await;
}
