//! The real `memex` command as a child process, built from the sources as they are.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::SystemTime;

use serde_json::Value;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::waiting::ends;

/// `memex` as one caller of one memory-api. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Memex {
    program: PathBuf,
    variables: Vec<(String, String)>,
}

/// What a call printed and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; 128 and more where a signal ended it.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Memex {
    /// The command that calls `endpoint` with `token`.
    ///
    /// # Panics
    /// Where the executable is not there and cannot be built.
    pub async fn at(endpoint: &str, token: &str) -> Self {
        static PROGRAM: OnceCell<PathBuf> = OnceCell::const_new();
        let program = PROGRAM.get_or_init(program).await.clone();
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let variables = [("MEMEX_ENDPOINT", endpoint), ("MEMEX_TOKEN", token), ("XDG_CONFIG_HOME", "/nonexistent")];
        Self { program, variables: variables.map(|(name, value)| variable(name, value)).into() }
    }

    /// The same with one variable more.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// Where it cannot be started, or does not end.
    pub async fn run(&self, args: &[&str]) -> Ran {
        let mut command = Command::new(&self.program);
        // Nothing of whoever runs the tests may lead it elsewhere.
        command.args(args).env_clear().envs(self.variables.iter().cloned()).stdin(Stdio::null()).kill_on_drop(true);
        let output = ends(&format!("memex {}", args[0]), command.output()).await;
        let Output { status, stdout, stderr } = output.expect("memex can be started");
        let text = |bytes| String::from_utf8(bytes).expect("memex prints UTF-8");
        Ran { code: status.code().unwrap_or(128), out: text(stdout), err: text(stderr) }
    }

    /// Runs it with `--json` and gives what it printed.
    ///
    /// # Panics
    /// Where it does not end with 0 or prints something else than one JSON value.
    pub async fn json(&self, args: &[&str]) -> Value {
        let Ran { code, out, err } = self.run(&[args, &["--json"]].concat()).await;
        assert_eq!(code, 0, "memex {args:?} printed\n{out}{err}");
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("memex {args:?} printed no JSON ({error}):\n{out}"))
    }
}

/// The executable beside the tests', as `cargo test --workspace` builds it. A run of these tests alone builds it first
/// where it is missing or older than its sources.
async fn program() -> PathBuf {
    let test = std::env::current_exe().expect("a test is an executable");
    let folder = test.parent().and_then(Path::parent).expect("cargo puts tests into target/PROFILE/deps");
    let program = folder.join("memex");
    if !is_current(&program) {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--package", "memex"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        // What cargo told this test about its own package would make build scripts run again.
        let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        let variables = std::env::vars_os().map(|(name, _)| name);
        variables.filter(|name| name.to_str().is_some_and(told)).for_each(|name| {
            cargo.env_remove(name);
        });
        if folder.file_name().is_some_and(|name| name == "release") {
            cargo.arg("--release");
        }
        let status = cargo.status().await.expect("cargo runs tests, so it can be run");
        assert!(status.success(), "`memex` cannot be built: {status}");
    }
    program
}

/// Whether an executable is newer than every source that cargo noted for it.
fn is_current(program: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
    let (Some(built), Ok(noted)) = (changed(program), std::fs::read_to_string(program.with_extension("d"))) else {
        return false;
    };
    let Some((_, sources)) = noted.split_once(": ") else { return false };
    // Cargo writes a space in a path as `\ `; what is no path then is no file, and asks for a build.
    let newest = |sources: &str| -> Option<SystemTime> {
        sources
            .split_ascii_whitespace()
            .try_fold(SystemTime::UNIX_EPOCH, |newest, source| Some(newest.max(changed(Path::new(source))?)))
    };
    newest(sources).is_some_and(|newest| newest <= built)
}
