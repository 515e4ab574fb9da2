//! Other programs as steps: run, judged by their exit code, read.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::findings::Findings;

/// A program with its arguments, not yet started.
pub struct Invocation {
    program: OsString,
    arguments: Vec<String>,
}

/// The cargo that runs xtask, so that one toolchain checks it all.
pub fn cargo(arguments: &[&str]) -> Invocation {
    Invocation::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

impl Invocation {
    /// `program` is looked up on `PATH` unless it holds a slash.
    pub fn new(program: impl Into<OsString>, arguments: &[&str]) -> Self {
        Self { program: program.into(), arguments: arguments.iter().map(|&argument| argument.to_owned()).collect() }
    }

    /// The same invocation with more arguments at its end.
    pub fn and(&self, arguments: &[&str]) -> Self {
        let more = arguments.iter().map(|&argument| argument.to_owned());
        Self { program: self.program.clone(), arguments: self.arguments.iter().cloned().chain(more).collect() }
    }

    /// Runs it in `root` with its output shown; one finding with `advice` unless it ends with 0.
    /// Fails when it cannot be started.
    pub fn passes(&self, root: &Path, advice: &str) -> anyhow::Result<Findings> {
        let status = self.command(root).status().with_context(|| format!("starting `{}`", self.line()))?;
        Ok(if status.success() { Vec::new() } else { vec![format!("`{}` {status}: {advice}", self.line())] })
    }

    /// Runs it in `root` and gives what it printed; its errors are shown. Fails unless it ends with 0.
    pub fn output(&self, root: &Path) -> anyhow::Result<String> {
        let mut command = self.command(root);
        let output =
            command.stderr(Stdio::inherit()).output().with_context(|| format!("starting `{}`", self.line()))?;
        ensure!(output.status.success(), "`{}` {}", self.line(), output.status);
        String::from_utf8(output.stdout).with_context(|| format!("reading what `{}` printed", self.line()))
    }

    /// Whether it can be started in `root` and ends with 0; nothing is shown.
    pub fn works(&self, root: &Path) -> bool {
        let mut command = self.command(root);
        command.stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }

    fn command(&self, root: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(root).stdin(Stdio::null());
        command
    }

    fn line(&self) -> String {
        let program = Path::new(&self.program).file_name().unwrap_or(&self.program).to_string_lossy();
        format!("{program} {}", self.arguments.join(" "))
    }
}
