//! Prints the steps of the demonstration while it runs.

use std::io::{self, Write};

use crate::output::{self, style};

/// Where the demonstration says what happens: to people step by step, nothing with `--json`, which speaks at the end.
pub struct Progress {
    json: bool,
}

impl Progress {
    /// For people, or as JSON.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether as JSON.
    pub fn json(&self) -> bool {
        self.json
    }

    /// Nothing with `--json`, which speaks at the end.
    pub fn tell(&self, tell: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if self.json {
            return Ok(());
        }
        let mut out = output::out().lock();
        tell(&mut out)?;
        out.flush()
    }

    /// One thing that was done.
    pub fn step(&self, text: &str) -> io::Result<()> {
        self.tell(|out| writeln!(out, "{}{text}{}", style::HEAD.render(), style::HEAD.render_reset()))
    }
}
