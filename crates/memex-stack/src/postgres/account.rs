//! Who the server runs as: Postgres refuses to run as root.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use super::PostgresError;

/// An account of this machine that is not root's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
}

impl Account {
    /// The account that a server started by this process runs as: none where this process is not root's, else
    /// `postgres`, else `nobody`. Fails where root finds neither.
    pub(super) fn needed() -> Result<Option<Self>, PostgresError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(None);
        }
        let users = std::fs::read_to_string("/etc/passwd").map_err(PostgresError::io("read", "/etc/passwd"))?;
        let found = ["postgres", "nobody"].iter().find_map(|name| Self::in_passwd(&users, name));
        found.map(Some).ok_or(PostgresError::NoAccount)
    }

    fn in_passwd(users: &str, name: &str) -> Option<Self> {
        let mut fields =
            users.lines().map(|line| line.split(':')).find(|fields| fields.clone().next() == Some(name))?;
        let uid: u32 = fields.nth(2)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        (uid != 0).then(|| Self { name: name.to_owned(), uid, gid })
    }

    /// Makes the command run as this account. The standard library also drops root's other groups.
    pub(super) fn run(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }

    /// Gives the account a file or directory.
    pub(super) fn own(&self, path: &Path) -> Result<(), PostgresError> {
        std::os::unix::fs::chown(path, Some(self.uid), Some(self.gid))
            .map_err(PostgresError::io("change the owner of", path))
    }

    /// Fails with the first directory above and including `dir` that this account may not pass through.
    pub(super) fn reaches(&self, dir: &Path) -> Result<(), PostgresError> {
        let mut dirs: Vec<&Path> = dir.ancestors().collect();
        dirs.reverse();
        for dir in dirs {
            let found = dir.metadata().map_err(PostgresError::io("look at", dir))?;
            let bit = match (found.uid() == self.uid, found.gid() == self.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if found.permissions().mode() & bit == 0 {
                return Err(PostgresError::Unreachable { dir: dir.to_owned(), account: self.name.clone() });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str =
        "root:x:0:0:root:/root:/bin/sh\npostgresql:x:7:7::/:/bin/sh\nnobody:x:65534:65533:nobody:/:/x\n";

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let nobody = Account { name: "nobody".into(), uid: 65534, gid: 65533 };
        assert_eq!(Account::in_passwd(USERS, "nobody"), Some(nobody));
        assert_eq!(Account::in_passwd(USERS, "postgres"), None);
    }

    #[test]
    fn root_is_never_the_account() {
        assert_eq!(Account::in_passwd(USERS, "root"), None);
    }

    #[test]
    fn a_directory_that_the_account_cannot_pass_is_named() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::set_permissions(temp.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let closed = temp.path().join("closed");
        let inside = closed.join("inside");
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        let stranger = Account { name: "stranger".into(), uid: 54321, gid: 54321 };
        stranger.reaches(temp.path()).unwrap();
        let error = stranger.reaches(&inside).unwrap_err();
        assert!(matches!(&error, PostgresError::Unreachable { dir, .. } if *dir == closed), "{error}");
    }
}
