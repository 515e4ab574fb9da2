//! `edit`: nothing is lost and nothing is overwritten.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use memex_proto::reason::Refusal;
use memex_proto::v1::write_file_request::Precondition;
use memex_proto::v1::{ErrorReason, File, FileContent};
use serde_json::Value;

use crate::support::{Ran, Script, connected, memex};

/// A file at version 3, and an editor that is a script.
struct Desk {
    script: Script,
    home: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Desk {
    async fn new(editor: &str) -> Self {
        let (script, home) = (Script::default(), tempfile::tempdir().unwrap());
        let file = Some(File { path: "user/a.md".to_owned(), version: 3, ..File::default() });
        let content = FileContent { file, content: "before\n".to_owned(), origins: Vec::new() };
        script.lines().texts.insert("user/a.md".to_owned(), content);
        let program = home.path().join("editor.sh");
        std::fs::write(&program, format!("#!/bin/sh\n{editor}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let drafts = home.path().join("drafts");
        std::fs::create_dir(&drafts).unwrap();
        let mut env = connected(script.serve().await).to_vec();
        env.push(("TMPDIR", drafts.display().to_string()));
        // As people write it: with an argument.
        env.push(("EDITOR", format!("{} --wait", program.display())));
        Self { script, home, env }
    }

    async fn run(&self, args: &[&str]) -> Ran {
        memex(self.home.path(), &self.env, args).await
    }

    fn drafts(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.home.path().join("drafts")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

#[tokio::test]
async fn what_was_edited_is_written_over_the_version_that_was_read() {
    let desk = Desk::new("test \"$1\" = --wait && echo after >> \"$2\"").await;
    let ran = desk.run(&["edit", "user/a.md", "--reason", "why"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "user/a.md is now at version 4 (rev_1)\n"), "{ran:?}");
    let write = desk.script.lines().writes.remove(0);
    assert_eq!((write.content.as_str(), write.reason.as_str()), ("before\nafter\n", "why"));
    assert_eq!((write.precondition, write.request_id.len()), (Some(Precondition::ExpectedVersion(3)), 36));
    assert_eq!(desk.drafts(), Vec::<PathBuf>::new());
    desk.run(&["edit", "user/new.md"]).await;
    let write = desk.script.lines().writes.remove(0);
    assert_eq!((write.content.as_str(), write.precondition), ("after\n", Some(Precondition::ExpectedVersion(0))));
}

#[tokio::test]
async fn the_same_text_is_not_written() {
    let desk = Desk::new("exit 0").await;
    let ran = desk.run(&["edit", "user/a.md"]).await;
    assert_eq!((ran.code, ran.out.as_str()), (0, "user/a.md stays at version 3: the text is the same\n"));
    let ran = desk.run(&["edit", "user/new.md"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (0, "user/new.md was not made: the text is empty\n"));
    let ran = desk.run(&["edit", "user/a.md", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&ran.out).unwrap()["changed"], false);
    assert!(desk.script.lines().writes.is_empty());
}

#[tokio::test]
async fn a_conflict_overwrites_nothing_and_keeps_the_text() {
    let desk = Desk::new("echo noise; echo mine > \"$2\"").await;
    let conflict = || Refusal::new(ErrorReason::VersionConflict, "is at another version").fact("current_version", 8);
    desk.script.lines().write_answers.push_back(conflict().into_status());
    let ran = desk.run(&["edit", "user/a.md", "--user", "ada"]).await;
    let kept = desk.drafts().remove(0).join("a.md");
    let file = kept.display();
    assert_eq!((ran.code, std::fs::read_to_string(&kept).unwrap().as_str()), (1, "mine\n"));
    assert!(ran.err.contains(&format!("your text is kept in: {file}\n")), "{}", ran.err);
    let again = format!("memex put user/a.md {file} --expected-version 8 --user ada\n");
    assert!(ran.err.contains("memex cat user/a.md --user ada;") && ran.err.ends_with(&again), "{}", ran.err);
    assert_eq!(desk.script.lines().writes.len(), 1);

    desk.script.lines().write_answers.push_back(conflict().into_status());
    let ran = desk.run(&["edit", "user/a.md", "--json"]).await;
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, told["error"]["reason"].as_str()), (1, Some("VERSION_CONFLICT")));
    assert!(Path::new(told["error"]["facts"]["kept_file"].as_str().unwrap()).is_file(), "{told}");
}

#[tokio::test]
async fn a_file_that_another_has_made_meanwhile_is_looked_at_before_it_is_written_over() {
    let desk = Desk::new("echo mine > \"$2\"").await;
    for (current, version) in [(Some(2), "2"), (None, "VERSION")] {
        let exists = Refusal::new(ErrorReason::FileExists, "a file stands there already");
        let exists = current.into_iter().fold(exists, |refusal, version| refusal.fact("current_version", version));
        desk.script.lines().write_answers.push_back(exists.into_status());
        let ran = desk.run(&["edit", "user/new.md"]).await;
        let next =
            "next: see what is there now: memex cat user/new.md; bring your text in line with it, then: memex put";
        assert!(ran.code == 1 && ran.err.contains(next), "{ran:?}");
        assert!(ran.err.ends_with(&format!("--expected-version {version}\n")), "{ran:?}");
    }
}

#[tokio::test]
async fn the_command_that_writes_a_kept_text_says_all_that_was_said() {
    let desk = Desk::new("echo mine > \"$2\"; exit 1").await;
    let ran = desk.run(&["edit", "user/a.md", "--reason", "she's moved", "--source", "user", "--user", "ada"]).await;
    let all = r" --expected-version 3 --user ada --source user --reason 'she'\''s moved'";
    assert!(ran.code == 1 && ran.err.ends_with(&format!("{all}\n")), "{ran:?}");
}

#[tokio::test]
async fn a_draft_that_the_editor_has_deleted_is_not_called_kept() {
    let desk = Desk::new("rm \"$2\"").await;
    let ran = desk.run(&["edit", "user/a.md"]).await;
    assert!(ran.code == 1 && ran.err.contains("No such file") && !ran.err.contains("kept"), "{ran:?}");
    assert_eq!(desk.drafts(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn an_editor_that_does_not_end_well_writes_nothing() {
    let desk = Desk::new("exit 3").await;
    let ran = desk.run(&["edit", "user/a.md"]).await;
    assert_eq!((ran.code, desk.drafts()), (1, Vec::new()));
    assert!(ran.err.contains("ended with exit status: 3; nothing was written"), "{}", ran.err);
    let desk = Desk::new("echo mine > \"$2\"; exit 1").await;
    let ran = desk.run(&["edit", "user/a.md"]).await;
    assert_eq!((ran.code, desk.drafts().len()), (1, 1), "what was typed is kept: {ran:?}");
    assert!(desk.script.lines().writes.is_empty());
}

#[tokio::test]
async fn an_editor_that_is_not_there_is_said() {
    let mut desk = Desk::new("").await;
    desk.env.push(("VISUAL", "no-such-editor".to_owned()));
    let ran = desk.run(&["edit", "user/a.md"]).await;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("no-such-editor: cannot be run; name your editor in VISUAL or EDITOR"), "{}", ran.err);
}
