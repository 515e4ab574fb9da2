//! The directory of one instance, and what lies where in it.
//!
//! `lock`, `password` (0600), `data/` (the cluster), `run/` (the socket), `postgres.log`.

use std::fs::{File, Permissions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::account::Account;
use super::{Binaries, PostgresError};

/// The longest path of a socket that every system takes: macOS has room for 103 bytes, Linux for 107.
const LONGEST_SOCKET_PATH: usize = 103;
/// What Postgres calls its socket, at its usual port.
const SOCKET: &str = ".s.PGSQL.5432";
/// A log longer than this is set aside at the next start; one older log is kept.
const LONGEST_LOG: u64 = 8 << 20;
/// How much of the log's end an error shows.
const TAIL: u64 = 4096;

/// Where an instance is kept when nothing else is said: `MEMEX_DATA_DIR`, else `/var/lib/memex` for root, else
/// `$XDG_DATA_HOME/memex`, else `~/.local/share/memex`. Fails where none of these is known.
pub fn default_data_dir() -> Result<PathBuf, PostgresError> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|dir| dir.is_absolute());
    if let Some(dir) = std::env::var_os("MEMEX_DATA_DIR").filter(|dir| !dir.is_empty()) {
        return Ok(PathBuf::from(dir));
    }
    // Root's home is closed to the account that the server runs as.
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/memex"));
    }
    let data = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    data.map(|dir| dir.join("memex")).ok_or(PostgresError::NoDataDirectory)
}

/// One instance's directory and who its server runs as.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    dir: PathBuf,
    account: Option<Account>,
}

impl Instance {
    /// Makes the directory ready: its own, closed to others but for passing through where the server runs as
    /// another account than this process.
    pub(super) fn prepare(dir: &Path) -> Result<Self, PostgresError> {
        let account = Account::needed()?;
        std::fs::create_dir_all(dir).map_err(PostgresError::io("make", dir))?;
        let dir = dir.canonicalize().map_err(PostgresError::io("find", dir))?;
        let mode = if account.is_some() { 0o711 } else { 0o700 };
        std::fs::set_permissions(&dir, Permissions::from_mode(mode))
            .map_err(PostgresError::io("set the permissions of", &dir))?;
        if let Some(account) = &account {
            account.reaches(&dir)?;
        }
        Ok(Self { dir, account })
    }

    /// The instance's directory, in full.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The account that the server runs as, where it is not this process's own.
    pub(super) fn account(&self) -> Option<&Account> {
        self.account.as_ref()
    }

    /// The cluster.
    pub(super) fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    /// The password of the superuser.
    pub(super) fn password(&self) -> PathBuf {
        self.dir.join("password")
    }

    /// What the server says.
    pub(super) fn log(&self) -> PathBuf {
        self.dir.join("postgres.log")
    }

    /// The major version that made the cluster, as it is written there; none before there is one.
    pub(super) fn major(&self) -> Option<String> {
        let text = std::fs::read_to_string(self.data().join("PG_VERSION")).ok()?;
        Some(text.trim().to_owned())
    }

    /// Refuses programs that cannot read this cluster.
    pub(super) fn suits(&self, binaries: &Binaries) -> Result<(), PostgresError> {
        match self.major() {
            Some(found) if found != binaries.major.to_string() => {
                Err(PostgresError::OtherVersion { data_dir: self.data(), found, binaries: binaries.major })
            }
            _ => Ok(()),
        }
    }

    /// Makes an empty directory that only the server's account may use.
    pub(super) fn private_dir(&self, path: &Path) -> Result<(), PostgresError> {
        if let Err(error) = std::fs::DirBuilder::new().mode(0o700).create(path)
            && error.kind() != std::io::ErrorKind::AlreadyExists
        {
            return Err(PostgresError::io("make", path)(error));
        }
        self.account().map_or(Ok(()), |account| account.own(path))
    }

    /// Where a server that used this directory for its socket noted its process number.
    pub(super) fn socket_lock(&self) -> PathBuf {
        self.dir.join("run").join(format!("{SOCKET}.lock"))
    }

    /// The directory for the socket: `run` in the instance's own, or a short new one that goes with the server
    /// where that would make the socket's path longer than systems take.
    pub(super) fn socket_dir(&self) -> Result<(PathBuf, Option<TempDir>), PostgresError> {
        let run = self.dir.join("run");
        if run.join(SOCKET).as_os_str().as_bytes().len() <= LONGEST_SOCKET_PATH && run.to_str().is_some() {
            self.private_dir(&run)?;
            return Ok((run, None));
        }
        let short = |dir: &PathBuf| dir.is_absolute() && dir.as_os_str().len() < 60 && self.account.is_none();
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(short);
        let parent = runtime.filter(|dir| dir.is_dir()).unwrap_or_else(|| PathBuf::from("/tmp"));
        // A new directory of an unguessable name and mode 0700: nobody else can have prepared it.
        let made = tempfile::Builder::new().prefix("memex-").tempdir_in(&parent);
        let made = made.map_err(PostgresError::io("make a directory for the socket in", &parent))?;
        self.private_dir(made.path())?;
        Ok((made.path().to_owned(), Some(made)))
    }

    /// Opens the log for another start, and says where in it that start begins.
    pub(super) fn open_log(&self) -> Result<(File, u64), PostgresError> {
        let path = self.log();
        if path.metadata().is_ok_and(|found| found.len() > LONGEST_LOG) {
            let older = self.dir.join("postgres.log.1");
            std::fs::rename(&path, &older).map_err(PostgresError::io("set aside", &path))?;
        }
        let opened = File::options().append(true).create(true).mode(0o600).open(&path);
        let file = opened.map_err(PostgresError::io("open", &path))?;
        let begins = file.metadata().map_err(PostgresError::io("look at", &path))?.len();
        Ok((file, begins))
    }

    /// The last lines of the log from byte `begins` on, for an error; empty when it cannot be read.
    pub(super) fn log_tail(&self, begins: u64) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(self.log())?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(begins.max(end.saturating_sub(TAIL))))?;
            let mut tail = Vec::new();
            file.take(TAIL).read_to_end(&mut tail)?;
            Ok(tail)
        };
        let tail = read().unwrap_or_default();
        String::from_utf8_lossy(&tail).trim_end().to_owned()
    }
}
