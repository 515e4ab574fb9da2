//! The services as real processes, which a test kills, stops and starts again.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};

use memex_stack::stack::Stack;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tests::ask;
use tests::child::READY_FILE;
use tests::waiting::{ends, until};
use tokio::process::{Child, ChildStdin, Command};

/// One service, running or dead. Dropped, it is killed; where the test fails, its log is shown.
pub struct Process {
    name: String,
    child: Child,
    /// Held open: the process ends where it is closed.
    _stdin: Option<ChildStdin>,
    dir: TempDir,
    address: SocketAddr,
}

impl Process {
    /// memory-api over a database, at any free port, with what `MEMEX_FAILPOINT` says (empty: nothing).
    pub async fn memory_api(database_url: &str, failpoint: &str) -> Self {
        Self::memory_api_at("127.0.0.1:0", database_url, failpoint).await
    }

    /// memory-api with the key under which erased users are remembered.
    pub async fn memory_api_that_erases(stack: &Stack, failpoint: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memory_api_process"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--max-connections", "8", "--erasure-key-file"]);
        command.arg(stack.erasure_key_file());
        command.env("DATABASE_URL", stack.database_url()).env_remove("MEMEX_OWNER_DATABASE_URL");
        Self::start("memory-api", command, failpoint).await
    }

    /// memory-api at an address, as one that was killed comes back.
    pub async fn memory_api_at(listen: &str, database_url: &str, failpoint: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memory_api_process"));
        command.args(["serve", "--listen", listen, "--max-connections", "8"]);
        command.env("DATABASE_URL", database_url).env_remove("MEMEX_OWNER_DATABASE_URL");
        Self::start("memory-api", command, failpoint).await
    }

    /// A dream-worker of memory-api at `endpoint` with a token of its own and two slots, which polls without rest.
    pub async fn dream_worker(stack: &Stack, endpoint: &str, name: &str, failpoint: &str) -> Self {
        let token = ask::worker_token(stack).await;
        Self::dream_worker_with(&token, endpoint, name, failpoint).await
    }

    /// The same with a token that there is.
    pub async fn dream_worker_with(token: &str, endpoint: &str, name: &str, failpoint: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dream_worker_process"));
        // Who is to stop at a point has that dream alone: a claim for another slot may be under way when it stops, and
        // then takes over what it lost itself.
        let slots = if failpoint.is_empty() { "2" } else { "1" };
        command.args(["--dream-enabled=true", "--endpoint", endpoint, "--worker-name", name, "--worker-slots", slots]);
        command.args(["--poll-seconds", "0.05", "--worker-listen", "127.0.0.1:0", "--drain-seconds", "5"]);
        command.env("MEMEX_WORKER_TOKEN", token).env_remove("MEMEX_WORKER_TOKEN_FILE");
        Self::start(name, command, failpoint).await
    }

    async fn start(name: &str, mut command: Command, failpoint: &str) -> Self {
        let dir = tempfile::tempdir().expect("there is room for a log");
        let (log, ready) = (dir.path().join("log"), dir.path().join("ready"));
        let out = File::create(&log).expect("there is room for a log");
        let err = out.try_clone().expect("a log can be written from two sides");
        command.env("MEMEX_FAILPOINT", failpoint).env(READY_FILE, &ready);
        command.stdin(Stdio::piped()).stdout(out).stderr(err).kill_on_drop(true);
        let mut child = command.spawn().expect("the process can be started");
        let stdin = child.stdin.take();
        let unbound = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut process = Self { name: name.to_owned(), child, _stdin: stdin, dir, address: unbound };
        process.address = until(&format!("{name} listens"), async || said(&ready)).await;
        process
    }

    /// Where it listens: memory-api's calls, the worker's health.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as a URL.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until the process has died at its failpoint.
    pub async fn dies(&mut self) {
        let status = self.ended().await;
        assert_eq!(status.signal(), Some(6), "{} was to die at its failpoint, and ended with {status}", self.name);
    }

    /// Kills it as `kill -9` does.
    pub async fn kill(&mut self) {
        self.signal(Signal::KILL);
        assert_eq!(self.ended().await.signal(), Some(9));
    }

    /// Bytes of its memory that are in use now.
    pub fn resident_bytes(&self) -> u64 {
        let id = self.child.id().expect("the process was not waited for yet").to_string();
        let answer = std::process::Command::new("ps").args(["-o", "rss=", "-p", &id]).output();
        let kilobytes = String::from_utf8(answer.expect("ps can be run").stdout).expect("ps writes text");
        kilobytes.trim().parse::<u64>().expect("ps knows a child") * 1024
    }

    /// Whether its log has a line with this.
    pub fn has_logged(&self, words: &str) -> bool {
        self.log().contains(words)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    /// Tells it to end, and waits until it has.
    pub async fn stop(self) {
        self.signal(Signal::TERM);
        self.ended_well().await;
    }

    /// Waits until it has ended as one that was told to.
    pub async fn ended_well(mut self) {
        let status = self.ended().await;
        assert!(status.success(), "{} was told to end, and ended with {status}", self.name);
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        let id =
            self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("the process was not waited for yet");
        kill_process(id, signal).expect("a child can be signalled");
    }

    async fn ended(&mut self) -> ExitStatus {
        ends(&format!("the end of {}", self.name), self.child.wait()).await.expect("a child can be waited for")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the log of {}:\n{}---", self.name, self.log());
        }
    }
}

fn said(ready: &Path) -> Option<SocketAddr> {
    std::fs::read_to_string(ready).ok()?.parse().ok()
}

/// A place where a process waits until the test says go.
pub struct Pause {
    dir: TempDir,
}

impl Pause {
    /// A pause that no process has reached yet.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("there is room for a mark") }
    }

    /// What `MEMEX_FAILPOINT` must say.
    pub fn at(&self, point: &str) -> String {
        format!("{point}:pause:{}", self.dir.path().join("go").display())
    }

    /// Waits until a process waits there.
    pub async fn reached(&self) {
        let mark = self.dir.path().join("go.reached");
        until("the process reaches its failpoint", async || mark.exists().then_some(())).await;
    }

    /// Lets it go on.
    pub fn go(&self) {
        std::fs::write(self.dir.path().join("go"), "").expect("the test's directory can be written");
    }
}
