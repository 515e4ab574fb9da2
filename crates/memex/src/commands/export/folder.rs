//! A folder to write memory into: whole files for their owner alone, and none outside it whatever a path says.

use std::fs::{self, DirBuilder};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use memex_core::path::MemoryPath;

use super::whole::WholeFile;
use crate::failure::Failure;

/// A folder that is made is its owner's alone, like the files in it; one that is there keeps its mode.
const PRIVATE: u32 = 0o700;

/// A folder that may be written into.
#[derive(Debug)]
pub struct Folder {
    dir: PathBuf,
    force: bool,
}

impl Folder {
    /// Makes the folder where it is missing. One that has anything in it is refused unless `force`.
    ///
    /// # Errors
    /// [`Failure::Local`] where it is not empty, is no folder or cannot be made.
    pub fn open(dir: &Path, force: bool) -> Result<Self, Failure> {
        DirBuilder::new().recursive(true).mode(PRIVATE).create(dir).map_err(|error| Failure::local(dir, error))?;
        let mut entries = fs::read_dir(dir).map_err(|error| Failure::local(dir, error))?;
        if entries.next().is_some() && !force {
            return Err(Failure::local(
                dir,
                "is not empty; name another folder, or --force to write over what is there",
            ));
        }
        Ok(Self { dir: dir.to_owned(), force })
    }

    /// Writes one file whole, or leaves what was there.
    ///
    /// # Errors
    /// In words, where the path is not one of memory, leads through a symbolic link, or cannot be written.
    pub fn write(&self, path: &str, text: &str) -> Result<(), String> {
        let path = MemoryPath::parse(path).map_err(|refusal| format!("is no path of memory: {refusal}"))?;
        let (folder, name) = self.place(&path)?;
        let file = folder.join(name);
        match fs::symlink_metadata(&file) {
            // Without --force the folder was empty, so another file of this export has the name: A.md and a.md on a
            // file system that takes them for one.
            Ok(_) if !self.force => return Err("another file of this export has the same name here".to_owned()),
            Ok(there) if there.is_dir() => return Err("a folder of this name is there".to_owned()),
            _ => {}
        }
        write_whole(&file, self.force, text).map_err(|failure| match failure {
            // The path is said beside it.
            Failure::Local { problem, .. } => problem,
            failure => failure.to_string(),
        })
    }

    /// The folder of the file, made where missing, and its name. [`MemoryPath`] has no `..` and no empty segment; what
    /// is left is a symbolic link that somebody laid into the folder.
    fn place<'p>(&self, path: &'p MemoryPath) -> Result<(PathBuf, &'p str), String> {
        let (folders, name) = path.as_str().rsplit_once('/').ok_or("has no folder")?;
        let mut folder = self.dir.clone();
        for segment in folders.split('/') {
            folder.push(segment);
            match DirBuilder::new().mode(PRIVATE).create(&folder) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error.to_string()),
                _ => {}
            }
            let there = fs::symlink_metadata(&folder).map_err(|error| error.to_string())?;
            if !there.is_dir() {
                return Err(format!("{} is no folder of its own", folder.display()));
            }
        }
        Ok((folder, name))
    }
}

fn write_whole(file: &Path, force: bool, text: &str) -> Result<(), Failure> {
    let mut whole = WholeFile::begin(file, force)?;
    whole.write_all(text.as_bytes())?;
    whole.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    /// A folder to export into and one beside it that must stay empty.
    struct Place {
        root: tempfile::TempDir,
        folder: Folder,
    }

    impl Place {
        fn new(force: bool) -> Self {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("outside")).unwrap();
            let folder = Folder::open(&root.path().join("export"), force).unwrap();
            Self { root, folder }
        }

        fn outside(&self) -> PathBuf {
            self.root.path().join("outside")
        }

        fn assert_nothing_outside(&self) {
            assert_eq!(fs::read_dir(self.outside()).unwrap().count(), 0);
            assert_eq!(fs::read_dir(self.root.path()).unwrap().count(), 2);
        }
    }

    #[test]
    fn a_file_lies_where_its_path_says_and_nothing_else_is_left() {
        let place = Place::new(false);
        place.folder.write("user/notes/a.md", "text\n").unwrap();
        place.folder.write("user/notes/b.md", "").unwrap();
        let dir = place.root.path().join("export/user/notes");
        assert_eq!(fs::read_to_string(dir.join("a.md")).unwrap(), "text\n");
        assert_eq!(fs::read_dir(dir).unwrap().count(), 2);
    }

    #[test]
    fn no_path_leads_outside() {
        let place = Place::new(true);
        for path in [
            "../outside/x.md",
            "user/../../outside/x.md",
            "/outside/x.md",
            "user//x.md",
            "user/./x.md",
            "outside/x.md",
            "user/..",
            "user",
            "",
            "user\\..\\x.md",
            "user/%2e%2e/x.md",
            "user/a\0.md",
        ] {
            let told = place.folder.write(path, "x").unwrap_err();
            assert!(told.starts_with("is no path of memory"), "{path:?}: {told}");
        }
        place.assert_nothing_outside();
    }

    #[test]
    fn no_symbolic_link_is_followed() {
        let place = Place::new(true);
        symlink(place.outside(), place.root.path().join("export/user")).unwrap();
        assert!(place.folder.write("user/x.md", "x").unwrap_err().ends_with("is no folder of its own"));
        let shared = place.root.path().join("export/shared");
        fs::create_dir(&shared).unwrap();
        symlink(place.outside().join("x.md"), shared.join("x.md")).unwrap();
        place.folder.write("shared/x.md", "mine").unwrap();
        assert!(fs::symlink_metadata(shared.join("x.md")).unwrap().is_file());
        place.assert_nothing_outside();
    }

    #[test]
    fn only_its_owner_reads_what_is_exported() {
        let place = Place::new(false);
        place.folder.write("user/notes/a.md", "text\n").unwrap();
        let dir = place.root.path().join("export");
        let modes = ["", "user", "user/notes", "user/notes/a.md"]
            .map(|name| fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777);
        assert_eq!(modes, [0o700, 0o700, 0o700, 0o600]);
    }

    #[test]
    fn no_name_of_memory_is_one_that_an_export_uses_itself() {
        let place = Place::new(false);
        let own = ["user/.memex-export-unfinished", "user/.memex-export-unfinished/a.md", "user/.memex-export-"];
        for path in [own[0], own[2], "user/b.md"] {
            place.folder.write(path, path).unwrap();
        }
        let dir = place.root.path().join("export");
        for path in [own[0], own[2], "user/b.md"] {
            assert_eq!(fs::read_to_string(dir.join(path)).unwrap(), path);
        }
        let place = Place::new(false);
        for path in [own[1], "user/b.md"] {
            place.folder.write(path, path).unwrap();
        }
    }

    #[test]
    fn a_folder_with_files_is_refused_unless_forced() {
        let place = Place::new(false);
        place.folder.write("user/a.md", "old").unwrap();
        let dir = place.root.path().join("export");
        assert!(Folder::open(&dir, false).unwrap_err().to_string().contains("is not empty"));
        assert!(place.folder.write("user/a.md", "twin").unwrap_err().contains("same name"));
        Folder::open(&dir, true).unwrap().write("user/a.md", "new").unwrap();
        assert_eq!(fs::read_to_string(dir.join("user/a.md")).unwrap(), "new");
    }
}
