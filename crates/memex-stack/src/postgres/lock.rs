//! The lock that lets one process at a time run a server on an instance's directory.

use std::fs::File;
use std::io::{Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use super::PostgresError;

/// How often a held lock is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// Takes the lock of `dir`, waiting up to `wait`: the child of a process that was just killed can hold it for a
/// moment. Fails with who holds it.
pub(crate) async fn acquire(dir: &Path, wait: Duration) -> Result<File, PostgresError> {
    let path = dir.join("lock");
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let opened = options.open(&path).map_err(PostgresError::io("open", &path))?;
    let taken = async {
        loop {
            match opened.try_lock() {
                Ok(()) => return Ok(()),
                Err(std::fs::TryLockError::WouldBlock) => tokio::time::sleep(TRY_AGAIN).await,
                Err(std::fs::TryLockError::Error(error)) => return Err(error),
            }
        }
    };
    match tokio::time::timeout(wait, taken).await {
        Ok(taken) => taken.map_err(PostgresError::io("lock", &path))?,
        Err(_) => {
            let holder = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
            return Err(PostgresError::Locked { data_dir: dir.to_owned(), holder, waited: wait });
        }
    }
    sign(&opened).map_err(PostgresError::io("write", &path))?;
    Ok(opened)
}

/// Writes this process's number into the lock, for the error of the one that waits in vain.
fn sign(mut file: &File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}
