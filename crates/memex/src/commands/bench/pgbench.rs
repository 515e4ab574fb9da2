//! pgbench and psql, as processes.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use memex_stack::postgres::find_binaries;
use tokio::process::Command;

use super::measured::Measured;
use crate::failure::Failure;

/// The programs of this machine's Postgres and the database that they are run against.
#[derive(Debug)]
pub(super) struct Programs {
    dir: PathBuf,
    url: String,
}

impl Programs {
    /// Finds them as `memex up` finds its Postgres.
    pub(super) fn find(url: &str) -> Result<Self, Failure> {
        let found = find_binaries().map_err(|error| Failure::local("pgbench", error))?;
        Ok(Self { dir: found.dir, url: url.to_owned() })
    }

    /// Runs SQL and gives what it prints, unaligned.
    pub(super) async fn psql(&self, sql: &str, variables: &[(&str, String)]) -> Result<String, Failure> {
        let mut command = Command::new(self.dir.join("psql"));
        command.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]);
        for (name, value) in variables {
            command.arg(format!("--set={name}={value}"));
        }
        // Variables are put in only into what comes over standard input or from a file.
        let script = tempfile::NamedTempFile::new()?;
        std::fs::write(script.path(), sql)?;
        command.arg("--file").arg(script.path()).arg(&self.url);
        self.output(command, "psql").await
    }

    /// Runs a script with as many clients for that long; how long each transaction took.
    pub(super) async fn pgbench(
        &self,
        script: &str,
        body: &str,
        clients: u32,
        time: Duration,
    ) -> Result<Measured, Failure> {
        let dir = tempfile::tempdir()?;
        let file = dir.path().join("script.sql");
        std::fs::write(&file, script)?;
        let mut command = Command::new(self.dir.join("pgbench"));
        // As a lane's connection plans: once.
        command.env("PGOPTIONS", "-c plan_cache_mode=force_generic_plan");
        command.args(["--no-vacuum", "--protocol=prepared", "--log"]);
        command.arg(format!("--client={clients}")).arg(format!("--jobs={}", clients.min(2)));
        // pgbench counts whole seconds: rather a longer turn than one that is cut.
        command.arg(format!("--time={}", time.as_secs_f64().ceil())).arg(format!("--define=body={body}"));
        command.arg(format!("--log-prefix={}", dir.path().join("log").display()));
        command.arg("--file").arg(&file).arg(&self.url);
        let printed = self.output(command, "pgbench").await?;
        let took = latencies(dir.path())?;
        let missing = || Failure::local("pgbench", format_args!("printed no tps: {printed}"));
        let per_second = tps(&printed).filter(|tps| *tps > 0.0).ok_or_else(missing)?;
        Ok(Measured { during: Duration::from_secs_f64(took.len() as f64 / per_second), took, ..Measured::default() })
    }

    async fn output(&self, mut command: Command, name: &str) -> Result<String, Failure> {
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await;
        let output = output.map_err(|error| Failure::local(name, format_args!("cannot be run: {error}")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Failure::local(name, format_args!("failed: {}", said.trim())));
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

/// Transactions a second without the time for connecting, as pgbench prints them.
fn tps(printed: &str) -> Option<f64> {
    let line = printed.lines().find_map(|line| line.strip_prefix("tps = "))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The third field of each line of each log: microseconds.
fn latencies(dir: &Path) -> Result<Vec<u64>, Failure> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log")) {
            let text = std::fs::read_to_string(&path)?;
            all.extend(text.lines().filter_map(|line| line.split(' ').nth(2)?.parse::<u64>().ok()));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgbench_prints_is_understood() {
        let printed = "latency average = 1.1 ms\ninitial connection time = 9.9 ms\ntps = 1455.25 (without initial connection time)\n";
        assert_eq!(tps(printed), Some(1455.25));
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("log.17"), "0 1 1200 0 1764000000 1\n1 1 800 0 1764000000 9\n").unwrap();
        std::fs::write(dir.path().join("script.sql"), "0 1 5 0 1 1\n").unwrap();
        assert_eq!(latencies(dir.path()).unwrap(), [1200, 800]);
    }
}
