//! A script that is served, and a home to run the command in.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ran, Script, connected, memex};

/// How often a condition is looked at, and a bound on waiting for it, never a measure.
const LOOK_AGAIN: Duration = Duration::from_millis(5);
const BOUND: Duration = Duration::from_secs(180);

/// A script that is served, and a home to run the command in.
pub struct Scene {
    pub script: Script,
    home: TempDir,
    env: [(&'static str, String); 3],
}

impl Scene {
    pub async fn new() -> Self {
        let (script, home) = (Script::default(), tempfile::tempdir().unwrap());
        let env = connected(script.serve().await);
        Self { script, home, env }
    }

    /// Runs the command for the user `ada` of the settings.
    pub async fn run(&self, args: &[&str]) -> Ran {
        memex(self.home.path(), &self.env, args).await
    }

    /// The command for the user `ada` of the settings, with nothing to read.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memex"));
        command.args(args).current_dir(self.home.path()).env_clear().envs(self.env.iter().cloned());
        command.env("HOME", self.home.path()).stdin(Stdio::null());
        command
    }

    /// Starts it, and sends it SIGINT once `begun`; its exit code is 0 where the signal itself ended it.
    pub async fn interrupted(&self, args: &[&str], mut begun: impl FnMut() -> bool) -> Ran {
        let mut command = tokio::process::Command::from(self.command(args));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.kill_on_drop(true).spawn().unwrap();
        let interrupted = async {
            while !begun() {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let pid = Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
            kill_process(pid, Signal::INT).unwrap();
            child.wait_with_output().await.unwrap()
        };
        let ended = tokio::time::timeout(BOUND, interrupted).await.expect("it begins, and ends when told");
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: ended.status.code().unwrap_or(0), out: text(ended.stdout), err: text(ended.stderr) }
    }

    /// Runs it where nobody reads its standard output; gives its exit code and what it said on standard error.
    pub async fn unread(&self, args: &[&str]) -> (Option<i32>, String) {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = tokio::process::Command::from(self.command(args));
        command.stdout(writer);
        // Not `output()`, which would read standard output itself.
        let child = command.stderr(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let output = child.wait_with_output().await.unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    }

    /// Runs it where it must succeed, and gives its one JSON value.
    pub async fn json(&self, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat()).await;
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}: {ran:?}");
        serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
    }

    /// A file of the home.
    pub fn at(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The names of all files in the home.
    pub fn names(&self) -> Vec<String> {
        names(self.home.path())
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
