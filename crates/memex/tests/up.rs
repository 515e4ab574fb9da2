//! `memex up`, as its users run it: it keeps what was acknowledged, whatever ends it, and leaves no process behind.

#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

mod processes;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, ChildStdout, Command};

use processes::{memex, place, processes_about, signal, until, wait};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

const ANY_PORTS: [&str; 4] = ["--listen", "127.0.0.1:0", "--worker-listen", "127.0.0.1:0"];

/// A running `memex up`, and what it said when it was ready.
struct Up {
    child: Child,
    out: BufReader<ChildStdout>,
    told: Value,
}

impl Up {
    fn start(place: &Path, args: &[&str]) -> Self {
        let mut command = memex(place, &["up", "--json", "--data-dir"]);
        let mut child = command.arg(place.join("memory")).args(ANY_PORTS).args(args).spawn().unwrap();
        let (mut line, mut out) = (String::new(), BufReader::new(child.stdout.take().unwrap()));
        out.read_line(&mut line).unwrap();
        match serde_json::from_str(&line) {
            Ok(told) => Self { child, out, told },
            Err(_) => panic!("it said {line:?} and {:?}", said(&mut child)),
        }
    }

    /// Another command, as the operator.
    fn as_operator(&self, place: &Path, args: &[&str]) -> Command {
        let mut command = memex(place, args);
        command.env("MEMEX_ENDPOINT", self.told["endpoint"].as_str().unwrap());
        command.env("MEMEX_TOKEN_FILE", self.told["operator_token_file"].as_str().unwrap());
        command
    }

    /// Runs another command as the operator.
    fn operator(&self, place: &Path, args: &[&str]) -> String {
        let ran = self.as_operator(place, args).output().unwrap();
        assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).unwrap()
    }

    fn pid_of(&self, name: &str) -> Pid {
        let processes = self.told["processes"].as_array().unwrap();
        let found = processes.iter().find(|process| process["name"] == name).unwrap();
        Pid::from_raw(found["pid"].as_i64().unwrap().try_into().unwrap()).unwrap()
    }

    fn stop(mut self) {
        signal(&self.child, Signal::INT);
        let status = wait(&mut self.child);
        assert!(status.success(), "{status}: {}", said(&mut self.child));
    }
}

/// What a child that has ended said on standard error.
fn said(child: &mut Child) -> String {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    text
}

fn text_file(place: &Path) -> String {
    let file = place.join("tea.md");
    std::fs::write(&file, "- drinks tea in the morning\n").unwrap();
    file.display().to_string()
}

#[test]
fn killed_with_9_it_leaves_no_process_and_comes_up_again_with_what_was_acknowledged() {
    let place = place();
    let mut up = Up::start(place.path(), &[]);
    assert_eq!(up.told["dreaming"]["on"], true, "{}", up.told);
    up.operator(place.path(), &["put", "user/tea.md", &text_file(place.path()), "--user", "ada"]);
    up.child.kill().unwrap();
    up.child.wait().unwrap();
    until("the end of the processes", || processes_about(place.path()).is_empty().then_some(()));

    let up = Up::start(place.path(), &[]);
    let kept = up.operator(place.path(), &["cat", "user/tea.md", "--user", "ada"]);
    assert_eq!(kept, "- drinks tea in the morning\n");
    up.stop();
    assert_eq!(processes_about(place.path()), Vec::<String>::new());
}

#[test]
fn killed_with_9_it_can_be_started_again_at_once() {
    let place = place();
    let mut up = Up::start(place.path(), &[]);
    up.child.kill().unwrap();
    up.child.wait().unwrap();
    Up::start(place.path(), &[]).stop();
}

#[test]
fn a_second_one_on_the_same_directory_is_refused_and_the_first_goes_on() {
    let place = place();
    let up = Up::start(place.path(), &[]);
    let mut second = memex(place.path(), &["up", "--data-dir"]);
    let ran = second.arg(place.path().join("memory")).args(ANY_PORTS).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(69), "{told}");
    assert!(told.contains("another Memex already uses"), "{told}");
    assert!(told.contains(&format!("process {}", up.child.id())), "{told}");
    up.operator(place.path(), &["ls", "--user", "ada"]);
    up.stop();
}

#[test]
fn a_service_that_dies_ends_it_and_is_named() {
    for name in ["memory-api", "dream-worker", "postgres"] {
        let place = place();
        let mut up = Up::start(place.path(), &[]);
        kill_process(up.pid_of(name), Signal::KILL).unwrap();
        let status = wait(&mut up.child);
        let mut told = String::new();
        up.out.read_to_string(&mut told).unwrap();
        assert_eq!(status.code(), Some(1), "{told}");
        let error = serde_json::from_str::<Value>(&told).unwrap()["error"]["message"].as_str().unwrap().to_owned();
        assert!(error.starts_with(&format!("{name} ended by itself (signal: 9 (SIGKILL))")), "{error}");
        assert_eq!(processes_about(place.path()), Vec::<String>::new(), "after {name}");
    }
}

#[test]
fn a_taken_port_is_said_before_anything_is_started() {
    let place = place();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = memex(place.path(), &["up", "--listen", &address, "--data-dir"]);
    let ran = command.arg(place.path().join("memory")).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(69), "{told}");
    assert!(told.contains(&format!("{address} is taken")) && told.contains("--listen 127.0.0.1:0"), "{told}");
    assert!(!place.path().join("memory").exists());
}

#[test]
fn a_switch_that_an_operator_threw_stays_thrown_over_a_restart() {
    let place = place();
    let up = Up::start(place.path(), &[]);
    up.operator(place.path(), &["config", "set", "dream_enabled=false"]);
    up.stop();
    let up = Up::start(place.path(), &[]);
    assert_eq!(up.told["dreaming"]["on"], false, "{}", up.told);
    up.stop();
    let up = Up::start(place.path(), &["--dream-enabled", "true"]);
    assert_eq!(up.told["dreaming"]["on"], true, "{}", up.told);
    up.stop();
}

#[test]
fn a_files_history_is_read_restored_and_followed_with_the_command() {
    let place = place();
    let up = Up::start(place.path(), &[]);
    let run = |args: &[&str]| up.operator(place.path(), &[args, &["--user", "ada"]].concat());
    run(&["put", "user/tea.md", &text_file(place.path())]);
    let patched = run(&["patch", "user/tea.md", "--replace", "in the morning", "at noon"]);
    assert!(patched.starts_with("user/tea.md is now at version 2 (rev_"), "{patched}");
    let diff = run(&["diff", "user/tea.md"]);
    assert!(diff.ends_with("-- drinks tea in the morning\n+- drinks tea at noon\n"), "{diff}");
    assert_eq!(run(&["cat", "user/tea.md", "--version", "1"]), "- drinks tea in the morning\n");
    assert!(run(&["blame", "user/tea.md"]).contains("  - drinks tea at noon\n"));
    let deleted = run(&["rm", "user/tea.md", "--expected-version", "2"]);
    assert!(deleted.starts_with("user/tea.md is deleted at version 3 (rev_"), "{deleted}");
    run(&["restore", "user/tea.md", "--version", "1"]);
    assert_eq!(run(&["cat", "user/tea.md"]), "- drinks tea in the morning\n");
    up.as_operator(place.path(), &["edit", "user/tea.md", "--user", "ada"])
        .env("EDITOR", "echo more >>")
        .output()
        .unwrap();
    assert_eq!(run(&["cat", "user/tea.md"]), "- drinks tea in the morning\nmore\n");

    let watch = ["watch", "--user", "ada", "--from-beginning", "--json"];
    let mut watch = up.as_operator(place.path(), &watch).spawn().unwrap();
    let lines = BufReader::new(watch.stdout.take().unwrap()).lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(&line.unwrap()).unwrap());
    let changes = lines.filter(|line| line["change"].is_object()).take(5);
    let operations: Vec<_> = changes.map(|line| line["change"]["revision"]["operation"].clone()).collect();
    assert_eq!(operations, ["write", "patch", "delete", "restore", "write"]);
    signal(&watch, Signal::INT);
    assert_eq!(wait(&mut watch).code(), Some(130));
    up.stop();
}

#[test]
fn bad_settings_are_refused_together_with_64() {
    let place = place();
    let args =
        ["up", "--listen", "here", "--worker-listen", "there", "--dream-enabled", "maybe", "--allow-plaintext=yes"];
    let ran = memex(place.path(), &args).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr);
    assert_eq!(ran.status.code(), Some(64), "{told}");
    assert!(told.contains("4 settings cannot be used:"), "{told}");
    for setting in [
        "--listen / MEMEX_LISTEN: must be ADDRESS:PORT such as 127.0.0.1:50061",
        "--worker-listen / MEMEX_WORKER_LISTEN: must be ADDRESS:PORT such as 127.0.0.1:50062",
        "--dream-enabled / MEMEX_DREAM_ENABLED: must be true",
        "--allow-plaintext / MEMEX_ALLOW_PLAINTEXT: must be true",
    ] {
        assert!(told.contains(setting), "{told}");
    }
}
