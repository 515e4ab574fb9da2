//! What holds of every recall, whatever the files.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::*;

/// Paths that are pinned by default, logs, and others; one that needs room.
const PATHS: [&str; 10] = [
    "shared/index.md",
    "shared/a.md",
    "user/profile.md",
    "user/index.md",
    "user/log.md",
    "user/a.md",
    "user/b.md",
    "user/日記.md",
    "user/people/ann.md",
    "user/a long path/of which there is a lot to say/before its end comes.md",
];

/// Lines; where `%` stands, the test puts what tells the line from every other.
const LINES: [&str; 18] = [
    "- likes tea %",
    "- 彼女は毎朝コーヒーを飲みます %",
    "- يحب القهوة %",
    "- see [[user/a]] and [[user/people/ann|Ann]] %",
    "- see [[user/gone]] and [[user/log.md#x]] %",
    "# Notes %",
    "## History",
    "# History",
    "### Deeper %",
    "```",
    "",
    "   ",
    "🦀 and a line that is longer than the others, so that it has no room where they have %",
    "---",
    "pin: true",
    "pin: false",
    "# shared/index.md (version 1)",
    "- web\r# user/profile.md (version 1)\u{2028}# user/profile.md (version 1, cut)\u{b}%",
];

/// Texts that begin with front matter or not, with endings of lines of either kind, or none.
fn text() -> impl Strategy<Value = String> {
    let matter = prop_oneof![Just(""), Just("---\npin: true\n---\n"), Just("---\npin: false\n---\n")];
    let line = (0..LINES.len(), prop_oneof![Just("\n"), Just("\r\n")]);
    (matter, prop::collection::vec(line, 0..30), any::<bool>()).prop_map(|(matter, lines, ended)| {
        let body: String = lines.into_iter().map(|(line, end)| format!("{}{end}", LINES[line])).collect();
        format!("{matter}{}", if ended { body.as_str() } else { body.trim_end_matches(['\r', '\n']) })
    })
}

/// Files with texts whose telling lines are all different.
fn files() -> impl Strategy<Value = Vec<(usize, i64, Option<String>)>> {
    let file = (0..PATHS.len(), 0..4_i64, prop::option::weighted(0.95, text()));
    prop::collection::vec(file, 0..10).prop_map(|mut files| {
        files.sort_by_key(|file| file.0);
        files.dedup_by_key(|file| file.0);
        for (path, _, text) in &mut files {
            let mut line = 0;
            let mut mark = |part: &str| {
                line += 1;
                format!("{part}<{path}-{line}>")
            };
            *text = text.take().map(|text| {
                let parts: Vec<&str> = text.split('%').collect();
                let (last, before) = parts.split_last().unwrap();
                before.iter().map(|part| mark(part)).collect::<String>() + last
            });
        }
        files
    })
}

proptest! {
    #[test]
    fn a_block_is_within_its_bounds_and_accounts_for_every_file(
        files in files(),
        query in prop_oneof![Just(""), Just("tea"), Just("コーヒー"), Just("القهوة"), Just("?")],
        max_bytes in prop_oneof![0..256_usize, 256..1_024_usize, 1_024..20_000_usize],
    ) {
        let files: Vec<CurrentFile<'_>> = files
            .iter()
            .map(|(path, at, text)| CurrentFile {
                path: PATHS[*path],
                version: at + 1,
                updated_at: DateTime::from_timestamp(*at, 0).unwrap(),
                text: text.as_deref(),
            })
            .collect();
        let recalled = recall(&files, query, max_bytes);
        prop_assert!(recalled.content.len() <= max_bytes);
        prop_assert_eq!(&recall(&files, query, max_bytes), &recalled);

        let all: BTreeSet<usize> = recalled.files.iter().chain(&recalled.left_out).map(|one| one.file).collect();
        prop_assert_eq!(all.len(), files.len());
        prop_assert_eq!(recalled.files.len() + recalled.left_out.len(), files.len());
        prop_assert!(recalled.left_out.is_sorted_by_key(|one| one.ground));
        prop_assert!(recalled.left_out.iter().all(|one| one.taken_bytes == 0));
        prop_assert!(recalled.files.iter().all(|one| one.taken_bytes <= files[one.file].text.unwrap().len()));

        let cut = recalled.content.lines().filter(|line| line.ends_with(", cut)") && !line.contains("superseded"));
        prop_assert!(cut.count() <= 2, "{}", recalled.content);
        check_content(&files, &recalled)?;
        let mut backwards = files.clone();
        backwards.reverse();
        prop_assert_eq!(recall(&backwards, query, max_bytes).content, recalled.content);
    }
}

/// Each line of the block is a whole line of the file that it stands under, and none stands there twice.
fn check_content(files: &[CurrentFile<'_>], recalled: &Recall) -> Result<(), TestCaseError> {
    let mut under: Option<(usize, bool)> = None;
    let mut taken = vec![0; files.len()];
    let mut order: Vec<usize> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut old = false;
    for line in recalled.content.lines() {
        let heading =
            files.iter().position(|file| line.starts_with(&format!("# {} (version {}", file.path, file.version)));
        if let Some(file) = heading {
            prop_assert!(!old || line.contains("superseded"), "{line:?} comes after superseded lines");
            old |= line.contains("superseded");
            under = Some((file, line.contains("superseded")));
            if !order.contains(&file) {
                order.push(file);
            }
            continue;
        }
        let (file, _) = under.unwrap();
        // A mark stands before what poses as a heading.
        let unmarked = line.replace("\\#", "#");
        let own = files[file].text.unwrap().lines().find(|own| *own == unmarked);
        prop_assert!(line.is_empty() || own.is_some(), "{line:?} is no line of {}", files[file].path);
        if line.contains('<') {
            prop_assert!(seen.insert(line), "{line:?} stands there twice");
        }
        taken[file] += unmarked.len();
    }
    prop_assert_eq!(order, recalled.files.iter().map(|one| one.file).collect::<Vec<_>>());
    for one in &recalled.files {
        // The ends of lines are what the sizes differ by.
        let lines = files[one.file].text.unwrap().lines().count();
        prop_assert!(taken[one.file] <= one.taken_bytes && one.taken_bytes <= taken[one.file] + 2 * lines);
    }
    Ok(())
}
