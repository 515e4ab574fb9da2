//! Finds a PostgreSQL installation on this machine.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::PostgresError;

/// The oldest major version that serves: it has what `initdb` is asked for, and is still maintained.
const OLDEST: u32 = 14;

/// Where packages put `initdb` and `postgres`; each pattern has one `*`, which stands for a part of one name.
const INSTALLED: [&str; 8] = [
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/libexec/postgresql*",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
    "/opt/postgresql*/bin",
];

/// The two programs that make and run a database, of one installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The directory that holds both.
    pub dir: PathBuf,
    /// The major version, 14 or more.
    pub major: u32,
    /// The full version, for people: `15.18`.
    pub version: String,
}

impl Binaries {
    /// The program that makes a new cluster.
    pub fn initdb(&self) -> PathBuf {
        self.dir.join("initdb")
    }

    /// The server.
    pub fn postgres(&self) -> PathBuf {
        self.dir.join("postgres")
    }

    /// Both programs of `dir`, when they are there and the server tells its version.
    fn in_dir(dir: &Path) -> Option<Self> {
        if !dir.join("initdb").is_file() || !dir.join("postgres").is_file() {
            return None;
        }
        let answer = Command::new(dir.join("postgres")).arg("--version").stdin(Stdio::null()).output().ok()?;
        let text = String::from_utf8_lossy(&answer.stdout).into_owned();
        let version = text.split("(PostgreSQL)").nth(1)?.split_whitespace().next()?.to_owned();
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        Some(Self { dir: dir.to_owned(), major: digits.parse().ok()?, version })
    }
}

/// Finds the Postgres that this machine's environment names or has installed.
///
/// In this order: `MEMEX_POSTGRES_BIN`; `initdb` and `postgres` next to each other on `PATH`; the newest where
/// packages put them. Fails with the packages to install and the variables to set where there is none of
/// version 14 or newer. Starts each candidate's `postgres --version` once, so it blocks for some milliseconds.
pub fn find_binaries() -> Result<Binaries, PostgresError> {
    BinarySearch::from_environment().find(None)
}

/// The places to look for Postgres, in the order in which they are preferred. The default has none.
#[derive(Debug, Clone, Default)]
pub struct BinarySearch {
    /// What `MEMEX_POSTGRES_BIN` says; nothing else is looked at when it is set.
    pub chosen: Option<PathBuf>,
    /// The directories of `PATH`.
    pub path: Vec<PathBuf>,
    /// Directories of installed packages; the newest version wins.
    pub installed: Vec<PathBuf>,
}

impl BinarySearch {
    /// The places that the environment and this machine's package systems name.
    pub fn from_environment() -> Self {
        Self {
            chosen: std::env::var_os("MEMEX_POSTGRES_BIN").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            path: std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default(),
            installed: INSTALLED.iter().flat_map(|pattern| expand(pattern)).collect(),
        }
    }

    /// The first installation that serves; one of major version `major` before all others, for data that only
    /// that version can read. Fails as [`find_binaries`] does.
    pub fn find(&self, major: Option<u32>) -> Result<Binaries, PostgresError> {
        if let Some(dir) = &self.chosen {
            let found = Binaries::in_dir(dir).or_else(|| Binaries::in_dir(&dir.join("bin")));
            return new_enough(found.ok_or_else(|| PostgresError::OverrideUnusable { dir: dir.clone() })?);
        }
        let candidates = self.candidates();
        let wanted = candidates.iter().find(|found| Some(found.major) == major && found.major >= OLDEST);
        let first = wanted.or_else(|| candidates.iter().find(|found| found.major >= OLDEST));
        match first.or(candidates.first()) {
            Some(found) => new_enough(found.clone()),
            None => Err(PostgresError::NotFound),
        }
    }

    /// Every working installation: those on `PATH` as they come, then the installed ones, newest first.
    fn candidates(&self) -> Vec<Binaries> {
        let mut found: Vec<Binaries> = self.path.iter().filter_map(|dir| on_path(dir)).collect();
        let mut installed: Vec<Binaries> = self.installed.iter().filter_map(|dir| Binaries::in_dir(dir)).collect();
        installed.sort_by_key(|binaries| std::cmp::Reverse(binaries.major));
        found.extend(installed);
        found
    }
}

fn new_enough(found: Binaries) -> Result<Binaries, PostgresError> {
    if found.major < OLDEST {
        return Err(PostgresError::TooOld { version: found.version, dir: found.dir });
    }
    Ok(found)
}

/// The installation behind a directory of `PATH`. A link to `initdb` is followed first, because `postgres` often
/// lies only beside what it points to, and `initdb` looks for `postgres` beside itself.
fn on_path(dir: &Path) -> Option<Binaries> {
    let initdb = dir.join("initdb").canonicalize().ok()?;
    initdb.parent().and_then(Binaries::in_dir).or_else(|| Binaries::in_dir(dir))
}

/// The directories that fit a pattern with at most one `*` in one of its names.
fn expand(pattern: &str) -> Vec<PathBuf> {
    let Some((before, after)) = pattern.split_once('*') else { return vec![PathBuf::from(pattern)] };
    let (parent, prefix) = before.rsplit_once('/').unwrap_or((".", before));
    let (suffix, rest) = after.split_once('/').unwrap_or((after, ""));
    let Ok(entries) = std::fs::read_dir(parent) else { return Vec::new() };
    let fits = |name: &OsStr| {
        name.to_str().and_then(|name| name.strip_prefix(prefix)).is_some_and(|name| name.ends_with(suffix))
    };
    entries.flatten().filter(|entry| fits(&entry.file_name())).map(|entry| entry.path().join(rest)).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// An installation that says it is of `version`.
    fn install(dir: &Path, version: &str) -> PathBuf {
        std::fs::create_dir_all(dir).unwrap();
        for program in ["initdb", "postgres"] {
            let path = dir.join(program);
            std::fs::write(&path, format!("#!/bin/sh\necho '{program} (PostgreSQL) {version} (Some 1.2)'\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        dir.to_owned()
    }

    #[test]
    fn where_nothing_is_installed_the_error_says_what_to_install_and_what_to_set() {
        let text = BinarySearch::default().find(None).unwrap_err().to_string();
        for needed in [
            "apt-get install postgresql",
            "dnf install postgresql-server",
            "brew install postgresql@17",
            "MEMEX_POSTGRES_BIN",
            "DATABASE_URL",
        ] {
            assert!(text.contains(needed), "{needed} is missing from: {text}");
        }
    }

    #[test]
    fn the_newest_installed_version_wins_and_the_one_the_data_needs_wins_over_it() {
        let temp = tempfile::tempdir().unwrap();
        let installed = ["9.6.24", "15.18", "17beta1"].map(|version| install(&temp.path().join(version), version));
        let search = BinarySearch { installed: installed.to_vec(), ..BinarySearch::default() };
        assert_eq!(search.find(None).unwrap().major, 17);
        assert_eq!(search.find(Some(15)).unwrap().version, "15.18");
        assert_eq!(search.find(Some(16)).unwrap().major, 17);
        assert_eq!(search.find(Some(9)).unwrap().major, 17);
    }

    #[test]
    fn versions_before_14_are_refused() {
        let temp = tempfile::tempdir().unwrap();
        let dir = install(temp.path(), "13.4");
        for search in [
            BinarySearch { installed: vec![dir.clone()], ..BinarySearch::default() },
            BinarySearch { chosen: Some(dir.clone()), ..BinarySearch::default() },
        ] {
            let error = search.find(None).unwrap_err();
            assert!(matches!(&error, PostgresError::TooOld { version, .. } if version == "13.4"), "{error}");
        }
    }

    #[test]
    fn a_link_to_initdb_alone_on_the_path_leads_to_the_postgres_beside_its_target() {
        let temp = tempfile::tempdir().unwrap();
        let real = install(&temp.path().join("real"), "16.2").canonicalize().unwrap();
        let path = temp.path().join("path");
        std::fs::create_dir(&path).unwrap();
        symlink(real.join("initdb"), path.join("initdb")).unwrap();
        let search = BinarySearch { path: vec![temp.path().join("absent"), path], ..BinarySearch::default() };
        assert_eq!(search.find(None).unwrap().dir, real);
    }

    #[test]
    fn an_initdb_without_a_postgres_is_passed_over() {
        let temp = tempfile::tempdir().unwrap();
        let lonely = install(&temp.path().join("lonely"), "17.0");
        std::fs::remove_file(lonely.join("postgres")).unwrap();
        let whole = install(&temp.path().join("whole"), "15.1");
        let search = BinarySearch { path: vec![lonely], installed: vec![whole.clone()], ..BinarySearch::default() };
        assert_eq!(search.find(None).unwrap().dir, whole);
    }

    #[test]
    fn the_chosen_directory_is_the_only_one_looked_at() {
        let temp = tempfile::tempdir().unwrap();
        let other = install(&temp.path().join("other"), "17.0");
        let search = BinarySearch { chosen: Some(temp.path().join("empty")), installed: vec![other], path: vec![] };
        assert!(matches!(search.find(None).unwrap_err(), PostgresError::OverrideUnusable { .. }));
        install(&temp.path().join("prefix/bin"), "16.0");
        let search = BinarySearch { chosen: Some(temp.path().join("prefix")), ..BinarySearch::default() };
        assert_eq!(search.find(None).unwrap().major, 16);
    }

    #[test]
    fn a_pattern_finds_the_directories_that_fit_it() {
        let temp = tempfile::tempdir().unwrap();
        for name in ["pgsql-15/bin", "pgsql-17/bin", "mysql-8/bin"] {
            std::fs::create_dir_all(temp.path().join(name)).unwrap();
        }
        let mut found = expand(&format!("{}/pgsql-*/bin", temp.path().display()));
        found.sort();
        assert_eq!(found, ["pgsql-15/bin", "pgsql-17/bin"].map(|name| temp.path().join(name)));
    }
}
