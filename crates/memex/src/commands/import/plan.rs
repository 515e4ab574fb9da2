//! Which files of a folder go to which paths of memory.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Component, Path, PathBuf};

use memex_core::limits::MAX_TEXT_BYTES_CEILING;
use memex_core::path::MemoryPath;

/// How deep folders are followed: no path of memory has more segments.
const DEEPEST: usize = memex_core::limits::MAX_PATH_SEGMENTS;

/// What is to be imported and what is not, both in order.
#[derive(Debug)]
pub struct Plan {
    /// What is to be imported, by path.
    pub files: Vec<Planned>,
    /// What cannot be, and why.
    pub skipped: Vec<(PathBuf, String)>,
    /// What was not asked for, and what asks for it: hidden files and folders, and the folder `shared/`.
    pub left_out: Vec<(PathBuf, &'static str)>,
}

/// What is wanted beyond the user's own, plain files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// The folder `shared/`.
    pub shared: bool,
    /// What has a name that begins with a dot.
    pub hidden: bool,
}

/// One file of the folder and its path in memory.
#[derive(Debug)]
pub struct Planned {
    /// Where it goes.
    pub path: MemoryPath,
    /// Where it is.
    pub file: PathBuf,
}

/// Walks the folder. Symbolic links are not followed: what they point to may lie anywhere.
///
/// # Errors
/// When the folder itself cannot be read; anything inside is skipped and told.
pub fn of(dir: &Path, wanted: Wanted) -> io::Result<Plan> {
    let mut walk = Walk { dir, wanted, files: BTreeMap::new(), skipped: Vec::new(), left_out: Vec::new() };
    walk.folder(dir, 0)?;
    let files = walk.files.into_iter().map(|(path, file)| Planned { path, file }).collect();
    Ok(Plan { files, skipped: walk.skipped, left_out: walk.left_out })
}

struct Walk<'a> {
    dir: &'a Path,
    wanted: Wanted,
    files: BTreeMap<MemoryPath, PathBuf>,
    skipped: Vec<(PathBuf, String)>,
    left_out: Vec<(PathBuf, &'static str)>,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &Path, depth: usize) -> io::Result<()> {
        let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
        entries.sort_by_key(DirEntry::file_name);
        for entry in entries {
            if let Err(problem) = self.entry(&entry, depth) {
                self.skipped.push((entry.path(), problem));
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, depth: usize) -> Result<(), String> {
        let name = entry.file_name();
        if !self.wanted.hidden && name.as_encoded_bytes().starts_with(b".") {
            self.left_out.push((entry.path(), "is hidden; --hidden brings it in"));
            return Ok(());
        }
        let kind = entry.file_type().map_err(|error| error.to_string())?;
        if kind.is_dir() {
            if !self.wanted.shared && depth == 0 && name == "shared" {
                self.left_out.push((entry.path(), "is the workspace's; --shared brings it in"));
                return Ok(());
            }
            if depth == DEEPEST {
                return Err(format!("lies deeper than {DEEPEST} folders"));
            }
            return self.folder(&entry.path(), depth + 1).map_err(|error| error.to_string());
        }
        if !kind.is_file() {
            return Err(if kind.is_symlink() { "is a symbolic link" } else { "is no ordinary file" }.to_owned());
        }
        self.file(entry)
    }

    fn file(&mut self, entry: &DirEntry) -> Result<(), String> {
        let file = entry.path();
        let relative = file.strip_prefix(self.dir).map_err(|error| error.to_string())?;
        let path = memory_path(relative)?;
        // Looked at before it is read: a folder of notes may hold a film.
        let bytes = entry.metadata().map_err(|error| error.to_string())?.len();
        if bytes > MAX_TEXT_BYTES_CEILING as u64 {
            return Err(format!("has {bytes} bytes; no file of memory has over {MAX_TEXT_BYTES_CEILING}"));
        }
        match self.files.entry(path) {
            Entry::Vacant(free) => {
                free.insert(file);
                Ok(())
            }
            Entry::Occupied(taken) => Err(format!("would be {}, as {} is", taken.key(), taken.get().display())),
        }
    }
}

/// `x.md` and `user/x.md` go to `user/x.md`, `shared/x.md` to `shared/x.md`.
fn memory_path(relative: &Path) -> Result<MemoryPath, String> {
    let mut segments = Vec::new();
    for component in relative.components() {
        match component {
            Component::Normal(name) => segments.push(name.to_str().ok_or("its name is not UTF-8")?),
            _ => return Err("its path leaves the folder".to_owned()),
        }
    }
    let spelled = match segments.as_slice() {
        ["user" | "shared", _, ..] => segments.join("/"),
        _ => format!("user/{}", segments.join("/")),
    };
    MemoryPath::parse(&spelled).map_err(|refusal| refusal.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_are_kept_under_user() {
        for (relative, path) in [
            ("x.md", "user/x.md"),
            ("user/x.md", "user/x.md"),
            ("notes/2026/x.md", "user/notes/2026/x.md"),
            ("user/user/x.md", "user/user/x.md"),
            ("user", "user/user"),
            ("shared", "user/shared"),
            ("users/x.md", "user/users/x.md"),
            ("caf\u{65}\u{301}.md", "user/caf\u{e9}.md"),
            ("shared/x.md", "shared/x.md"),
        ] {
            assert_eq!(memory_path(Path::new(relative)).unwrap().as_str(), path, "{relative}");
        }
    }

    #[test]
    fn paths_that_leave_the_folder_or_break_a_rule_are_refused() {
        for bad in ["../x.md", "a/../../x.md", "/etc/passwd", "a\\b.md", "a\u{202E}.md"] {
            assert!(memory_path(Path::new(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_folder_is_planned_in_order_and_everything_left_is_told() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["b.md", "user/a.md", "user/b.md", "shared/c.md", ".git/config", "z/.hidden.md", "z/d.md"] {
            let file = dir.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, "text").unwrap();
        }
        fs::write(dir.path().join("film.md"), vec![b'x'; MAX_TEXT_BYTES_CEILING + 1]).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link.md")).unwrap();
        let plan = of(dir.path(), Wanted::default()).unwrap();
        let paths: Vec<_> = plan.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["user/a.md", "user/b.md", "user/z/d.md"]);
        let left_out = plan.left_out.iter().map(|(file, why)| (file.strip_prefix(dir.path()).unwrap(), *why));
        let left_out = left_out.map(|(file, why)| (file.to_str().unwrap(), why.rsplit_once(';').unwrap().1));
        let left_out: Vec<_> = left_out.collect();
        let (hidden, shared) = (" --hidden brings it in", " --shared brings it in");
        assert_eq!(left_out, [(".git", hidden), ("shared", shared), ("z/.hidden.md", hidden)]);
        let mut skipped: Vec<_> = plan
            .skipped
            .iter()
            .map(|(file, why)| {
                let file = file.strip_prefix(dir.path()).unwrap().display().to_string();
                (file, why.split(' ').take(2).collect::<Vec<_>>().join(" "))
            })
            .collect();
        skipped.sort();
        let expected = [("film.md", "has 1048577"), ("link.md", "is a"), ("user/b.md", "would be")];
        assert_eq!(skipped, expected.map(|(file, why)| (file.to_owned(), why.to_owned())));

        let plan = of(dir.path(), Wanted { shared: true, hidden: true }).unwrap();
        let paths: Vec<_> = plan.files.iter().map(|file| file.path.as_str()).collect();
        let all = ["shared/c.md", "user/.git/config", "user/a.md", "user/b.md", "user/z/.hidden.md", "user/z/d.md"];
        assert_eq!((paths, plan.left_out.len()), (all.to_vec(), 0));
    }
}
