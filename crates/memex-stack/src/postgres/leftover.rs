//! Ends what an earlier server left behind on a data directory whose lock is ours.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::PostgresError;

/// How often to look again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// After so many looks (10 s) a fast shutdown gives way to an immediate one, which the server's own crash
/// recovery makes good.
const LOOKS_BEFORE_QUIT: u32 = 200;
/// After so many looks (20 s) the start is given up.
const LOOKS: u32 = 400;

/// Waits until no process works in `data`, asking a postmaster that still does to stop, then removes its lock
/// files: `postmaster.pid` and `socket_lock`.
///
/// Needed in three cases: a server that outlived a killed Memex (where nothing ties it to its parent); backends
/// that have not yet noticed that their postmaster was killed; and a lock file that names a zombie or
/// somebody else's process, at which Postgres refuses to start. Holding the lock is what makes this safe.
pub(super) async fn clear(data: &Path, socket_lock: &Path) -> Result<(), PostgresError> {
    let pid_file = data.join("postmaster.pid");
    // Before the first start there is nothing to clear.
    let Ok(data_dir) = data.canonicalize() else { return Ok(()) };
    for look in 0..LOOKS {
        let pids = processes_in(&data_dir);
        if pids.is_empty() {
            return remove(&pid_file).and_then(|()| remove(socket_lock));
        }
        if look == 0 {
            let postmaster = recorded(&pid_file).filter(|postmaster| pids.contains(postmaster));
            tracing::warn!(?pids, "an earlier Postgres still uses the data and is stopped first");
            postmaster.into_iter().for_each(|pid| signal(pid, Signal::INT));
        }
        if look == LOOKS_BEFORE_QUIT {
            pids.iter().for_each(|pid| signal(*pid, Signal::QUIT));
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let pids = processes_in(&data_dir).into_iter().map(|pid| pid.as_raw_nonzero().get()).collect();
    Err(PostgresError::StillRunning { data_dir, pids })
}

fn remove(lock_file: &Path) -> Result<(), PostgresError> {
    match std::fs::remove_file(lock_file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(PostgresError::io("remove the stale", lock_file)(error))
        }
        _ => Ok(()),
    }
}

/// The postmaster that `postmaster.pid` names in its first line.
fn recorded(pid_file: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(pid_file).ok()?;
    text.lines().next()?.trim().parse().ok().and_then(Pid::from_raw)
}

fn signal(pid: Pid, signal: Signal) {
    // A process that ended in the meantime is what is wanted.
    let _ = kill_process(pid, signal);
}

/// The Postgres processes that work in `data_dir`. A zombie works nowhere.
#[cfg(target_os = "linux")]
fn processes_in(data_dir: &Path) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let works_here = |process: &PathBuf| {
        std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == data_dir)
            && std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.starts_with("postgres"))
    };
    let pid = |process: PathBuf| process.file_name()?.to_str()?.parse().ok().and_then(Pid::from_raw);
    entries.flatten().map(|entry| entry.path()).filter(works_here).filter_map(pid).collect()
}

/// Without `/proc`: the postmaster alone, if the number that it recorded is still a Postgres.
#[cfg(not(target_os = "linux"))]
fn processes_in(data_dir: &Path) -> Vec<Pid> {
    let Some(pid) = recorded(&data_dir.join("postmaster.pid")) else { return Vec::new() };
    let id = pid.as_raw_nonzero().to_string();
    let answer = std::process::Command::new("ps").args(["-p", &id, "-o", "comm="]).output();
    let runs = answer.is_ok_and(|answer| String::from_utf8_lossy(&answer.stdout).contains("postgres"));
    if runs { vec![pid] } else { Vec::new() }
}
