//! The command as a process, and what it leaves behind.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// A bound on waiting for a condition, never a measure: three minutes, of which some seconds are needed.
const LOOKS: u32 = 36_000;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A directory through which the account that Postgres runs as can pass.
pub fn place() -> TempDir {
    let place = tempfile::tempdir().unwrap();
    std::fs::set_permissions(place.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
    place
}

/// The command, with nothing of this process's settings, its temporary files in `place`.
pub fn memex(place: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_memex"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("MEMEX_") && name != "MEMEX_POSTGRES_BIN"
            || name.starts_with("OTEL_")
            || name == "DATABASE_URL"
        {
            command.env_remove(name);
        }
    }
    command.args(args).env("TMPDIR", place).env("HOME", place);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Sends a signal to a child that has not been waited for.
pub fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Looks until `found` gives something.
pub fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    for _ in 0..LOOKS {
        if let Some(found) = found() {
            return found;
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    panic!("waited in vain for {what}");
}

/// How a child ends.
pub fn wait(child: &mut Child) -> ExitStatus {
    until("the end of the command", || child.try_wait().unwrap())
}

/// Every process that has to do with a directory: works in it, or names it in its environment or arguments.
pub fn processes_about(dir: &Path) -> Vec<String> {
    let dir = dir.to_str().unwrap();
    let names = |process: &Path| {
        let holds = |file: &str| {
            std::fs::read(process.join(file)).is_ok_and(|text| String::from_utf8_lossy(&text).contains(dir))
        };
        let works_there = std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir));
        works_there || holds("environ") || holds("cmdline")
    };
    let processes = std::fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let processes = processes.filter(|path| path.file_name().unwrap().to_str().unwrap().parse::<u32>().is_ok());
    processes.filter(|process| names(process)).map(|process| process.display().to_string()).collect()
}
