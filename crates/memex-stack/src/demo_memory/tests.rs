//! The sample is whole, its paths are paths, and there is enough in it to dream over.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use memex_core::path::{MemoryPath, ScopeKind};

use super::{Person, people, shared};

#[test]
fn every_path_is_canonical_and_in_its_scope_and_no_file_is_empty() {
    let own = people().iter().flat_map(|person| person.files).map(|file| (file, ScopeKind::User));
    for ((path, text), scope) in own.chain(shared().iter().map(|file| (file, ScopeKind::Shared))) {
        let parsed = MemoryPath::parse(path).unwrap();
        assert_eq!((parsed.as_str(), parsed.scope_kind()), (*path, scope));
        assert!(!text.trim().is_empty(), "{path} is empty");
    }
}

#[test]
fn every_file_of_the_folder_is_built_in() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    for person in people() {
        let built_in: BTreeSet<String> = person.files.iter().map(|(path, _)| (*path).to_owned()).collect();
        let mut found = BTreeSet::new();
        find(&demo.join(person.user), "", &mut found);
        assert_eq!(built_in, found, "of {}", person.user);
    }
}

/// Collects the paths of all files below `dir`, each after `prefix`.
fn find(dir: &Path, prefix: &str, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            find(&entry.path(), &format!("{path}/"), found);
        } else {
            found.insert(path);
        }
    }
}

#[test]
fn each_person_has_at_least_twelve_duplicates_in_at_least_six_files() {
    for person in people() {
        let copies = copies(person);
        let repeated: Vec<_> = copies.values().filter(|paths| paths.len() > 1).collect();
        let duplicates: usize = repeated.iter().map(|paths| paths.len() - 1).sum();
        let files: BTreeSet<_> = repeated.into_iter().flatten().collect();
        assert!(duplicates >= 12, "{} has {duplicates} duplicates", person.user);
        assert!(files.len() >= 6, "{} has duplicates in {files:?} alone", person.user);
    }
}

/// For each list item that a dream may read, in small letters and without its mark and what is said around it, the
/// files that say it. Deliberately simpler than the curator's own rule.
fn copies(person: &Person) -> BTreeMap<String, Vec<&'static str>> {
    let mut copies: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let read = person.files.iter().filter(|(path, _)| !MemoryPath::parse(path).unwrap().is_excluded());
    for (path, text) in read {
        let items = text.lines().filter_map(|line| {
            let (mark, item) = line.split_once(' ')?;
            ["-", "*", "+", "1.", "2."].contains(&mark).then(|| item.trim().to_lowercase())
        });
        for item in items {
            let item = item.trim_end_matches(" (again)").trim_end_matches(['.', '!']);
            let leads = ["fyi, ", "fyi: ", "note: ", "reminder: ", "for the record: ", "as mentioned before, "];
            let bare = leads.iter().find_map(|lead| item.strip_prefix(lead)).unwrap_or(item);
            copies.entry(bare.to_owned()).or_default().push(path);
        }
    }
    copies
}

#[test]
fn each_person_has_a_log_that_dreams_do_not_read_and_a_text_that_gives_orders() {
    for person in people() {
        let excluded = |path: &str| MemoryPath::parse(path).unwrap().is_excluded();
        assert!(person.files.iter().any(|(path, _)| excluded(path)), "{} has no log", person.user);
        let orders = |text: &str| text.contains("shared/company.md");
        assert!(person.files.iter().any(|(path, text)| !excluded(path) && orders(text)), "of {}", person.user);
    }
}
