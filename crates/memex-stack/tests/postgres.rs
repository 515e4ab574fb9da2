//! The embedded Postgres, on the real one of this machine.

#![allow(clippy::unwrap_used)] // the lint knows test functions, not what they call

use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use memex_stack::postgres::{Embedded, EmbeddedOptions, PostgresError};
use rustix::process::{Pid, Signal, kill_process, test_kill_process};
use sqlx::{Connection, PgConnection, Row};
use tempfile::TempDir;

/// Long enough for a machine that does much else; only a wait that fails ever takes so long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Names the directory for a process that holds a server until it is killed.
const HOLD: &str = "MEMEX_TEST_HOLD_POSTGRES_IN";
/// What that process says once it does, before the server's URL.
const HELD: &str = "holds a server: ";

fn place() -> TempDir {
    let temp = tempfile::tempdir().unwrap();
    // Run by root, the server has an account of its own, which must be able to pass.
    std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    temp
}

fn options(dir: &Path) -> EmbeddedOptions {
    EmbeddedOptions { durable: false, ..EmbeddedOptions::new(dir) }
}

async fn connect(embedded: &Embedded, database: &str) -> PgConnection {
    PgConnection::connect(&embedded.owner_url(database)).await.unwrap()
}

/// Runs SQL in the cluster's own database.
async fn run(embedded: &Embedded, sql: &'static str) {
    sqlx::raw_sql(sql).execute(&mut connect(embedded, "postgres").await).await.unwrap();
}

/// The first column of the first row.
async fn text(embedded: &Embedded, database: &str, sql: &'static str) -> String {
    sqlx::query(sql).fetch_one(&mut connect(embedded, database).await).await.unwrap().get(0)
}

fn signal(pid: u32, signal: Signal) {
    kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap(), signal).unwrap();
}

fn is_running(pid: u32) -> bool {
    test_kill_process(Pid::from_raw(pid.try_into().unwrap()).unwrap()).is_ok()
}

#[tokio::test]
async fn a_fresh_instance_is_private_durable_and_knows_letters_and_a_second_start_keeps_its_data() {
    let temp = place();
    let dir = temp.path().join("memex");
    let embedded =
        Embedded::start(EmbeddedOptions { max_connections: 23, ..EmbeddedOptions::new(&dir) }).await.unwrap();
    for (setting, value) in [
        ("SHOW fsync", "on"),
        ("SHOW synchronous_commit", "on"),
        ("SHOW full_page_writes", "on"),
        ("SHOW listen_addresses", ""),
        ("SHOW max_connections", "23"),
        ("SHOW data_checksums", "on"),
        ("SHOW password_encryption", "scram-sha-256"),
        ("SHOW server_encoding", "UTF8"),
        ("SELECT lower('ÄÖ')", "äö"),
        ("SELECT datcollate FROM pg_database WHERE datname = 'postgres'", "C"),
    ] {
        assert_eq!(text(&embedded, "postgres", setting).await, value, "{setting}");
    }
    let password = dir.join("password").metadata().unwrap();
    assert_eq!(password.permissions().mode() & 0o777, 0o600);
    assert_eq!(dir.join("data").metadata().unwrap().permissions().mode() & 0o777, 0o700);
    assert_ne!(password.uid(), 0, "the server runs as root");
    run(&embedded, "CREATE TABLE kept AS SELECT 'tea' AS drink").await;
    embedded.stop().await;

    let embedded = Embedded::start(EmbeddedOptions::new(&dir)).await.unwrap();
    assert_eq!(text(&embedded, "postgres", "SELECT drink FROM kept").await, "tea");
    embedded.stop().await;
}

#[tokio::test]
async fn a_wrong_password_opens_nothing() {
    let temp = place();
    let embedded = Embedded::start(options(temp.path())).await.unwrap();
    let wrong = embedded.owner_url("postgres").replace(embedded.password(), "guess");
    assert!(PgConnection::connect(&wrong).await.is_err());
    embedded.stop().await;
}

#[tokio::test]
async fn a_second_instance_on_the_same_directory_is_refused_and_the_first_one_unharmed() {
    let temp = place();
    let first = Embedded::start(options(temp.path())).await.unwrap();
    run(&first, "CREATE TABLE kept AS SELECT 'tea' AS drink").await;
    let second = EmbeddedOptions { lock_wait: Duration::from_millis(200), ..options(temp.path()) };
    let error = Embedded::start(second).await.unwrap_err();
    assert!(matches!(error, PostgresError::Locked { holder: Some(pid), .. } if pid == std::process::id()), "{error}");
    assert_eq!(text(&first, "postgres", "SELECT drink FROM kept").await, "tea");
    first.stop().await;
}

#[tokio::test]
async fn a_postmaster_killed_at_once_is_told_of_and_the_next_start_has_all_that_was_committed() {
    let temp = place();
    let embedded = Embedded::start(EmbeddedOptions::new(temp.path())).await.unwrap();
    run(&embedded, "CREATE TABLE kept AS SELECT 'tea' AS drink").await;
    // A client that stays connected keeps a backend of the killed server alive for a moment.
    let lingering = connect(&embedded, "postgres").await;
    signal(embedded.pid(), Signal::KILL);
    let status = tokio::time::timeout(PATIENCE, embedded.exited()).await.unwrap();
    assert!(!status.success(), "{status}");
    drop(embedded);

    let embedded = Embedded::start(EmbeddedOptions::new(temp.path())).await.unwrap();
    assert_eq!(text(&embedded, "postgres", "SELECT drink FROM kept").await, "tea");
    drop(lingering);
    embedded.stop().await;
}

#[tokio::test]
async fn stop_leaves_no_process_and_frees_the_directory() {
    let temp = place();
    let embedded = Embedded::start(options(temp.path())).await.unwrap();
    let (pid, open) = (embedded.pid(), connect(&embedded, "postgres").await);
    assert!(is_running(pid));
    let status = embedded.stop().await;
    assert!(status.success(), "{status}");
    assert!(!is_running(pid));
    assert!(!temp.path().join("data/postmaster.pid").exists());
    drop(open);
    let at_once = EmbeddedOptions { lock_wait: Duration::ZERO, ..options(temp.path()) };
    Embedded::start(at_once).await.unwrap().stop().await;
}

#[tokio::test]
async fn a_dropped_server_ends_by_itself() {
    let temp = place();
    let embedded = Embedded::start(options(temp.path())).await.unwrap();
    let exited = embedded.exited();
    drop(embedded);
    assert!(tokio::time::timeout(PATIENCE, exited).await.unwrap().success());
}

#[tokio::test]
async fn lock_files_that_name_a_zombie_do_not_keep_the_server_from_starting() {
    let temp = place();
    Embedded::start(options(temp.path())).await.unwrap().stop().await;
    // Of the server's own account, else Postgres itself sees that it cannot be a postmaster.
    let account = temp.path().join("data").metadata().unwrap();
    let mut command = Command::new("true");
    if account.uid() != rustix::process::geteuid().as_raw() {
        command.uid(account.uid()).gid(account.gid());
    }
    let mut zombie = command.current_dir("/").spawn().unwrap();
    let seen = rustix::process::WaitIdOptions::EXITED | rustix::process::WaitIdOptions::NOWAIT;
    rustix::process::waitid(rustix::process::WaitId::Pid(Pid::from_child(&zombie)), seen).unwrap();
    let lines = format!("{}\n{}\n1700000000\n5432\n\n\n", zombie.id(), temp.path().join("data").display());
    for lock_file in ["data/postmaster.pid", "run/.s.PGSQL.5432.lock"] {
        std::fs::write(temp.path().join(lock_file), &lines).unwrap();
    }

    Embedded::start(options(temp.path())).await.unwrap().stop().await;
    zombie.wait().unwrap();
}

#[tokio::test]
async fn databases_are_made_copied_and_dropped_under_a_directory_too_long_for_a_socket() {
    let temp = place();
    let dir = temp.path().join("a rather long, oddly named directory".repeat(4));
    let embedded = Embedded::start(options(&dir)).await.unwrap();
    let socket_dir = embedded.socket_dir().to_owned();
    assert!(!socket_dir.starts_with(&dir));
    embedded.create_database("one").await.unwrap();
    assert!(matches!(embedded.create_database("one").await, Err(PostgresError::DatabaseExists { .. })));
    embedded.ensure_database("one").await.unwrap();
    let mut one = connect(&embedded, "one").await;
    sqlx::raw_sql("CREATE TABLE kept AS SELECT 'tea' AS drink").execute(&mut one).await.unwrap();
    one.close().await.unwrap();
    embedded.create_database_from_template("two", "one").await.unwrap();
    assert_eq!(text(&embedded, "two", "SELECT drink FROM kept").await, "tea");
    let _connected = connect(&embedded, "two").await;
    embedded.drop_database("two").await.unwrap();
    embedded.drop_database("two").await.unwrap();
    assert!(PgConnection::connect(&embedded.owner_url("two")).await.is_err());
    embedded.stop().await;
    assert!(!socket_dir.exists(), "the socket's directory was left behind");
}

#[tokio::test]
async fn data_of_another_major_version_is_refused_with_a_way_out_and_left_as_it_is() {
    let temp = place();
    let data = temp.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("PG_VERSION"), "12\n").unwrap();
    let error = Embedded::start(options(temp.path())).await.unwrap_err();
    assert!(matches!(&error, PostgresError::OtherVersion { found, .. } if found == "12"), "{error}");
    assert!(error.to_string().contains("pg_dump 12"), "{error}");
    assert_eq!(std::fs::read_dir(&data).unwrap().count(), 1);
}

#[tokio::test]
async fn a_server_that_cannot_start_is_reported_with_the_end_of_its_log() {
    let temp = place();
    Embedded::start(options(temp.path())).await.unwrap().stop().await;
    std::fs::write(temp.path().join("data/postgresql.conf"), "no_such_setting_anywhere = 1\n").unwrap();
    let error = Embedded::start(options(temp.path())).await.unwrap_err();
    assert!(matches!(&error, PostgresError::Died { tail, .. } if tail.contains("no_such_setting_anywhere")), "{error}");
}

#[tokio::test]
async fn a_cluster_without_its_password_is_not_made_anew() {
    let temp = place();
    Embedded::start(options(temp.path())).await.unwrap().stop().await;
    std::fs::remove_file(temp.path().join("password")).unwrap();
    let error = Embedded::start(options(temp.path())).await.unwrap_err();
    assert!(matches!(error, PostgresError::PasswordMissing { .. }), "{error}");
    assert!(temp.path().join("data/PG_VERSION").exists());
}

/// Not a test: the process that `a_killed_process_takes_its_server_with_it` starts and kills.
#[tokio::test]
async fn holds_a_server_until_it_is_killed() {
    let Some(dir) = std::env::var_os(HOLD) else { return };
    let embedded = Embedded::start(EmbeddedOptions::new(&dir)).await.unwrap();
    run(&embedded, "CREATE TABLE kept AS SELECT 'tea' AS drink").await;
    println!("{HELD}{}", embedded.owner_url("postgres"));
    std::future::pending::<()>().await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_killed_process_takes_its_server_with_it() {
    let temp = place();
    let mut holder = Command::new(std::env::current_exe().unwrap());
    holder.args(["--exact", "holds_a_server_until_it_is_killed", "--nocapture"]);
    let mut holder = holder.env(HOLD, temp.path()).stdout(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(holder.stdout.take().unwrap()).lines().map(Result::unwrap);
    // Its end without a word ends the lines, and this test.
    let url = said.find_map(|line| Some(line.split_once(HELD)?.1.to_owned())).unwrap();
    let mut client = PgConnection::connect(&url).await.unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
    // Ends only with the server, and nobody here has told the server to end.
    let endless = sqlx::query("SELECT pg_sleep(86400)").execute(&mut client);
    assert!(tokio::time::timeout(PATIENCE, endless).await.unwrap().is_err());

    let embedded = Embedded::start(EmbeddedOptions::new(temp.path())).await.unwrap();
    assert_eq!(text(&embedded, "postgres", "SELECT drink FROM kept").await, "tea");
    let log = std::fs::read_to_string(embedded.log()).unwrap();
    assert!(!log.contains("not properly shut down"), "the server was cut down: {log}");
    embedded.stop().await;
}
