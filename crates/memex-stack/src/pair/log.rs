//! The log of one child: appended to, set aside when it grows long, its end shown when the child dies.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::PairError;

/// A log longer than this is set aside at the next start; one older log is kept.
const LONGEST: u64 = 8 << 20;
/// How much of the log's end an error shows.
const TAIL: u64 = 4096;

/// Where a child writes, and where this start's lines begin.
#[derive(Debug, Clone)]
pub(super) struct Log {
    path: PathBuf,
    begins: u64,
}

impl Log {
    /// Opens `NAME.log` in `dir` for another start, readable by its owner alone.
    pub(super) fn open(dir: &Path, name: &str) -> Result<(Self, File), PairError> {
        let path = dir.join(format!("{name}.log"));
        if path.metadata().is_ok_and(|found| found.len() > LONGEST) {
            let older = path.with_extension("log.1");
            std::fs::rename(&path, older).map_err(PairError::io("set aside", &path))?;
        }
        let opened = File::options().append(true).create(true).mode(0o600).open(&path);
        let file = opened.map_err(PairError::io("open", &path))?;
        let begins = file.metadata().map_err(PairError::io("look at", &path))?.len();
        Ok((Self { path, begins }, file))
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The last lines since this start; empty where they cannot be read.
    pub(super) fn tail(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            let end = file.metadata()?.len();
            file.seek(SeekFrom::Start(self.begins.max(end.saturating_sub(TAIL))))?;
            let mut tail = Vec::new();
            file.take(TAIL).read_to_end(&mut tail)?;
            Ok(tail)
        };
        String::from_utf8_lossy(&read().unwrap_or_default()).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_tail_is_of_this_start_alone_and_a_long_log_is_set_aside() {
        let dir = tempfile::tempdir().unwrap();
        let (log, mut file) = Log::open(dir.path(), "memory-api").unwrap();
        writeln!(file, "the first start").unwrap();
        assert_eq!(log.tail(), "the first start");
        let (log, mut file) = Log::open(dir.path(), "memory-api").unwrap();
        assert_eq!(log.tail(), "");
        writeln!(file, "the second start").unwrap();
        assert_eq!(log.tail(), "the second start");
        file.set_len(LONGEST + 1).unwrap();
        let (log, _) = Log::open(dir.path(), "memory-api").unwrap();
        assert_eq!((log.begins, log.tail()), (0, String::new()));
        assert!(dir.path().join("memory-api.log.1").exists());
    }
}
