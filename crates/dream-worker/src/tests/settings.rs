//! Arguments: what they are by default, and that every mistake is told at once.

use std::time::Duration;

use clap::Parser as _;
use memex_runtime::lifecycle::EXIT_SETTINGS;

use crate::{WorkerArgs, WorkerError};

#[derive(clap::Parser)]
struct Command {
    #[command(flatten)]
    worker: WorkerArgs,
}

fn parsed(args: &[&str]) -> WorkerArgs {
    Command::parse_from(std::iter::once(&"dream-worker").chain(args)).worker
}

#[test]
fn by_default_a_worker_is_switched_off_and_needs_no_token() {
    let settings = parsed(&[]).settings().unwrap();
    assert!(!settings.enabled);
    assert_eq!((settings.slots, settings.poll), (3, Duration::from_secs(5)));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:50062");
    assert_eq!(settings.endpoint, "http://127.0.0.1:50061");
    assert!(settings.name.ends_with(&format!("-{}", std::process::id())), "{}", settings.name);
}

#[test]
fn every_setting_that_cannot_be_used_is_named_at_once() {
    let args = parsed(&[
        "--dream-enabled=yes",
        "--endpoint=nowhere",
        "--worker-token-file=/nonexistent/token",
        "--worker-slots=101",
        "--poll-seconds=soon",
        "--worker-listen=here",
        "--drain-seconds=3601",
    ]);
    let error = WorkerError::from(args.settings().unwrap_err());
    let told = error.to_string();
    assert!(told.starts_with("7 settings cannot be used:"), "{told}");
    for setting in [
        "--dream-enabled / MEMEX_DREAM_ENABLED: must be true, false, 1 or 0, is \"yes\"",
        "--endpoint / MEMEX_ENDPOINT: must be http://HOST:PORT",
        "--worker-token-file / MEMEX_WORKER_TOKEN_FILE: cannot read /nonexistent/token",
        "--worker-slots / MEMEX_WORKER_SLOTS: must be 1 to 100, is 101",
        "--poll-seconds / MEMEX_POLL_SECONDS: must be a number from 0.01 to 3600, is \"soon\"",
        "--worker-listen / MEMEX_WORKER_LISTEN: must be ADDRESS:PORT such as 127.0.0.1:50062, is \"here\"",
        "--drain-seconds / MEMEX_DRAIN_SECONDS: must be 0 to 3600, is 3601",
    ] {
        assert!(told.contains(setting), "{setting} is missing in {told}");
    }
    assert_eq!(error.exit_code(), EXIT_SETTINGS);
}

#[test]
fn a_worker_that_is_on_needs_a_token() {
    let told = parsed(&["--dream-enabled"]).settings().unwrap_err().to_string();
    assert!(
        told.contains("--worker-token-file / MEMEX_WORKER_TOKEN_FILE: must be given, or MEMEX_WORKER_TOKEN"),
        "{told}"
    );
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "mx_sesame\n").unwrap();
    let settings =
        parsed(&["--dream-enabled", "--worker-token-file", file.path().to_str().unwrap()]).settings().unwrap();
    assert!(settings.enabled && settings.client.token().is_some());
    assert!(!format!("{settings:?}").contains("sesame"));
}

#[test]
fn parts_of_a_second_are_a_poll_interval() {
    let settings = parsed(&["--poll-seconds=0.05", "--worker-name=  night shift "]).settings().unwrap();
    assert_eq!((settings.poll, settings.name.as_str()), (Duration::from_millis(50), "night shift"));
    for bad in ["0", "-1", "NaN", "inf"] {
        assert!(parsed(&[&format!("--poll-seconds={bad}")]).settings().is_err(), "{bad}");
    }
}
