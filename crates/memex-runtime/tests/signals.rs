//! Signals, sent to a process of its own: this test program, started again.

#![allow(clippy::unwrap_used, reason = "what tests share is test code too")]

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use memex_runtime::lifecycle::{EXIT_INTERRUPTED, Shutdown};

/// Set for the process that the tests start.
const STARTED: &str = "MEMEX_TEST_STARTED_BY_ANOTHER";

/// Not a test by itself: what the others start as a process of its own.
#[tokio::test]
async fn a_process_that_ends_only_when_made_to() {
    if std::env::var_os(STARTED).is_none() {
        return;
    }
    let shutdown = Shutdown::on_signals().unwrap();
    println!("\nlistening");
    shutdown.triggered().await;
    println!("draining");
    std::future::pending::<()>().await;
}

struct Process {
    child: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Process {
    fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_that_ends_only_when_made_to", "--nocapture"])
            .env(STARTED, "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let says = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut process = Self { child, says };
        process.until("listening");
        process
    }

    fn until(&mut self, line: &str) {
        let found = self.says.by_ref().map_while(Result::ok).any(|said| said == line);
        assert!(found, "it ended without saying {line}");
    }

    fn send(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

#[test]
fn the_first_signal_drains_and_the_second_ends_at_once_with_130() {
    for (first, second) in [("-TERM", "-TERM"), ("-INT", "-INT"), ("-TERM", "-INT")] {
        let mut process = Process::start();
        process.send(first);
        process.until("draining");
        process.send(second);
        assert_eq!(process.child.wait().unwrap().code(), Some(i32::from(EXIT_INTERRUPTED)), "{first} {second}");
    }
}
