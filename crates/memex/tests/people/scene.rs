//! A script that is served, and a home to run the command in.

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ran, Script, connected, memex};

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
