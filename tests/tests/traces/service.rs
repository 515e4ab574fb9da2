//! One service as a process that logs JSON and exports its spans.

use std::fs::File;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tests::child::READY_FILE;
use tests::waiting::{ends, until};
use tokio::process::{Child, ChildStdin, Command};

/// Our crates say everything that they can say.
const LEVELS: &str = "info,memory_api=debug,dream_worker=debug,memex_runtime=debug,memex_core=debug,memex_curation=debug,memex_proto=debug";

/// Where both signals go.
pub const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// A running service. Dropped, it is killed; where the test fails, its log is shown.
pub struct Service {
    name: &'static str,
    child: Child,
    /// The service ends when this is closed; waiting for a child would close it.
    _held: Option<ChildStdin>,
    dir: TempDir,
    address: SocketAddr,
}

impl Service {
    /// memory-api over a database, at any free port.
    pub async fn memory_api(database_url: &str, receiver: &str) -> Self {
        Self::memory_api_with(database_url, &[(ENDPOINT, receiver)]).await
    }

    /// The same with these variables, and with no receiver but what they name.
    pub async fn memory_api_with(database_url: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memory_api_process"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--max-connections", "8"]).env_clear();
        command.env("DATABASE_URL", database_url);
        Self::start("memory-api", command, variables).await
    }

    /// A dream-worker of memory-api at `endpoint`, which polls without rest.
    pub async fn dream_worker(endpoint: &str, token: &str, receiver: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dream_worker_process"));
        command.args(["--dream-enabled=true", "--endpoint", endpoint, "--worker-name", "dreamer"]).env_clear();
        command.args(["--poll-seconds", "0.05", "--worker-listen", "127.0.0.1:0"]);
        command.env("MEMEX_WORKER_TOKEN", token);
        Self::start("dream-worker", command, &[(ENDPOINT, receiver)]).await
    }

    async fn start(name: &'static str, mut command: Command, variables: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let ready = dir.path().join("ready");
        let out = File::create(dir.path().join("log")).unwrap();
        let err = out.try_clone().unwrap();
        command.envs(variables.iter().copied()).env(READY_FILE, &ready);
        command.env("MEMEX_LOG_FORMAT", "json").env("MEMEX_LOG", LEVELS);
        command.stdin(Stdio::piped()).stdout(out).stderr(err).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut service =
            Self { name, _held: child.stdin.take(), child, dir, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let said = async || std::fs::read_to_string(&ready).ok()?.parse().ok();
        service.address = until(&format!("{name} listens"), said).await;
        service
    }

    /// Where it answers.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Tells it to end, waits until it has, all its spans sent, and gives everything that it printed.
    pub async fn end(mut self) -> String {
        let id = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).unwrap();
        kill_process(id, Signal::TERM).unwrap();
        let status = ends(&format!("the end of {}", self.name), self.child.wait()).await.unwrap();
        assert!(status.success(), "{} was told to end, and ended with {status}", self.name);
        std::fs::read_to_string(self.log()).unwrap()
    }

    /// The names of its threads, as the kernel keeps them.
    pub fn threads(&self) -> Vec<String> {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id().unwrap())).unwrap();
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok()).collect()
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.log()).unwrap_or_default();
            eprintln!("--- the log of {}:\n{log}---", self.name);
        }
    }
}
