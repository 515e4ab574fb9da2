//! The data sets: made by the evaluation's own generator.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use tests::counts::times;
use tokio::process::Command;

/// How long one of the evaluation's programs may take: minutes, where other tests keep the machine busy.
const PATIENCE: Duration = Duration::from_secs(600);

/// The folder beside the repository that has the evaluation and its data.
pub struct Shared(PathBuf);

impl Shared {
    /// The folder; nothing, with a word about it, where it or a part that the set needs is missing.
    pub fn beside_the_repository(suite: Suite) -> Option<Self> {
        let shared = Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"));
        let programs = ["eval/gen.py", "eval/score.py"];
        let missing = programs.iter().chain(suite.needs()).find(|part| !shared.part(part).exists());
        if let Some(missing) = missing {
            crate::say(&format!("skipped: ../shared/{missing} is not there; it is no part of this repository"));
        }
        missing.is_none().then_some(shared)
    }

    /// The path of a part.
    pub fn part(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Runs one of the evaluation's programs; gives what it printed and whether it ended with 0.
    pub async fn python(&self, program: &str, args: &[&str]) -> (String, bool) {
        let mut python = Command::new("python3");
        // Imports of the programs must leave nothing in a folder that is not ours.
        python.env("PYTHONDONTWRITEBYTECODE", "1").arg(self.part(program)).args(args).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, python.output()).await;
        let output = output.unwrap_or_else(|_| panic!("{program} has not ended after {PATIENCE:?}"));
        let output =
            output.unwrap_or_else(|error| panic!("python3, which the evaluation needs, does not run: {error}"));
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        (said, output.status.success())
    }
}

/// What a set is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// The memory of twenty people, from LoCoMo's conversations, with duplicates planted in it.
    LoCoMo,
    /// Equal lines in two places, and small folders as people write them: which copy may go is known.
    Trust,
}

impl Suite {
    /// The parts of the folder that it is made of.
    fn needs(self) -> &'static [&'static str] {
        match self {
            Self::LoCoMo => &["data/locomo10.json"],
            Self::Trust => &["eval/frames.json", "cases"],
        }
    }

    /// The arguments of the program that makes the set.
    fn arguments(self, shared: &Shared) -> Vec<String> {
        let part = |name: &str| shared.part(name).to_str().unwrap().to_owned();
        match self {
            Self::LoCoMo => {
                let mut made = vec!["--users".to_owned(), "0".into(), "--locomo".into(), part("data/locomo10.json")];
                if shared.part("data/locomo-errata.json").is_file() {
                    made.extend(["--errata".to_owned(), part("data/locomo-errata.json")]);
                }
                made
            }
            Self::Trust => {
                let instances = times("2", "3").to_owned();
                let suites = ["--suites", "frames,cases", "--frames"].map(str::to_owned);
                suites.into_iter().chain([instances, "--cases".to_owned(), part("cases")]).collect()
            }
        }
    }
}

/// Everybody's memory before any dream, with its truth, and what became of it.
pub struct Set {
    /// What it is made of.
    pub suite: Suite,
    dir: TempDir,
    manifest: Value,
    users: Vec<String>,
}

impl Set {
    /// Makes the set of one split and seed: the same at every call.
    pub async fn generate(shared: &Shared, suite: Suite, split: &str, seed: u32) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (out, seed) = (dir.path().join("set"), seed.to_string());
        let made_of = suite.arguments(shared);
        let mut args = vec!["--out", out.to_str().unwrap(), "--seed", &seed, "--split", split];
        args.extend(made_of.iter().map(String::as_str));
        let (said, done) = shared.python("eval/gen.py", &args).await;
        assert!(done, "gen.py {args:?}: {said}");
        let manifest = std::fs::read(out.join("manifest.json")).unwrap();
        let mut set = Self { suite, manifest: serde_json::from_slice(&manifest).unwrap(), users: Vec::new(), dir };
        set.users = names(&set.before()).collect();
        set.users.sort();
        assert!(set.users.len() >= 20, "too few users for any judgement: {:?}", set.users);
        set
    }

    /// The users, in order.
    pub fn users(&self) -> &[String] {
        &self.users
    }

    /// The day that the dreams take for today.
    pub fn today(&self) -> &str {
        self.manifest["now"].as_str().unwrap()
    }

    /// What the generator says of the set, in its own words.
    pub fn counts(&self) -> &Value {
        &self.manifest["suites"]
    }

    /// How many files of their own the users have, their logs included.
    pub fn files(&self) -> i64 {
        let of_user = |user| count_files(&self.before().join(user).join("user"));
        self.users.iter().map(of_user).sum()
    }

    /// The folder that the generator made, as the scorer takes it.
    pub fn path(&self) -> PathBuf {
        self.dir.path().join("set")
    }

    /// What goes in: a folder a user.
    pub fn before(&self) -> PathBuf {
        self.path().join("before")
    }

    /// What comes out.
    pub fn exported(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// What is known of a user's memory.
    pub fn truth(&self, user: &str) -> Value {
        let truth = std::fs::read(self.path().join("truth").join(format!("{user}.json"))).unwrap();
        serde_json::from_slice(&truth).unwrap()
    }

    /// The paths of a user that no dream may touch.
    pub fn protected(&self, user: &str) -> Vec<String> {
        self.truth(user)["protected"].as_array().unwrap().iter().map(|path| path.as_str().unwrap().to_owned()).collect()
    }
}

fn names(dir: &Path) -> impl Iterator<Item = String> + use<> {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap())
}

fn count_files(dir: &Path) -> i64 {
    let inside = |name: String| {
        let path = dir.join(name);
        if path.is_dir() { count_files(&path) } else { 1 }
    };
    names(dir).map(inside).sum()
}

/// Copies a folder with everything in it.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for name in names(from) {
        let (from, to) = (from.join(&name), to.join(&name));
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}
