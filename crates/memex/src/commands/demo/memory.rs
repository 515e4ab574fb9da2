//! A person's memory as it can be read through the gRPC door: paths, versions, texts, and one hash over all of it.

use std::collections::BTreeMap;

use memex_proto::v1::batch_read_files_result::Result as ReadResult;
use memex_proto::v1::{BatchReadFilesRequest, FileContent};
use sha2::{Digest as _, Sha256};

use crate::commands::files::list_files;
use crate::context::Context;
use crate::failure::Failure;

/// How many files one call reads: as many as it may.
const BATCH: usize = 100;

/// The file that every dream adds its line to.
pub const DREAM_LOG: &str = "user/dream-log.md";

/// Version and text of each file, by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory(BTreeMap<String, (i64, String)>);

impl Memory {
    /// Reads everything under `prefix`.
    pub async fn read(by: &Context, user: &str, prefix: &str) -> Result<Self, Failure> {
        let paths: Vec<String> = list_files(by, user, prefix).await?.into_iter().map(|file| file.path).collect();
        let mut memory = Self::default();
        for paths in paths.chunks(BATCH) {
            let request = BatchReadFilesRequest { user_id: user.to_owned(), paths: paths.to_vec() };
            let answer = by.call(|| async { by.memory().batch_read_files(request.clone()).await }).await?;
            for result in answer.results {
                let Some(ReadResult::File(FileContent { file, content, .. })) = result.result else {
                    return Err(Failure::Incomplete(format!("{} was listed and cannot be read", result.path)));
                };
                memory.0.insert(result.path, (file.unwrap_or_default().version, content));
            }
        }
        Ok(memory)
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.0.len()
    }

    /// A file's version and text.
    pub fn get(&self, path: &str) -> Option<(i64, &str)> {
        self.0.get(path).map(|(version, text)| (*version, text.as_str()))
    }

    /// Path, version and text of each file, by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64, &str)> {
        self.0.iter().map(|(path, (version, text))| (path.as_str(), *version, text.as_str()))
    }

    /// The same without the dream log.
    pub fn without_dream_log(mut self) -> Self {
        self.0.remove(DREAM_LOG);
        self
    }

    /// The paths whose text, or whose being there, differs from `other`'s.
    pub fn differing(&self, other: &Self) -> Vec<String> {
        let text = |memory: &Self, path: &str| memory.get(path).map(|(_, text)| text.to_owned());
        let paths = self.0.keys().chain(other.0.keys().filter(|path| !self.0.contains_key(*path)));
        paths.filter(|path| text(self, path) != text(other, path)).cloned().collect()
    }

    /// SHA-256 over every path and text, each with its length before it: equal for equal memory alone.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (path, (_, text)) in &self.0 {
            for part in [path, text] {
                hash.update((part.len() as u64).to_be_bytes());
                hash.update(part.as_bytes());
            }
        }
        hex::encode(hash.finalize())
    }
}

#[cfg(test)]
impl Memory {
    /// Path, version and text of each file.
    pub fn of(files: &[(&str, i64, &str)]) -> Self {
        Self(files.iter().map(|&(path, version, text)| (path.to_owned(), (version, text.to_owned()))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(files: &[(&str, i64, &str)]) -> Memory {
        Memory::of(files)
    }

    #[test]
    fn memory_is_equal_by_texts_and_paths_and_not_by_versions() {
        let before = memory(&[("user/a.md", 1, "tea\n"), ("user/b.md", 1, "x")]);
        let after =
            memory(&[("user/a.md", 3, "tea\n"), ("user/b.md", 3, "x"), (DREAM_LOG, 2, "l")]).without_dream_log();
        assert_eq!((before.differing(&after), before.sha256()), (Vec::new(), after.sha256()));
    }

    #[test]
    fn one_byte_one_path_or_one_file_more_is_seen() {
        let before = memory(&[("user/a.md", 1, "tea\n"), ("user/b.md", 1, "")]);
        for (after, seen) in [
            (memory(&[("user/a.md", 1, "tea"), ("user/b.md", 1, "\n")]), vec!["user/a.md", "user/b.md"]),
            (memory(&[("user/a.md", 1, "tea\n")]), vec!["user/b.md"]),
            (memory(&[("user/a.md", 1, "tea\n"), ("user/b.md", 1, ""), ("user/c.md", 1, "")]), vec!["user/c.md"]),
        ] {
            assert_eq!(before.differing(&after), seen);
            assert_ne!(before.sha256(), after.sha256());
        }
    }
}
