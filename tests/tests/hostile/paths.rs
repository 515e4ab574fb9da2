//! Spellings of paths by rules: each is canonical or refused, and no file has two.

use std::collections::{BTreeMap, BTreeSet};

use memex_core::path::MemoryPath;
use memex_proto::v1::{
    AppendLines, Edit, ErrorReason, ListRevisionsRequest, PatchFileRequest, ReadFileRequest, WriteFileRequest,
    edit::Kind, write_file_request::Precondition,
};
use memex_stack::stack::Stack;
use tests::refused::refused;

const BASES: [&str; 6] =
    ["user/a.md", "user/notes/b.md", "user/é.md", "user/log.md", "user/Å/한국.md", "user/1/2/3/4/5/6/7/8/9/10.md"];

/// Characters that nobody sees, that look like others, or that end something somewhere.
const CHARACTERS: [char; 30] = [
    '\0',
    '\u{1}',
    '\t',
    '\n',
    '\r',
    '\u{7f}',
    '\u{85}',
    '\u{a0}',
    '\u{ad}',
    '\u{34f}',
    '\u{61c}',
    '\u{115f}',
    '\u{180e}',
    '\u{200b}',
    '\u{200d}',
    '\u{200e}',
    '\u{202e}',
    '\u{2028}',
    '\u{2029}',
    '\u{2060}',
    '\u{2066}',
    '\u{3000}',
    '\u{fe0f}',
    '\u{feff}',
    '\u{ff0e}',
    '\u{ff0f}',
    '\u{e000}',
    '\u{e0041}',
    '\u{e0100}',
    '\\',
];

/// What could be another spelling of `base`, or of what lies above or beside it.
fn spellings(base: &str) -> Vec<String> {
    let (scope, rest) = base.split_once('/').unwrap();
    let mut all: Vec<String> = [
        base.to_owned(),
        base.replacen('/', "//", 1),
        format!("/{base}"),
        format!("./{base}"),
        format!("{base}/"),
        format!("{base}/."),
        format!("{scope}/./{rest}"),
        format!("{scope}/x/../{rest}"),
        format!("{scope}/../{base}"),
        format!("{scope}/../shared/{rest}"),
        format!("{scope}/%2e%2e/{rest}"),
        format!("{scope}/%2E/{rest}"),
        base.replacen('/', "%2f", 1),
        base.replacen('/', "\\", 1),
        base.replace('.', "%2e"),
        base.replace('.', "\u{ff0e}"),
        base.replace('/', "\u{2215}"),
        format!("{}/{rest}", scope.to_uppercase()),
        format!("users/{rest}"),
        format!("user-evil/{rest}"),
        format!("{scope}/{}", rest.to_uppercase()),
        format!(" {base}"),
        format!("{base} "),
        format!("{scope}/{}", "long/".repeat(30) + rest),
        format!("{scope}/{}{rest}", "x".repeat(1_100)),
        // Decomposed, and composed by singletons.
        base.replace('é', "e\u{301}").replace('Å', "A\u{30a}").replace('한', "\u{1112}\u{1161}\u{11ab}"),
        base.replace('Å', "\u{212b}"),
    ]
    .into();
    for character in CHARACTERS {
        all.push(base.replacen('.', &format!("{character}."), 1));
    }
    all
}

fn write(path: &str) -> WriteFileRequest {
    WriteFileRequest {
        path: path.into(),
        content: "x\n".into(),
        precondition: Some(Precondition::Overwrite(true)),
        ..WriteFileRequest::default()
    }
}

#[tokio::test]
async fn a_spelling_is_canonical_or_refused_by_every_call_alike() {
    let stack = Stack::start().await;
    let ada = stack.user("ada").await;
    let mut memory = ada.agent().memory.clone();
    let mut by_canonical: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let tried: BTreeSet<String> = BASES.iter().flat_map(|base| spellings(base)).collect();
    assert!(tried.len() >= 300, "{} spellings", tried.len());
    for spelling in &tried {
        let read = ReadFileRequest { path: spelling.clone(), ..ReadFileRequest::default() };
        let revisions = ListRevisionsRequest { path: spelling.clone(), ..ListRevisionsRequest::default() };
        let append = AppendLines { lines: vec!["y".into()], ..AppendLines::default() };
        let edits = vec![Edit { kind: Some(Kind::AppendLines(append)) }];
        let patch = PatchFileRequest { path: spelling.clone(), edits, ..PatchFileRequest::default() };
        match memory.write_file(write(spelling)).await {
            Ok(answer) => {
                let canonical = answer.into_inner().file.unwrap().path;
                assert_eq!(MemoryPath::parse(&canonical).unwrap().as_str(), canonical, "{spelling:?}");
                let seen = memory.read_file(read).await.unwrap().into_inner().file.unwrap().file.unwrap();
                assert_eq!(seen.path, canonical, "{spelling:?}");
                let patched = memory.patch_file(patch).await.unwrap().into_inner().file.unwrap();
                assert_eq!(patched.path, canonical, "{spelling:?}");
                let listed = ada.agent().history.clone().list_revisions(revisions).await.unwrap().into_inner();
                assert!(listed.revisions.iter().all(|one| one.path == canonical), "{spelling:?}");
                by_canonical.entry(canonical).or_default().insert(spelling.clone());
            }
            Err(status) => {
                assert_eq!(tests::refused::reason(&status), ErrorReason::InvalidPath, "{spelling:?}: {status}");
                assert_eq!(refused(memory.read_file(read).await), ErrorReason::InvalidPath, "{spelling:?}");
                assert_eq!(refused(memory.patch_file(patch).await), ErrorReason::InvalidPath, "{spelling:?}");
                let listed = ada.agent().history.clone().list_revisions(revisions).await;
                assert_eq!(refused(listed), ErrorReason::InvalidPath, "{spelling:?}");
            }
        }
    }
    let files: BTreeSet<String> = ada.paths().await.into_iter().collect();
    assert_eq!(files, by_canonical.keys().cloned().collect(), "a file was made that no answer named");
    for base in BASES {
        assert!(by_canonical[base].contains(base), "{base} is canonical");
    }
    // Only composing makes a second spelling, and it leads to the same file.
    assert!(by_canonical["user/é.md"].contains("user/e\u{301}.md"), "{by_canonical:?}");
    stack.finish().await;
}

#[tokio::test]
async fn a_path_that_dreams_may_not_touch_is_known_in_every_spelling() {
    let stack = Stack::start().await;
    for spelling in spellings("user/dream-log.md") {
        let answer = stack.agent("ada").await.memory.write_file(write(&spelling)).await;
        match answer {
            Ok(answer) => assert_ne!(answer.into_inner().file.unwrap().path, "user/dream-log.md", "{spelling:?}"),
            Err(status) => assert!(
                matches!(tests::refused::reason(&status), ErrorReason::InvalidPath | ErrorReason::ExcludedPath),
                "{spelling:?}: {status}"
            ),
        }
    }
    stack.finish().await;
}
