//! A file that is there whole or not at all, and for its owner alone.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::failure::Failure;

const UNFINISHED: &str = ".memex-export-";

/// A file that is being written. Dropped before [`WholeFile::finish`], it leaves nothing behind.
#[derive(Debug)]
pub struct WholeFile {
    unfinished: NamedTempFile,
    file: PathBuf,
    force: bool,
}

impl WholeFile {
    /// Begins one in the same folder, so that it can take the name at once when it is whole.
    ///
    /// # Errors
    /// [`Failure::Local`] where a file is there and not `force`, where what is there is no file, or the folder cannot be
    /// written.
    pub fn begin(file: &Path, force: bool) -> Result<Self, Failure> {
        // Not followed: a symbolic link is replaced itself, never what it points to.
        match fs::symlink_metadata(file) {
            Ok(there) if !there.is_file() && !there.is_symlink() => {
                return Err(Failure::local(file, "is there and is no file; name another, or - for standard output"));
            }
            Ok(_) if !force => return Err(Failure::local(file, IS_THERE)),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::local(file, error)),
        }
        if file.file_name().is_none() {
            return Err(Failure::local(file, "names no file"));
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Readable by its owner alone, which the name that it gets does not change.
        let unfinished = Builder::new().prefix(UNFINISHED).tempfile_in(folder);
        let unfinished = unfinished.map_err(|error| Failure::local(folder, error))?;
        Ok(Self { unfinished, file: file.to_owned(), force })
    }

    /// Gives it its name.
    ///
    /// # Errors
    /// [`Failure::Local`] where it cannot be written out, or without `force` a file of the name has come meanwhile.
    pub fn finish(self) -> Result<(), Failure> {
        let Self { unfinished, file, force } = self;
        unfinished.as_file().sync_all().map_err(|error| Failure::local(&file, error))?;
        let named = if force { unfinished.persist(&file) } else { unfinished.persist_noclobber(&file) };
        match named {
            Ok(_) => sync_folder(&file),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Err(Failure::local(file, IS_THERE)),
            Err(error) => Err(Failure::local(file, error.error)),
        }
    }
}

const IS_THERE: &str = "is there already; name another file, or --force to write over it";

/// Without it a power cut may take the new name away again.
fn sync_folder(file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| Failure::local(folder, error))
}

impl Write for WholeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unfinished.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.unfinished.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn names(dir: &Path) -> usize {
        fs::read_dir(dir).unwrap().count()
    }

    #[test]
    fn it_is_there_when_it_is_whole_and_only_its_owner_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ada.jsonl");
        let mut whole = WholeFile::begin(&file, false).unwrap();
        whole.write_all(b"text").unwrap();
        assert!(!file.exists());
        whole.finish().unwrap();
        assert_eq!((fs::read(&file).unwrap(), names(dir.path())), (b"text".to_vec(), 1));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn one_that_is_given_up_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut whole = WholeFile::begin(&dir.path().join("ada.jsonl"), false).unwrap();
        whole.write_all(b"te").unwrap();
        drop(whole);
        assert_eq!(names(dir.path()), 0);
    }

    #[test]
    fn what_is_there_is_overwritten_only_by_force_and_a_link_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let (file, outside) = (dir.path().join("ada.jsonl"), dir.path().join("outside"));
        let late = WholeFile::begin(&file, false).unwrap();
        fs::write(&outside, "theirs").unwrap();
        symlink(&outside, &file).unwrap();
        assert!(WholeFile::begin(&file, false).unwrap_err().to_string().contains("is there already"));
        assert!(late.finish().unwrap_err().to_string().contains("is there already"));
        let mut whole = WholeFile::begin(&file, true).unwrap();
        whole.write_all(b"mine").unwrap();
        whole.finish().unwrap();
        let texts = [&file, &outside].map(|file| fs::read_to_string(file).unwrap());
        assert_eq!((texts, names(dir.path())), (["mine".to_owned(), "theirs".to_owned()], 2));
    }

    #[test]
    fn a_folder_or_a_device_is_never_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for file in [dir.path(), Path::new("/dev/null"), Path::new("..")] {
            assert!(WholeFile::begin(file, true).unwrap_err().to_string().contains("is no file"), "{file:?}");
        }
    }
}
