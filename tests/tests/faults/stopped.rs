//! Postgres is stopped as a crash stops it, under many writers: what was acknowledged is there when it comes back.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::future::join_all;
use memex_stack::postgres::Embedded;
use memex_stack::stack::sqlx::PgPool;
use memex_stack::stack::{Clients, broken_rules};
use rustix::process::{Pid, Signal, kill_process};
use tests::ask;
use tests::counts::times;
use tests::waiting::{ends, until};
use tests::writers::{Acknowledged, Kept, repeat, write_until_lost};
use tokio::task::JoinHandle;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::own::{SERVICES, agent_of, becomes, set_up, start, token};
use crate::process::Process;

const USERS: usize = 16;

/// Writers of each user, with a file each: 64 of all.
const WRITERS: usize = 4;

/// More writes than any stop lets a writer make.
const MOST: usize = 5_000;

/// Writes of all of them that are acknowledged before a stop; more at each, so that stops come at other moments.
const BEFORE: (usize, usize) = (200, 37);

#[tokio::test]
async fn no_acknowledged_write_is_missing_after_postgres_was_stopped_at_once_under_64_writers() {
    let dir = tempfile::Builder::new().prefix("memex-fault-").tempdir().unwrap();
    let mut postgres = start(dir.path(), true).await;
    let url = set_up(dir.path(), &postgres).await;
    let memory_api = Process::memory_api(&url, "").await;
    becomes(&memory_api, &SERVICES, ServingStatus::Serving).await;
    let operator = Clients::at(&memory_api.endpoint(), &token(dir.path(), "operator"));
    let mut agents = Vec::new();
    for user in 0..USERS {
        agents.push(agent_of(&operator, &memory_api, &format!("user-{user}")).await);
    }
    let mut written = 0;
    let mut unanswered = 0;
    for stop in 0..times(3, 10) {
        let (writing, acknowledged) = everybody_writes(&agents);
        let enough = BEFORE.0 + BEFORE.1 * stop;
        until("enough is acknowledged", async || (acknowledged.load(Ordering::SeqCst) >= enough).then_some(())).await;
        // Every other stop comes while a statement is committed and its answer is held back.
        let held_back = stop % 2 == 0;
        if held_back {
            hold_answers_back(&url).await;
        }
        stop_at_once(postgres).await;
        becomes(&memory_api, &SERVICES, ServingStatus::NotServing).await;
        let kept: Vec<Vec<Kept>> = join_all(writing.into_iter().map(|one| ends("a writer that was cut off", one)))
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        postgres = start(dir.path(), true).await;
        let owner = PgPool::connect(&url).await.unwrap();
        if held_back {
            unanswered += committed_but_not_acknowledged(&owner, &kept).await;
            let_answers_go(&owner).await;
        }
        becomes(&memory_api, &SERVICES, ServingStatus::Serving).await;
        written += repeated(&agents, &kept).await;
        is_whole(&owner, written).await;
        owner.close().await;
    }
    assert!(unanswered > 0, "no write was committed and not acknowledged");
    memory_api.stop().await;
    postgres.stop().await;
}

/// Each writer writes its own file, until Postgres is gone.
fn everybody_writes(agents: &[Clients]) -> (Vec<JoinHandle<Vec<Kept>>>, Acknowledged) {
    let acknowledged: Acknowledged = Arc::default();
    let writers = agents.iter().flat_map(|agent| (0..WRITERS).map(move |file| (agent.clone(), file)));
    let writing = writers.map(|(agent, file)| {
        tokio::spawn(write_until_lost(agent, format!("user/{file}.md"), MOST, acknowledged.clone()))
    });
    (writing.collect(), acknowledged)
}

/// From now on a commit is on disk and its client is not told, since a standby that never comes has to confirm it.
pub async fn withhold_answers(owner: &PgPool) {
    ask::change(owner, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'", &[]).await;
    reload(owner).await;
}

/// The same; waits until a commit is so.
async fn hold_answers_back(url: &str) {
    let owner = PgPool::connect(url).await.unwrap();
    withhold_answers(&owner).await;
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    until("a commit is not answered", async || (ask::number(&owner, waiting, &[]).await > 0).then_some(())).await;
}

/// Ends that.
pub async fn let_answers_go(owner: &PgPool) {
    ask::change(owner, "ALTER SYSTEM RESET synchronous_standby_names", &[]).await;
    reload(owner).await;
}

/// Postgres reads its settings again.
pub async fn reload(owner: &PgPool) {
    ask::number(owner, "SELECT count(pg_reload_conf())", &[]).await;
}

/// As `pg_ctl stop -m immediate`: no checkpoint, and every connection ends where it is.
pub async fn stop_at_once(postgres: Embedded) {
    let postmaster = Pid::from_raw(postgres.pid().cast_signed()).unwrap();
    kill_process(postmaster, Signal::QUIT).unwrap();
    ends("the end of Postgres", postgres.exited()).await;
}

/// How many of the unanswered writes stand.
async fn committed_but_not_acknowledged(owner: &PgPool, kept: &[Vec<Kept>]) -> i64 {
    let mut count = 0;
    for last in kept.iter().filter_map(|kept| kept.last()).filter(|last| last.answer.is_none()) {
        let stands = "SELECT count(*) FROM mx_revision WHERE request_id = $1::uuid";
        count += ask::number(owner, stands, &[&last.request.request_id]).await;
    }
    count
}

/// Repeats every write with its id, at all users at once: each is answered as it was, or makes its one revision now.
/// Gives how many they were.
async fn repeated(agents: &[Clients], kept: &[Vec<Kept>]) -> usize {
    let of_users = agents.iter().zip(kept.chunks(WRITERS)).map(async |(agent, files)| {
        for kept in files {
            assert!(kept.last().is_some_and(|last| last.answer.is_none()), "a writer was not interrupted");
            let answers = repeat(agent, kept).await;
            let versions: Vec<i64> = answers.iter().map(|answer| answer.file.as_ref().unwrap().version).collect();
            assert!(versions.is_sorted_by(|one, next| one + 1 == *next), "versions {versions:?}");
        }
    });
    join_all(of_users).await;
    kept.iter().map(Vec::len).sum()
}

/// One revision a request id, versions and sequences without a gap, every file with its text and every revision with its
/// log row.
async fn is_whole(owner: &PgPool, written: usize) {
    let revisions = "SELECT count(*) FROM mx_revision";
    let ids = "SELECT count(DISTINCT request_id) FROM mx_revision";
    assert_eq!(ask::number(owner, revisions, &[]).await, written as i64, "one revision a request id");
    assert_eq!(ask::number(owner, ids, &[]).await, written as i64, "no request id twice");
    assert_eq!(broken_rules(owner).await.unwrap(), Vec::<String>::new());
}
