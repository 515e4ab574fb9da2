//! How often a call asks Postgres: counted between the two, on the wire.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use dream_worker::{Driver, DriverSettings};
use memex_core::clock::SystemClock;
use memex_proto::v1::{AppendLines, ListFilesRequest, edit::Kind};
use memex_runtime::client::{ClientSettings, connect};
use memex_runtime::health::Health;
use memex_stack::stack::{Clients, Stack};
use tests::between::Between;
use tests::{ask, hand};

use crate::process::Process;

/// Statements sent so far, each by the name in its first line. One was one round trip: sqlx sends a prepared statement
/// with all that belongs to it and then waits.
#[derive(Clone, Default)]
struct Sent(Arc<Mutex<Vec<String>>>);

impl Sent {
    fn add(&self, statement: &str) {
        self.0.lock().unwrap().push(statement.lines().next().unwrap_or_default().to_owned());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The fewest statements of five times the same: what else the service asks meanwhile can only add to them.
async fn fewest(sent: &Sent, mut call: impl AsyncFnMut(u32)) -> Vec<String> {
    // The first time also opens connections, looks the token and the scope up, and prepares.
    call(0).await;
    let mut counts = Vec::new();
    for turn in 1..=5 {
        sent.take();
        call(turn).await;
        counts.push(sent.take());
    }
    counts.into_iter().min_by_key(Vec::len).unwrap()
}

/// A memory-api that reaches the stack's database through what notes its statements.
async fn counted(stack: &Stack) -> (Process, Between, Sent) {
    let sent = Sent::default();
    let noted = sent.clone();
    let between = Between::before(&stack.database_url(), move |statement| {
        noted.add(statement);
        Box::pin(std::future::ready(()))
    });
    (Process::memory_api(between.url(), "").await, between, sent)
}

#[tokio::test]
async fn a_write_a_read_and_a_list_ask_postgres_once_and_a_patch_twice() {
    let stack = Stack::start().await;
    let (memory_api, _between, sent) = counted(&stack).await;
    let clients = Clients::at(&memory_api.endpoint(), stack.workspace().operator_token());
    let sent = &sent;

    let wrote = fewest(sent, async |turn| {
        let write = clients.write("user/a.md", &format!("- The tea of day {turn}.\n")).of("ada").overwrite();
        assert!(write.await.unwrap().changed);
    });
    assert_eq!(wrote.await.len(), 1, "a write");
    let read = fewest(sent, async |_| {
        clients.read("user/a.md").of("ada").await.unwrap();
    });
    assert_eq!(read.await.len(), 1, "a read");
    let listed = fewest(sent, async |_| {
        let request = ListFilesRequest { user_id: "ada".into(), ..ListFilesRequest::default() };
        clients.memory.clone().list_files(request).await.unwrap();
    });
    assert_eq!(listed.await.len(), 1, "a list");
    let patched = fewest(sent, async |turn| {
        let append = AppendLines { lines: vec![format!("- Line {turn}.")], ..AppendLines::default() };
        let patch = clients.patch("user/a.md", [Kind::AppendLines(append)]);
        patch.with(|patch| patch.user_id = "ada".into()).await.unwrap();
    });
    let patched = patched.await;
    assert_eq!(patched.len(), 2, "a patch: {patched:?}");
    memory_api.stop().await;
    stack.finish().await;
}

/// A worker of that memory-api, to be stepped.
fn worker(stack: &Stack, memory_api: &Process) -> Driver {
    let settings = DriverSettings {
        enabled: true,
        endpoint: memory_api.endpoint(),
        name: "counted".into(),
        slots: 1,
        poll: Duration::from_millis(100),
        drain: Duration::from_secs(5),
    };
    let client = ClientSettings::new(&memory_api.endpoint()).unwrap().with_token(stack.worker_token());
    Driver::new(connect(&client), settings, Arc::new(SystemClock), Health::new())
}

fn count(statements: &[String], name: &str) -> usize {
    statements.iter().filter(|statement| *statement == name).count()
}

#[tokio::test]
async fn a_dream_without_changes_asks_postgres_six_times_and_an_op_twice() {
    let stack = Stack::start().await;
    let (memory_api, _between, sent) = counted(&stack).await;
    let (ada, worker) = (stack.user("ada").await, worker(&stack, &memory_api));
    // Written and asked for through the stack's own memory-api, which is not counted.
    ada.write("user/a.md", "- likes tea\n").await;
    let unchanged = fewest(&sent, async |_| {
        hand::start_dream_of(&stack, "ada").await;
        assert_eq!(worker.poll_once().await.unwrap(), 1);
    })
    .await;
    assert_eq!(ask::dreams(&stack, "ada").await, ["noop 1"; 6]);
    assert!(unchanged.len() <= 6, "a dream that changes nothing: {unchanged:?}");
    let staged = fewest(&sent, async |turn| {
        ada.write("user/a.md", &format!("- Ada likes the tea of shop {turn}.\n- Ada likes the tea of shop {turn}.\n"))
            .await;
        hand::start_dream_of(&stack, "ada").await;
        assert_eq!(worker.poll_once().await.unwrap(), 1);
    })
    .await;
    assert_eq!(ask::dreams(&stack, "ada").await[6..], ["applied 1"; 6]);
    assert_eq!(count(&staged, "-- dream_view.stage"), 1, "{staged:?}");
    // The worker's own look at its files, and the service's at the one that the op changes.
    assert_eq!(count(&staged, "-- dream_view.read"), 2, "{staged:?}");
    assert_eq!(count(&staged, "-- dream_view.staged_before"), 0, "a first call is no repeat: {staged:?}");
    memory_api.stop().await;
    stack.finish().await;
}
