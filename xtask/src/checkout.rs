//! The files that belong to the repository: tracked, or new and not ignored.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::command::Invocation;

/// Memory that the demo loads: written to be messy, so the rules for documents do not bind it.
const SAMPLES: &str = "crates/memex-stack/demo/";

/// The repository's files on disk.
pub struct Checkout {
    root: PathBuf,
    paths: BTreeSet<String>,
}

impl Checkout {
    /// Asks git for the files, and walks the folders where there is no git (an unpacked archive).
    /// Fails when a folder cannot be read.
    pub fn open(root: &Path) -> anyhow::Result<Self> {
        let root = root.to_owned();
        let paths = match listed_by_git(&root) {
            Some(paths) => paths.into_iter().filter(|path| root.join(path).is_file()).collect(),
            None => walked(&root)?,
        };
        Ok(Self { root, paths })
    }

    /// Every file's path from the root, with `/` between its parts.
    pub fn paths(&self) -> &BTreeSet<String> {
        &self.paths
    }

    /// Path and text of each file that is text and no sample. Fails when a file cannot be read.
    pub fn texts(&self) -> anyhow::Result<Vec<(&str, String)>> {
        let mut texts = Vec::new();
        for path in self.paths.iter().filter(|path| !path.starts_with(SAMPLES)) {
            let bytes = std::fs::read(self.root.join(path)).with_context(|| format!("reading {path}"))?;
            if let Ok(text) = String::from_utf8(bytes) {
                texts.push((path.as_str(), text));
            }
        }
        Ok(texts)
    }
}

fn listed_by_git(root: &Path) -> Option<Vec<String>> {
    // In CI the checkout often belongs to another user than the one who runs this; reading names is harmless.
    let trusting = ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let git = Invocation::new("git", &trusting);
    if !root.join(".git").exists() || !git.works(root) {
        return None;
    }
    let listed = git.output(root).ok()?;
    Some(listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn walked(root: &Path) -> anyhow::Result<BTreeSet<String>> {
    let (mut paths, mut folders) = (BTreeSet::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() && !matches!(entry.file_name().to_str(), Some(".git" | "target" | "node_modules")) {
                folders.push(entry.path());
            } else if kind.is_file() {
                let path = entry.path();
                paths.insert(path.strip_prefix(root)?.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_and_the_walk_both_find_the_sources_and_never_what_was_built() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for paths in [Checkout::open(root).unwrap().paths, walked(root).unwrap()] {
            assert!(paths.contains("xtask/src/checkout.rs"));
            assert!(!paths.iter().any(|path| path.starts_with("target/") || path.starts_with(".git/")));
        }
    }
}
