//! What both services measure, and that it does not grow with users.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use futures::StreamExt as _;
use memex_proto::v1::{
    ListFilesRequest, PatchFileRequest, PauseUserRequest, ReadFileRequest, ResumeUserRequest, SearchFilesRequest,
    WriteFileRequest,
};
use memex_runtime::client::{ClientSettings, connect};
use memex_runtime::metrics::SECONDS;
use memex_stack::stack::{Clients, Stack};
use tests::between::Between;
use tests::otlp::{Metrics, Reading, Receiver, Series};
use tests::waiting::insisted;
use tonic::Code;

use crate::house::{House, write_messy, write_of};
use crate::service::{ENDPOINT, Service};

const RPC_SERVER: &str = "rpc.server.call.duration";
const RPC_CLIENT: &str = "rpc.client.call.duration";
const STATEMENT: &str = "db.client.operation.duration";

/// The one time that is no histogram: how long the longest waiting user has been due.
const DUE_AGE: &str = "memex.dream.due.age";

/// Every metric of memory-api that measures here, with its unit.
const OF_MEMORY_API: [(&str, &str); 12] = [
    (RPC_SERVER, "s"),
    (STATEMENT, "s"),
    ("db.client.connection.wait_time", "s"),
    ("db.client.connection.count", "{connection}"),
    ("db.client.connection.max", "{connection}"),
    ("memex.lane.batch.size", "{item}"),
    ("memex.lane.queue.size", "{item}"),
    ("memex.turn.wait_time", "s"),
    ("memex.turn.count", "{call}"),
    ("memex.dream.users", "{user}"),
    ("memex.dream.count", "{dream}"),
    (DUE_AGE, "s"),
];

fn read_of(user: &str, path: &str) -> ReadFileRequest {
    ReadFileRequest { user_id: user.into(), path: path.into(), ..ReadFileRequest::default() }
}

/// A call of a method that nobody has, whose name the caller chose.
async fn call_unknown(endpoint: &str, path: &'static str) -> Code {
    let mut grpc = tonic::client::Grpc::new(connect(&ClientSettings::new(endpoint).unwrap()));
    grpc.ready().await.unwrap();
    let codec = tonic_prost::ProstCodec::<(), ()>::default();
    let path = tonic::codegen::http::uri::PathAndQuery::from_static(path);
    grpc.unary(tonic::Request::new(()), path, codec).await.unwrap_err().code()
}

/// A house in which some of everything was done.
async fn measured() -> (Metrics, Stack) {
    let mut house = House::start().await;
    let ada = house.agent("ada").await;
    write_messy(&ada).await;
    ada.memory.clone().list_files(ListFilesRequest::default()).await.unwrap();
    let missing = ada.memory.clone().read_file(read_of("", "user/missing.md")).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    let search = SearchFilesRequest { query: "tea".into(), ..SearchFilesRequest::default() };
    ada.memory.clone().search_files(search).await.unwrap();
    for path in ["/memex.v1.MemoryService/Ada", "/ada.Likes/Tea"] {
        assert_eq!(call_unknown(&house.endpoint(), path).await, Code::Unimplemented, "{path}");
    }
    house.start_worker("mx_worker_of_metrics").await;
    let ended = house.memex().await.json(&["dream", "start", "--user", "ada", "--wait"]).await;
    assert_eq!(ended["dream"]["state"], "applied", "{ended}");
    let (told, stack) = house.end().await;
    (told.received.metrics(), stack)
}

/// CONFIGURATION.md has a row of the metric, with its unit and with each of its labels, or with those of `the same`.
fn assert_documented(series: &Series, reading: &Reading) {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../CONFIGURATION.md")).unwrap();
    let row = page.lines().find(|line| line.starts_with(&format!("| `{}` |", series.name)));
    let row = row.unwrap_or_else(|| panic!("CONFIGURATION.md does not list {series:?}"));
    assert!(row.contains(&format!(", {} |", reading.unit)), "the unit of {series:?} is {}: {row}", reading.unit);
    let missing =
        series.labels.keys().find(|label| !row.contains(&format!("`{label}`")) && !row.contains("| the same |"));
    assert_eq!(missing, None, "a label of {series:?}: {row}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_services_measure_calls_statements_lanes_turns_pool_and_dreams() {
    let (metrics, stack) = measured().await;
    for (name, unit) in OF_MEMORY_API {
        let units: BTreeSet<_> = metrics.named("memory-api", name).map(|(_, reading)| reading.unit.as_str()).collect();
        assert_eq!(units, BTreeSet::from([unit]), "{name} in {metrics:#?}");
    }
    let is_histogram = |series: &Series, reading: &Reading| reading.unit == "s" && series.name != DUE_AGE;
    for (series, reading) in metrics.0.iter().filter(|(series, reading)| is_histogram(series, reading)) {
        assert_eq!(reading.bounds, SECONDS, "{series:?}");
    }
    metrics.0.iter().for_each(|(series, reading)| assert_documented(series, reading));
    let served = |method: &str, code: &str| {
        let method = if method.starts_with('_') { method.to_owned() } else { format!("memex.v1.{method}") };
        metrics.sum("memory-api", RPC_SERVER, &[("rpc.method", &method), ("rpc.status_code", code)])
    };
    assert!(served("MemoryService/WriteFile", "OK") >= 2);
    assert_eq!(served("MemoryService/ReadFile", "NOT_FOUND"), 1);
    assert_eq!(served("_OTHER", "UNIMPLEMENTED"), 2, "names that a caller chose");
    assert!(metrics.sum("dream-worker", RPC_CLIENT, &[("rpc.method", "memex.v1.DreamService/ClaimDreams")]) > 0);
    let dreams = [("memex.dream.outcome", "complete"), ("memex.dream.state", "applied")];
    assert_eq!(metrics.sum("dream-worker", "memex.dream.duration", &dreams), 1);
    let writes = metrics.sum("memory-api", STATEMENT, &[("db.query.summary", "commit.changes")]);
    assert!(writes >= 2, "{writes} statements of lanes");
    for kind in ["changes", "reads"] {
        let batches = metrics.sum("memory-api", "memex.lane.batch.size", &[("memex.lane.kind", kind)]);
        assert!(batches > 0, "no batch of {kind}");
    }
    for kind in ["scope", "search"] {
        let turns = metrics.named("memory-api", "memex.turn.count");
        assert_eq!(turns.filter(|(series, _)| series.label("memex.turn.kind") == kind).count(), 2, "{kind}");
    }
    assert!(metrics.sum("memory-api", "db.client.connection.count", &[]) > 0);
    assert_eq!(metrics.sum("memory-api", "db.client.connection.max", &[]), 8);
    stack.finish().await;
}

/// Writes for and reads of so many users, then the series that a memory-api has of it.
async fn series_of(stack: &Stack, users: usize) -> BTreeSet<Series> {
    let receiver = Receiver::start().await;
    let memory_api = Service::memory_api(&stack.database_url(), receiver.endpoint()).await;
    let clients = Clients::at(&memory_api.endpoint(), stack.workspace().operator_token());
    let calls = (0..users).map(|user| {
        let clients = clients.clone();
        async move {
            let (user_id, path) = (format!("user-{users}-{user}"), format!("user/of {user}.md"));
            let write = WriteFileRequest { user_id: user_id.clone(), ..write_of(&path, "- Likes tea.\n") };
            let memory = || clients.memory.clone();
            insisted(async || memory().write_file(write.clone()).await).await.unwrap();
            insisted(async || memory().read_file(read_of(&user_id, &path)).await).await.unwrap();
            let list = ListFilesRequest { user_id: user_id.clone(), ..ListFilesRequest::default() };
            insisted(async || memory().list_files(list.clone()).await).await.unwrap();
        }
    });
    futures::stream::iter(calls).buffer_unordered(8).collect::<Vec<()>>().await;
    memory_api.end().await;
    let metrics = receiver.received().metrics();
    let written = [("rpc.method", "memex.v1.MemoryService/WriteFile"), ("rpc.status_code", "OK")];
    assert_eq!(metrics.sum("memory-api", RPC_SERVER, &written), users as i64, "each call is measured");
    metrics.0.into_keys().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_users_have_no_more_series_than_ten() {
    let stack = Stack::start().await;
    let few = series_of(&stack, 10).await;
    let many = series_of(&stack, 1_000).await;
    let more: Vec<_> = many.difference(&few).collect();
    // What runs by itself or was shed has come of the longer time, or of a machine that is slow.
    let of_users = |series: &&Series| {
        let shed = series.labels.contains_key("error.type") || series.label("rpc.status_code") == "RESOURCE_EXHAUSTED";
        !(shed || series.name.ends_with(".timeouts") || runs_by_itself(series.label("db.query.summary")))
    };
    let (first, counts) = (more.iter().copied().find(of_users), (few.len(), many.len()));
    assert_eq!(first, None, "series of 10 and of 1,000 users: {counts:?}");
    assert!(more.len() < 10, "series of 10 and of 1,000 users: {counts:?}");
    stack.finish().await;
}

/// The statements that passed, by name.
type Passed = BTreeMap<String, i64>;

/// Does the same with a new user each time; gives what passed to Postgres, and what was measured.
async fn passed(stack: &Stack, user: &str, variables: &[(&str, &str)]) -> Passed {
    let sent = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&sent);
    let between = Between::before(&stack.database_url(), move |statement| {
        noted.lock().unwrap().push(statement.to_owned());
        Box::pin(std::future::ready(()))
    });
    let memory_api = Service::memory_api_with(between.url(), variables).await;
    let clients = Clients::at(&memory_api.endpoint(), stack.workspace().operator_token());
    let memory = &clients.memory;
    for turn in 0..3 {
        let write = write_of("user/a.md", &format!("- Likes tea.\n- {turn}\n"));
        memory.clone().write_file(WriteFileRequest { user_id: user.into(), ..write }).await.unwrap();
        memory.clone().read_file(read_of(user, "user/a.md")).await.unwrap();
        let list = ListFilesRequest { user_id: user.into(), ..ListFilesRequest::default() };
        memory.clone().list_files(list).await.unwrap();
        let search = SearchFilesRequest { user_id: user.into(), query: "tea".into(), ..SearchFilesRequest::default() };
        memory.clone().search_files(search).await.unwrap();
        let patch = PatchFileRequest { user_id: user.into(), path: "user/a.md".into(), ..PatchFileRequest::default() };
        memory.clone().patch_file(patch).await.unwrap_err();
    }
    // In transactions.
    let pause = PauseUserRequest { user_id: user.into(), ..PauseUserRequest::default() };
    clients.admin.clone().pause_user(pause).await.unwrap();
    let resume = ResumeUserRequest { user_id: user.into(), ..ResumeUserRequest::default() };
    clients.admin.clone().resume_user(resume).await.unwrap();
    memory_api.end().await;
    let mut passed = Passed::new();
    for statement in sent.lock().unwrap().iter() {
        let first = statement.lines().next().unwrap_or_default();
        let name = first.strip_prefix("-- ").unwrap_or(first).to_owned();
        *passed.entry(name).or_default() += 1;
    }
    passed
}

/// Whether a statement runs when its time comes, whatever is called.
fn runs_by_itself(name: &str) -> bool {
    ["upkeep.", "epochs.", "erasures.", "status.all"].iter().any(|part| name.starts_with(part))
}

/// The statements of calls.
fn of_calls(passed: &Passed) -> Passed {
    let of_calls = passed.iter().filter(|(name, _)| !runs_by_itself(name));
    of_calls.map(|(name, count)| (name.clone(), *count)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn measuring_sends_postgres_no_statement_more_and_misses_none() {
    let stack = Stack::start().await;
    let receiver = Receiver::start().await;
    let off = passed(&stack, "ada", &[]).await;
    let on = passed(&stack, "bob", &[(ENDPOINT, receiver.endpoint())]).await;
    assert_eq!(of_calls(&off), of_calls(&on));
    assert!(of_calls(&on).values().sum::<i64>() >= 12, "{on:?}");

    let metrics = receiver.received().metrics();
    let mut measured = Passed::new();
    for (series, reading) in metrics.named("memory-api", STATEMENT) {
        *measured.entry(series.label("db.query.summary").to_owned()).or_default() += reading.value;
    }
    assert_eq!(of_calls(&measured), of_calls(&on), "each statement that Postgres saw was measured once, by its name");
    stack.finish().await;
}
