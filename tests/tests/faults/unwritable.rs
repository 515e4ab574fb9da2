//! Postgres that stores nothing, since it is read-only or full, or that dies while it owes answers: every call is told
//! that the database is unavailable and when to repeat it, and readiness says so.

use futures::future::join_all;
use memex_stack::postgres::Embedded;
use memex_stack::stack::Clients;
use memex_stack::stack::sqlx::PgPool;
use rustix::process::{Pid, Signal, kill_process};
use tests::ask;
use tests::counts::times;
use tests::waiting::{ends, until};
use tokio::task::JoinHandle;
use tonic::Status;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::own::{SERVICES, becomes, health, set_up, start, token};
use crate::people::{Call, People, is_refused_for_itself, is_unavailable, told};
use crate::process::Process;
use crate::stopped::{let_answers_go, reload, stop_at_once, withhold_answers};

/// Dreams under way when Postgres dies. With the other calls they are no more than the pool's connections.
const DREAMS: usize = 4;

/// Why Postgres stores nothing.
#[derive(Clone, Copy, Debug)]
enum Refuses {
    /// As a standby, or as a primary whose operator has stopped writes: 25006.
    ReadOnly,
    /// As on a full disk (53100), or over a limit of its configuration (53400).
    Code(&'static str),
}

impl Refuses {
    async fn begin(self, owner: &PgPool, url: &str) {
        match self {
            Refuses::ReadOnly => {
                ask::change(owner, "ALTER SYSTEM SET default_transaction_read_only = on", &[]).await;
                reload(owner).await;
                // Every connection was told of it once a new one begins with it.
                until("new connections are read-only", async || {
                    let new = PgPool::connect(url).await.unwrap();
                    let setting =
                        ask::lines(&new, "SELECT current_setting('default_transaction_read_only')", &[]).await;
                    new.close().await;
                    (setting == ["on"]).then_some(())
                })
                .await;
            }
            Refuses::Code(code) => {
                let raise = format!(
                    "CREATE OR REPLACE FUNCTION test_refuse() RETURNS trigger LANGUAGE plpgsql
                     AS $$ BEGIN RAISE 'no room' USING ERRCODE = '{code}'; END $$"
                );
                ask::change(owner, &raise, &[]).await;
                for table in tables(owner).await {
                    let refuse = format!(
                        "CREATE TRIGGER test_refuse BEFORE INSERT OR UPDATE OR DELETE ON {table} EXECUTE FUNCTION test_refuse()"
                    );
                    ask::change(owner, &refuse, &[]).await;
                }
            }
        }
    }

    async fn end(self, owner: &PgPool) {
        match self {
            Refuses::ReadOnly => {
                ask::change(owner, "ALTER SYSTEM RESET default_transaction_read_only", &[]).await;
                reload(owner).await;
            }
            Refuses::Code(_) => {
                for table in tables(owner).await {
                    ask::change(owner, &format!("DROP TRIGGER test_refuse ON {table}"), &[]).await;
                }
            }
        }
    }
}

async fn tables(owner: &PgPool) -> Vec<String> {
    let tables = "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relname LIKE 'mx\\_%'";
    ask::lines(owner, tables, &[]).await
}

#[tokio::test]
async fn a_postgres_that_is_read_only_or_full_is_unavailable_to_every_call_and_to_readiness() {
    let dir = tempfile::Builder::new().prefix("memex-fault-").tempdir().unwrap();
    let postgres = start(dir.path(), false).await;
    let url = set_up(dir.path(), &postgres).await;
    let owner = PgPool::connect(&url).await.unwrap();
    let memory_api = Process::memory_api(&url, "").await;
    becomes(&memory_api, &SERVICES, ServingStatus::Serving).await;
    let mut otherwise = Vec::new();
    for refuses in [Refuses::ReadOnly, Refuses::Code("53100"), Refuses::Code("53400")] {
        let people = people(dir.path(), &memory_api, 1).await;
        refuses.begin(&owner, &url).await;
        for (name, answer) in people.every_call() {
            match ends(&name, answer).await {
                Ok(()) => otherwise.push(format!("{refuses:?}: {name} was done")),
                Err(status) if is_unavailable(&status) => {}
                Err(status) => otherwise.push(format!("{refuses:?}: {}", told(&name, &status))),
            }
        }
        if otherwise.is_empty() {
            becomes(&memory_api, &SERVICES, ServingStatus::NotServing).await;
            assert_eq!(health(&memory_api, "").await, ServingStatus::Serving, "liveness does not ask for Postgres");
        }
        refuses.end(&owner).await;
        becomes(&memory_api, &SERVICES, ServingStatus::Serving).await;
        for (name, answer) in people.changes() {
            ends(&name, answer).await.unwrap_or_else(|status| panic!("{refuses:?}: {name} afterwards: {status}"));
        }
    }
    assert_eq!(otherwise, Vec::<String>::new());
    owner.close().await;
    memory_api.stop().await;
    postgres.stop().await;
}

/// How Postgres dies.
#[derive(Clone, Copy, Debug)]
enum Dies {
    /// `pg_ctl stop -m immediate`.
    AtOnce,
    /// `kill -9` of one backend: all others end, and Postgres recovers by itself.
    ByABackend,
    /// `pg_ctl stop -m fast`.
    InOrder,
}

impl Dies {
    /// Gives what still runs.
    async fn now(self, postgres: Embedded, owner: &PgPool) -> Option<Embedded> {
        match self {
            Dies::AtOnce => stop_at_once(postgres).await,
            Dies::InOrder => {
                postgres.stop().await;
            }
            Dies::ByABackend => {
                let owing = "SELECT min(pid)::bigint FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
                let pid = i32::try_from(ask::number(owner, owing, &[]).await).unwrap();
                kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
                return Some(postgres);
            }
        }
        None
    }
}

async fn let_answers_go_soon(url: &str) {
    let owner = until("Postgres is there again", async || PgPool::connect(url).await.ok()).await;
    let_answers_go(&owner).await;
    owner.close().await;
}

#[tokio::test]
async fn a_postgres_that_dies_while_it_owes_answers_is_unavailable_and_neither_a_defect_nor_overloaded() {
    let dir = tempfile::Builder::new().prefix("memex-fault-").tempdir().unwrap();
    let mut postgres = start(dir.path(), true).await;
    let url = set_up(dir.path(), &postgres).await;
    let memory_api = Process::memory_api(&url, "").await;
    becomes(&memory_api, &SERVICES, ServingStatus::Serving).await;
    let mut otherwise = Vec::new();
    let mut dreams = 0;
    for round in 0..times(3, 30) {
        let dies = [Dies::AtOnce, Dies::ByABackend, Dies::InOrder][round % 3];
        let people = people(dir.path(), &memory_api, DREAMS).await;
        let owner = PgPool::connect(&url).await.unwrap();
        withhold_answers(&owner).await;
        let mut owed: Vec<_> =
            people.changes().into_iter().map(|(name, answer)| (name, tokio::spawn(answer))).collect();
        until("answers are owed", async || (owing(&owner).await > unanswered(&owed)).then_some(())).await;
        // What was shed until now, as on a machine that is slow, Postgres owes nothing.
        owed.retain(|(_, answer)| !answer.is_finished());
        dreams += unanswered(&owed);
        let still = dies.now(postgres, &owner).await;
        // Where Postgres recovers by itself it would withhold the answers again, to calls that are repeated and to later ones.
        let freed = async {
            if matches!(dies, Dies::ByABackend) {
                let_answers_go_soon(&url).await;
            }
        };
        let owed = join_all(owed.into_iter().map(async |(name, answer)| {
            let answer = ends(&name, answer).await.unwrap();
            answered_otherwise(&name, answer)
        }));
        let (late, owed, ()) = tokio::join!(answers(people.every_call()), owed, freed);
        otherwise.extend(owed.into_iter().flatten().map(|what| format!("{dies:?}, owed: {what}")));
        otherwise.extend(late.into_iter().map(|what| format!("{dies:?}, after it: {what}")));
        owner.close().await;
        postgres = match still {
            Some(postgres) => postgres,
            None => start(dir.path(), true).await,
        };
        let owner = until("Postgres is there again", async || PgPool::connect(&url).await.ok()).await;
        let_answers_go(&owner).await;
        owner.close().await;
        becomes(&memory_api, &SERVICES, ServingStatus::Serving).await;
        for (name, answer) in people.changes().into_iter().filter(|(name, _)| name == "FinishDream") {
            ends(&name, answer).await.unwrap_or_else(|status| panic!("{dies:?}: {name} afterwards: {status}"));
        }
    }
    assert_eq!(otherwise, Vec::<String>::new());
    assert!(dreams > 0, "no answer to a FinishDream was owed");
    memory_api.stop().await;
    postgres.stop().await;
}

/// Statements of calls that are committed and not answered. One of them is the lane's, which carries several calls.
async fn owing(owner: &PgPool) -> i64 {
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query NOT LIKE '-- upkeep.%'";
    ask::number(owner, waiting, &[]).await
}

/// Calls of the pool that wait for their answer: FinishDream, MoveFile, StartDream.
fn unanswered(owed: &[(String, JoinHandle<Result<(), Status>>)]) -> i64 {
    let of_the_pool = ["FinishDream", "MoveFile", "StartDream"];
    let waiting = owed.iter().filter(|(name, answer)| of_the_pool.contains(&name.as_str()) && !answer.is_finished());
    i64::try_from(waiting.count()).unwrap()
}

async fn people(dir: &std::path::Path, memory_api: &Process, dreams: usize) -> People {
    let clients = |whose| Clients::at(&memory_api.endpoint(), &token(dir, whose));
    People::at(memory_api, clients("operator"), clients("worker"), dreams).await
}

/// What a call was answered, where the answer blames the service or tells no time to wait. One that asks again for what
/// was done before Postgres died may be refused for that.
fn answered_otherwise(name: &str, answer: Result<(), Status>) -> Option<String> {
    let status = answer.err()?;
    (!is_unavailable(&status) && !is_refused_for_itself(&status)).then(|| told(name, &status))
}

/// All at once, those that were answered otherwise than they may be.
async fn answers(calls: Vec<Call>) -> Vec<String> {
    let answers = calls.into_iter().map(async |(name, answer)| answered_otherwise(&name, ends(&name, answer).await));
    join_all(answers).await.into_iter().flatten().collect()
}
